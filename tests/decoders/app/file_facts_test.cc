#include "decoders/app/file_facts.h"

#include <doctest/doctest.h>

#include <optional>
#include <utility>

#include "decoders/app/file_writer.h"

using namespace weir;

TEST_CASE("file facts: what is wanted is what all wishes that live ask for") {
  REQUIRE(wanted_file_facts() == FileFacts{});
  {
    const FileFactsWish log({.md5 = true});
    std::optional<FileFactsWish> rules(std::in_place, FileFacts{.md5 = true, .magic = true});
    CHECK(wanted_file_facts() == FileFacts{.md5 = true, .magic = true});
    std::optional<FileFactsWish> next(std::in_place, FileFacts{.sha256 = true});
    rules.reset();
    CHECK(wanted_file_facts() == FileFacts{.md5 = true, .sha256 = true});
    FileFactsWish moved = std::move(*next);
    next.reset();
    CHECK(wanted_file_facts() == FileFacts{.md5 = true, .sha256 = true});
    moved = FileFactsWish({.sha1 = true});
    CHECK(wanted_file_facts() == FileFacts{.md5 = true, .sha1 = true});
  }
  CHECK(wanted_file_facts() == FileFacts{});
}

TEST_CASE("file facts: a file that is open when a wish comes or goes stays as it was begun") {
  FileList files;
  std::uint32_t last_id = 0;
  FileWriter before, during;
  AppFile* const first = before.open(files, last_id, "first", nullptr, 1);
  {
    const FileFactsWish wish({.md5 = true});
    AppFile* const second = during.open(files, last_id, "second", nullptr, 1);
    REQUIRE(second != nullptr);
  }
  before.close(FileState::closed);
  during.close(FileState::closed);
  CHECK(first->md5.empty());
  CHECK(files.back()->md5.size() == 16);
}
