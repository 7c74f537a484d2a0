#include "decoders/text_file.h"

#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

using namespace weir;

namespace {

// A file of this content, gone with the test.
struct TemporaryText {
  explicit TemporaryText(std::string_view content) {
    std::string name = std::filesystem::temp_directory_path() / "weir-text-XXXXXX";
    const int fd = mkstemp(name.data());
    REQUIRE(fd >= 0);
    path = name;
    std::ofstream(path, std::ios::binary) << content;
    gzclose(gzdopen(fd, "rb"));
  }
  ~TemporaryText() { std::filesystem::remove(path); }
  TemporaryText(const TemporaryText&) = delete;
  TemporaryText& operator=(const TemporaryText&) = delete;
  std::string path;
};

std::string packed(std::string_view text) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string read(std::string_view content, std::size_t limit = 1 << 20) {
  const TemporaryText file(content);
  const auto text = read_text_file(file.path, limit);
  return text ? *text : "error: " + text.error();
}

}  // namespace

TEST_CASE("text files: plain and packed ones, several packed ones behind each other") {
  CHECK(read("alert\n") == "alert\n");
  CHECK(read("").empty());
  CHECK(read(packed("alert\n")) == "alert\n");
  CHECK(read(packed("a") + packed("b")) == "ab");
  CHECK(read("\x1f not gzip") == "\x1f not gzip");
}

TEST_CASE("text files: packed text that is damaged or cut at any byte, or larger than allowed, is refused") {
  std::string long_text;
  for (int i = 0; i < 5000; ++i) long_text += std::to_string(i * 7919);
  const std::string whole = packed(long_text);
  REQUIRE(read(whole) == long_text);
  for (const std::size_t n : {std::size_t{19}, whole.size() / 2, whole.size() - 9, whole.size() - 1})
    CHECK(read(whole.substr(0, n)) == "error: cannot be read: the gzip data ends early");
  std::string wrong = whole;
  wrong[whole.size() / 2] ^= 0x55;
  CHECK(read(wrong).starts_with("error: cannot be read: damaged gzip data"));
  CHECK(read(packed(std::string(100000, 'a')), 5000) == "error: is larger than 5000 bytes");
}

TEST_CASE("text files: what cannot be opened is told with the reason") {
  CHECK(read_text_file("/nowhere/at/all", 10).error() == "cannot be opened: No such file or directory");
  CHECK(read_text_file("/", 10).error() == "is a folder");
}
