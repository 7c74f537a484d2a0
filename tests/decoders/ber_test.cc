#include "decoders/ber.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace weir;
using namespace std::string_view_literals;

namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// SEQUENCE { [APPLICATION 500] { INTEGER 5 }, OCTET STRING "ab" with a length of four bytes }
constexpr std::string_view kNested =
    "\x30\x0f"          // SEQUENCE, 15 bytes
    "\x7f\x83\x74\x03"  // [APPLICATION 500], constructed, 3 bytes
    "\x02\x01\x05"      // INTEGER 5
    "\x04\x84\x00\x00\x00\x02"
    "ab"sv;
constexpr BerTag kApplication500{BerTag::Class::application, true, 500};

// All that kNested says, or nothing when a part of it cannot be read.
std::string read_nested(Bytes data) {
  BerReader in(data);
  BerReader sequence = in.enter(ber::sequence);
  BerReader application = sequence.enter(kApplication500);
  const Bytes number = application.content(ber::integer);
  const Bytes text = sequence.content(ber::octet_string);
  if (application.failed() || sequence.failed() || in.failed()) return {};
  return std::to_string(number[0]) + std::string(text.begin(), text.end());
}

// n sequences, each inside the one before.
std::string sequences(unsigned n) {
  std::string out;
  for (unsigned i = 0; i < n; ++i) out = std::string("\x30") + static_cast<char>(out.size()) + out;
  return out;
}

}  // namespace

TEST_CASE("ber: tags of several bytes and long lengths are read") {
  CHECK(read_nested(bytes(kNested)) == "5ab");
  const BerReader in(bytes(kNested));
  CHECK(in.next_tag() == ber::sequence);
}

TEST_CASE("ber: every truncation is told, none reads further than there is") {
  for (std::size_t n = 0; n < kNested.size(); ++n) {
    CAPTURE(n);
    const std::vector<std::uint8_t> cut(kNested.begin(), kNested.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(read_nested(cut).empty());
  }
}

TEST_CASE("ber: what X.690 does not allow, or nobody needs, is refused") {
  struct Row {
    std::string_view what, data;
  };
  for (const Row& row : {Row{"indefinite length", "\x30\x80\x00\x00"sv},
                         Row{"length of five bytes", "\x04\x85\x00\x00\x00\x00\x00"sv},
                         Row{"tag number with a leading zero", "\x1f\x80\x1f\x00"sv},
                         Row{"tag number that fits into one byte", "\x1f\x1e\x00"sv},
                         Row{"tag number of five bytes", "\x1f\x81\x80\x80\x80\x00\x00"sv},
                         Row{"content longer than what is there",
                             "\x04\x03"
                             "ab"sv},
                         Row{"length near the end of numbers",
                             "\x04\x84\xff\xff\xff\xff"
                             "ab"sv}}) {
    CAPTURE(row.what);
    BerReader in(bytes(row.data));
    (void)in.next();
    CHECK(in.failed());
    CHECK(in.empty());
  }
}

TEST_CASE("ber: the largest tag number is read") {
  BerReader in(bytes("\x5f\xff\xff\xff\x7f\x00"sv));
  CHECK(in.next().tag == BerTag{BerTag::Class::application, false, kMaxBerTagNumber});
  CHECK_FALSE(in.failed());
}

TEST_CASE("ber: another tag than the expected fails the reader and what it returns") {
  BerReader in(bytes("\x31\x03\x02\x01\x05"sv));  // a SET
  CHECK(in.enter(ber::sequence).failed());
  CHECK(in.failed());
  CHECK(in.next_tag() == std::nullopt);
}

TEST_CASE("ber: elements can be entered as deep as the limit says and no deeper") {
  const auto depth = [](unsigned nested) {
    const std::string data = sequences(nested);
    BerReader in(bytes(data));
    unsigned entered = 0;
    while (!in.empty()) {
      in = in.enter(ber::sequence);
      if (in.failed()) break;
      ++entered;
    }
    return entered;
  };
  CHECK(depth(3) == 3);
  CHECK(depth(kMaxBerLevels) == kMaxBerLevels);
  CHECK(depth(kMaxBerLevels + 1) == kMaxBerLevels);
}
