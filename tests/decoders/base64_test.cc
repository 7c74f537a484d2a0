#include "decoders/base64.h"

#include <doctest/doctest.h>

#include "decoders/text.h"

using namespace weir;

namespace {

std::string decoded(std::string_view text, Base64Mode mode) {
  std::string out = "what was there before";
  decode_base64(as_bytes(text), out, mode);
  return out;
}

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648, section 10, in every mode") {
  struct Row {
    std::string_view text, bytes;
  };
  constexpr Row kRows[] = {{"", ""},           {"Zg==", "f"},         {"Zm8=", "fo"},        {"Zm9v", "foo"},
                           {"Zm9vYg==", "foob"}, {"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}};
  for (const Row& row : kRows)
    for (const auto mode :
         {Base64Mode::rfc4648, Base64Mode::skip_blanks, Base64Mode::rfc2045, Base64Mode::strict}) {
      CAPTURE(row.text);
      CHECK(decoded(row.text, mode) == row.bytes);
    }
}

TEST_CASE("base64: what each mode does about bytes that are none of it") {
  CHECK(decoded("Zm9v YmFy", Base64Mode::rfc4648) == "foo");
  CHECK(decoded("Zm9v\r\n YmFy", Base64Mode::skip_blanks) == "foobar");
  CHECK(decoded("Zm9v-YmFy", Base64Mode::skip_blanks) == "foo");
  CHECK(decoded("Zm9v-YmFy", Base64Mode::rfc2045) == "foobar");
  CHECK(decoded("Zm9v-YmFy", Base64Mode::strict).empty());
  CHECK(decoded("Zm9v=YmFy", Base64Mode::rfc2045) == "foo");
  CHECK(decoded("Zm9vY", Base64Mode::rfc4648) == "foo");  // six bits make no byte
}
