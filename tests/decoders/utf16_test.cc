#include "decoders/utf16.h"

#include <doctest/doctest.h>

#include "decoders/text.h"

using namespace weir;

TEST_CASE("utf16: characters of one to four bytes of UTF-8, and halves that miss their other one") {
  struct Row {
    std::string_view utf16, utf8;
  };
  for (const Row& row : {Row{{"a\0\xe4\0", 4}, "a\u00e4"}, Row{{"\xac\x20", 2}, "\u20ac"},
                         Row{{"\x3d\xd8\x00\xde", 4}, "\U0001f600"},
                         Row{{"\x3d\xd8"
                              "a\0",
                              4},
                             "\ufffda"},
                         Row{{"\x00\xde", 2}, "\ufffd"}, Row{{"\x3d\xd8", 2}, "\ufffd"},
                         Row{{"a\0b", 3}, "a\ufffd"}, Row{{"", 0}, ""}}) {
    CAPTURE(row.utf8);
    CHECK(utf8_of_utf16le(as_bytes(row.utf16)) == std::string(row.utf8));
  }
}
