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
