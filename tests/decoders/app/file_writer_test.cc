#include "decoders/app/file_writer.h"

#include <doctest/doctest.h>

#include "decoders/app/protocol_ids.h"

using namespace weir;

TEST_CASE("requested: what several ask for adds up") {
  Requested log{.files = {.md5 = true}, .buffers = {}};
  Requested rules{.files = {.md5 = true, .magic = true}, .buffers = {}};
  rules.buffers.set(static_cast<std::size_t>(AppProto::ssh));
  log |= rules;
  CHECK(log.files == FileFacts{.md5 = true, .magic = true});
  CHECK(log.buffers_of(AppProto::ssh));
  CHECK_FALSE(log.buffers_of(AppProto::tls));
}

TEST_CASE("file writer: a file that is open when a wish comes stays as it was begun") {
  FileList files;
  std::uint32_t last_id = 0;
  FileWriter before, after;
  const AppFile* const first = before.open(files, last_id, "first", nullptr, {.time = 1});
  const AppFile* const second = after.open(files, last_id, "second", nullptr, {.time = 1, .wanted = {.md5 = true}});
  before.close(FileState::closed);
  after.close(FileState::closed);
  CHECK(first->md5.empty());
  CHECK(second->md5.size() == 16);
}
