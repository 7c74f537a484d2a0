// A cache file that somebody changed. It is never trusted: what comes out of it is a database that is whole, or nothing.
//
// Input: how (1: the rest is the file; else the rest changes a sound one), then changes of three bytes: place, value. After
// the changes the file is cut to the place of the last change if the flag 2 is set.
#include "rules/prefilter/pattern_cache.h"

#include <hs.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const hs_database> compile() {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  must(hs_compile("a-pattern", 0, HS_MODE_BLOCK, nullptr, &database, &error) == HS_SUCCESS,
       "a pattern can be compiled");
  return rules::own_database(database);
}

// A folder with a sound cache of one database, removed when the program ends.
class Cache {
 public:
  Cache() {
    std::string name = (fs::temp_directory_path() / "weir-fuzz-XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr, "a folder can be made");
    folder_ = name;
    const auto database = compile();
    rules::PatternCache(folder_.string(), {kContent}).replace({{kContent, database.get()}});
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().extension() == ".hs") path_ = entry.path();
    std::ifstream file(path_, std::ios::binary);
    sound_.assign(std::istreambuf_iterator<char>(file), {});
    must(!sound_.empty(), "a cache was written");
  }
  ~Cache() { fs::remove_all(folder_); }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  [[nodiscard]] const std::string& sound() const { return sound_; }
  // What is found when this is the file.
  [[nodiscard]] std::shared_ptr<const hs_database> find(std::string_view file) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(file.data(), static_cast<std::streamsize>(file.size()));
    return rules::PatternCache(folder_.string(), {kContent}).find(kContent);
  }

 private:
  static constexpr rules::TextHash kContent{1, 2};
  fs::path folder_, path_;
  std::string sound_;
};

std::string change(std::string file, Input& input, bool cut) {
  std::size_t last = file.size();
  while (!input.empty()) {
    last = input.u16() % file.size();
    file[last] = static_cast<char>(input.u8());
  }
  if (cut) file.resize(last);
  return file;
}

}  // namespace

void fuzz_pattern_cache(Bytes bytes) {
  static const Cache cache;
  Input input(bytes);
  const std::uint8_t how = input.u8();
  const std::string file =
      (how & 1U) != 0 ? std::string(input.rest_text()) : change(cache.sound(), input, (how & 2U) != 0);
  const auto found = cache.find(file);
  if (file == cache.sound()) must(found != nullptr, "a sound cache is used");
  if (found == nullptr) return;
  std::size_t size = 0;
  must(hs_database_size(found.get(), &size) == HS_SUCCESS, "what is found is a database");
}

}  // namespace weir::fuzz
