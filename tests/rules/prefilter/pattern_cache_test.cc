#include "rules/prefilter/pattern_databases.h"

#include <doctest/doctest.h>
#include <hs.h>
#include <unistd.h>

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
  for (const auto& e : fs::directory_iterator(folder))
    if (e.path().extension() == ".hs") found.push_back(e.path());
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
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator{}) ==
        8 + 1);  // and the key
}

TEST_CASE("pattern cache: a folder that cannot be made is told, and patterns are compiled") {
  CHECK(compiled("/proc/weir", 'a') == 1);
  PatternDatabases databases;
  (void)databases.get(literals('a'));
  databases.compile(1, "/proc/weir");
  CHECK(databases.cache_problem().starts_with("/proc/weir: "));
  PatternDatabases without;
  (void)without.get(literals('a'));
  without.compile(1, {});
  CHECK(without.cache_problem().empty());
}

TEST_CASE("pattern cache: what was signed with another key is not read") {
  const TemporaryFolder mine, another;
  CHECK(compiled(mine.path.string(), 'a') == 1);
  CHECK(compiled(another.path.string(), 'a') == 1);
  fs::copy_file(only_file(another.path), only_file(mine.path), fs::copy_options::overwrite_existing);
  CHECK(compiled(mine.path.string(), 'a') == 1);
  fs::copy_file(another.path / "key", mine.path / "key", fs::copy_options::overwrite_existing);
  fs::copy_file(only_file(another.path), only_file(mine.path), fs::copy_options::overwrite_existing);
  CHECK(compiled(mine.path.string(), 'a') == 0);
}

TEST_CASE("pattern cache: files and key are their owner's alone, or not used") {
  const TemporaryFolder folder;
  const std::string cache = folder.path.string();
  const fs::path key = folder.path / "key";
  CHECK(compiled(cache, 'a') == 1);
  const fs::path file = only_file(folder.path);
  CHECK(fs::status(file).permissions() == fs::perms{0600});
  CHECK(fs::status(key).permissions() == fs::perms{0600});
  fs::permissions(file, fs::perms{0620});
  CHECK(compiled(cache, 'a') == 1);  // and writes it anew
  CHECK(compiled(cache, 'a') == 0);
  fs::permissions(key, fs::perms{0640});
  PatternDatabases databases;
  (void)databases.get(literals('a'));
  databases.compile(1, cache);
  CHECK(databases.compiled() == 1);
  CHECK(databases.cache_problem() == key.string() + ": is not a file that only we may read");
}

TEST_CASE("pattern cache: no link is followed, to read or to write") {
  const TemporaryFolder folder, elsewhere;
  const std::string cache = folder.path.string();
  CHECK(compiled(cache, 'a') == 1);
  const fs::path file = only_file(folder.path), moved = elsewhere.path / "moved.hs";
  fs::rename(file, moved);
  fs::create_symlink(moved, file);
  const fs::path victim = elsewhere.path / "victim";
  fs::create_symlink(victim, file.string() + "." + std::to_string(::getpid()) + ".tmp");
  CHECK(compiled(cache, 'a') == 1);
  CHECK_FALSE(fs::exists(victim));
  CHECK(fs::is_regular_file(fs::symlink_status(file)));
  CHECK(compiled(cache, 'a') == 0);
  fs::rename(folder.path / "key", elsewhere.path / "key");
  fs::create_symlink(elsewhere.path / "key", folder.path / "key");
  CHECK(compiled(cache, 'a') == 1);
}
