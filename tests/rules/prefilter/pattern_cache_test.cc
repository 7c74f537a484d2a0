#include "rules/prefilter/pattern_databases.h"

#include <doctest/doctest.h>
#include <hs.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace weir::rules;
namespace fs = std::filesystem;

namespace {

struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "weir-cache-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { fs::remove_all(path); }
};

// Enough text to be worth a cache.
std::vector<Literal> literals(char first) {
  std::vector<Literal> out;
  for (int i = 0; i < 1000; ++i) out.push_back({first + std::string("-pattern-number-") + std::to_string(i), false, true});
  return out;
}

std::size_t compiled(const std::string& folder, char first) {
  PatternDatabases databases;
  const auto database = databases.get(literals(first));
  databases.compile(2, folder);
  std::size_t size = 0;
  REQUIRE(hs_database_size(database->handle.get(), &size) == HS_SUCCESS);
  return databases.compiled();
}

fs::path only_file(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& e : fs::directory_iterator(folder)) found.push_back(e.path());
  REQUIRE(found.size() == 1);
  return found[0];
}

}  // namespace

TEST_CASE("pattern cache: a second load of the same patterns compiles nothing") {
  const TemporaryFolder folder;
  const std::string cache = (folder.path / "made-on-demand").string();
  CHECK(compiled(cache, 'a') == 1);
  CHECK(compiled(cache, 'a') == 0);
  CHECK(compiled({}, 'a') == 1);
}

TEST_CASE("pattern cache: what is cut short or changed is compiled and written anew") {
  const TemporaryFolder folder;
  const std::string cache = folder.path.string();
  CHECK(compiled(cache, 'a') == 1);
  const fs::path file = only_file(folder.path);
  fs::resize_file(file, fs::file_size(file) / 2);
  CHECK(compiled(cache, 'a') == 1);
  CHECK(compiled(cache, 'a') == 0);
  {
    std::fstream change(file, std::ios::in | std::ios::out | std::ios::binary);
    change.seekp(static_cast<std::streamoff>(fs::file_size(file)) - 20);
    change.write("damage", 6);
  }
  CHECK(compiled(cache, 'a') == 1);
  CHECK(compiled(cache, 'a') == 0);
  std::ofstream(file, std::ios::trunc) << "no cache at all";
  CHECK(compiled(cache, 'a') == 1);
}

TEST_CASE("pattern cache: holds a bounded number of rule sets") {
  const TemporaryFolder folder;
  for (char c = 'a'; c < 'm'; ++c) CHECK(compiled(folder.path.string(), c) == 1);
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator{}) == 8);
}

TEST_CASE("pattern cache: a folder that cannot be written is no error") {
  CHECK(compiled("/proc/weir", 'a') == 1);
}
