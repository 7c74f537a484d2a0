#include "decoders/app/mime/dot_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/text.h"

using namespace weir;
using namespace weir::mime;

TEST_CASE("mime: dots of a mail and its end, in pieces of any size") {
  struct Row {
    std::string_view wire, mail, behind;
  };
  for (const Row& row :
       {Row{"a\r\n..b\r\n.c\r\n.\r\nQUIT", "a\r\n.b\r\nc\r\n", "QUIT"}, Row{".\r\nx", "", "x"},
        Row{"a\n.\nx", "a\n", "x"}, Row{".\ra\r\n.\r\n", "\ra\r\n", ""}, Row{"a.\r\n.\r\n", "a.\r\n", ""}}) {
    CAPTURE(row.wire);
    for (std::size_t step = 1; step <= row.wire.size(); ++step) {
      DotReader dots;
      dots.begin();
      std::string mail, behind;
      bool ended = false;
      for (std::string_view left = row.wire; !left.empty(); left.remove_prefix(std::min(step, left.size()))) {
        Bytes rest = as_bytes(left.substr(0, step));
        while (!rest.empty() && !ended) {
          const DotReader::Part part = dots.next(rest);
          mail += as_text(part.content);
          ended = part.ended;
        }
        behind += as_text(rest);
      }
      CHECK(ended);
      CHECK(mail == row.mail);
      CHECK(behind == row.behind);
    }
  }
}
