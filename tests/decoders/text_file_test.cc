#include "decoders/text_file.h"

#include <zlib.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/deflated.h"
#include "tests/temporary_folder.h"

using namespace weir;

namespace {

std::string packed(std::string_view text) {
  return test::deflated(text, 16 + MAX_WBITS);
}

std::string read(std::string_view content, std::size_t limit = 1 << 20) {
  const test::TemporaryFolder folder;
  const auto text = read_text_file(folder.write("text", content), limit);
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
