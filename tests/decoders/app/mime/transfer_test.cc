#include "decoders/app/mime/transfer.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/text.h"

using namespace weir;
using namespace weir::mime;

namespace {

struct Decoded {
  std::string text;
  bool junk;
};

Decoded decode(Transfer transfer, std::string_view encoded, std::size_t step) {
  TransferDecoder decoder(transfer);
  SlabString out;
  while (!encoded.empty()) {
    decoder.decode(as_bytes(encoded.substr(0, step)), out);
    encoded.remove_prefix(std::min(step, encoded.size()));
  }
  decoder.finish(out);
  return {std::string(out), decoder.has_junk()};
}

}  // namespace

TEST_CASE("mime transfer: what each encoding stands for, in pieces of any size") {
  struct Row {
    Transfer transfer;
    std::string_view encoded, expected;
    bool junk = false;
  };
  for (const Row& row : {
           Row{Transfer::base64, "QUJD\r\nREU=", "ABCDE"},
           Row{Transfer::base64, "QUJ=QUJD", "ABABC"},  // two encodings, one behind the other
           Row{Transfer::base64, "Q!U@J#D", "ABC"},     // others are passed over
           Row{Transfer::base64, "QUJDRE", "ABCD"},     // an incomplete group gives what it has
           Row{Transfer::base64, "Q", ""},
           Row{Transfer::base64, "<<< not base64 >>> !!!!!!!!!!!!", "\x9e\x8b\x5b\x6a\xc7\xba", true},
           Row{Transfer::quoted_printable, "a=3Db=3d\r\nc=\r\nd=\ne", "a=b=\r\ncde"},
           Row{Transfer::quoted_printable, "blanks  \r\n", "blanks  \r\n"},
           Row{Transfer::quoted_printable, "a=XYb=4=41", "a=XYb=4A", true},
           Row{Transfer::quoted_printable, "=4", "=4"}, Row{Transfer::quoted_printable, "end=", "end"},
           Row{Transfer::quoted_printable, "a=\rb", "a=\rb", true},
           Row{Transfer::uuencode, "junk\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nmore", "Cat"},
           Row{Transfer::uuencode, "begin 644 x\n$0V%T\nend", "Cat"},  // a line that says more than it has
       }) {
    CAPTURE(row.encoded);
    for (std::size_t step = 1; step <= row.encoded.size(); ++step) {
      CAPTURE(step);
      const Decoded got = decode(row.transfer, row.encoded, step);
      CHECK(got.text == row.expected);
      CHECK(got.junk == row.junk);
    }
  }
}

TEST_CASE("mime transfer: names of encodings") {
  CHECK(transfer_named("BASE64") == Transfer::base64);
  CHECK(transfer_named("Quoted-Printable") == Transfer::quoted_printable);
  CHECK(transfer_named("x-uuencode") == Transfer::uuencode);
  for (const char* plain : {"7bit", "8bit", "binary", "", "base65"})
    CHECK(transfer_named(plain) == Transfer::identity);
}

TEST_CASE("mime transfer: after missing bytes a group begins anew") {
  TransferDecoder decoder(Transfer::base64);
  SlabString out;
  decoder.decode(as_bytes("QU"), out);
  decoder.resynchronise();
  decoder.decode(as_bytes("QUJD"), out);
  CHECK(out == "AABC");
}

// The encoder of the test is the definition, digit by digit; pieces that fall within groups take the way of single digits.
TEST_CASE("mime transfer: long base64, in lines and with others between, is the same in pieces of any size") {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string plain, encoded;
  for (std::uint32_t i = 0, value = 1; i < 4000; ++i, value = value * 1664525U + 1013904223U)
    plain.push_back(static_cast<char>(value >> 24U));
  for (std::size_t bit = 0; bit < plain.size() * 8; bit += 6) {
    const std::size_t at = bit / 8;
    const unsigned low = at + 1 < plain.size() ? static_cast<std::uint8_t>(plain[at + 1]) : 0;
    const unsigned two = static_cast<unsigned>(static_cast<std::uint8_t>(plain[at])) << 8U | low;
    encoded.push_back(kDigits[two >> (10 - bit % 8) & 0x3fU]);
    if (bit % 456 == 450) encoded += "\r\n";
    if (bit % 6006 == 0) encoded += "!";
  }
  encoded += "==";
  for (const std::size_t step : {1UL, 2UL, 3UL, 5UL, 78UL, 1021UL, encoded.size()}) {
    CAPTURE(step);
    const Decoded decoded = decode(Transfer::base64, encoded, step);
    CHECK(decoded.text.substr(0, plain.size()) == plain);
    CHECK_FALSE(decoded.junk);
  }
}
