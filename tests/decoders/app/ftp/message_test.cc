#include "decoders/app/ftp/message.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;
using namespace weir::ftp;

TEST_CASE("ftp: a command is a word and what stands behind a blank") {
  struct Row {
    std::string_view line, name, data;
    CommandKind kind;
  };
  for (const auto& row :
       {Row{"USER anonymous", "USER", "anonymous", CommandKind::plain},
        Row{"retr a b.txt", "RETR", "a b.txt", CommandKind::transfer},
        Row{"STOR  x", "STOR", " x", CommandKind::transfer}, Row{"PASV", "PASV", "", CommandKind::passive},
        Row{"LIST ", "LIST", "", CommandKind::listing}, Row{"Xyzzy 1", "Xyzzy", "1", CommandKind::plain},
        Row{"\xff\xf4\xff\xf2"
            "ABOR",
            "ABOR", "", CommandKind::plain},
        Row{"12 monkeys", "", "12 monkeys", CommandKind::plain},
        Row{" USER x", "", " USER x", CommandKind::plain},
        Row{"averyverylongword x", "", "averyverylongword x", CommandKind::plain}}) {
    CAPTURE(row.line);
    const Command command = parse_command(row.line);
    CHECK(command.name == row.name);
    CHECK(command.data == row.data);
    CHECK(command.kind == row.kind);
  }
  CHECK(is_known_command("eprt"));
  CHECK_FALSE(is_known_command("nick"));
}

TEST_CASE("ftp: a line of a reply may have a code, and say that more lines follow") {
  struct Row {
    std::string_view line, code, text;
    bool continues;
  };
  for (const auto& row :
       {Row{"220 ready", "220", "ready", false}, Row{"220-hello", "220", "hello", true},
        Row{"230", "230", "", false}, Row{"230 ", "230", "", false}, Row{" EPRT", "", " EPRT", false},
        Row{"22", "", "22", false}, Row{"2200 x", "", "2200 x", false}, Row{"22x y", "", "22x y", false}}) {
    CAPTURE(row.line);
    const ReplyLine line = parse_reply_line(row.line);
    CHECK(line.code == row.code);
    CHECK(line.text == row.text);
    CHECK(line.continues == row.continues);
  }
}

TEST_CASE("ftp: six numbers are an address and a port") {
  const auto found = find_port_numbers("Entering Passive Mode (10,0,1,2,4,1).");
  REQUIRE(found);
  CHECK(found->address == IpAddress::v4(0x0a000102));
  CHECK(found->port == 1025);
  CHECK(find_port_numbers("127,0,0,1,0,21")->port == 21);
  CHECK(find_port_numbers("mode 3 is =1,2,3,4,5,6")->port == 5 * 256 + 6);
  for (const char* text :
       {"", "1,2,3,4,5", "1,2,3,4,5,256", "1,2,3,4,0,0", "1.2.3.4.5.6", "1,,3,4,5,6", "-1,2,3,4,5,x"}) {
    CAPTURE(text);
    CHECK_FALSE(find_port_numbers(text));
  }
}

TEST_CASE("ftp: extended addresses name their family, extended passive replies only a port") {
  const auto v4 = parse_extended_port("|1|10.0.1.2|6275|");
  REQUIRE(v4);
  CHECK(v4->address == IpAddress::v4(0x0a000102));
  CHECK(v4->port == 6275);
  const auto v6 = parse_extended_port("!2!2001:db8::1!5282!");
  REQUIRE(v6);
  CHECK(v6->address.family == 6);
  CHECK(v6->address.bytes[15] == 1);
  CHECK(parse_extended_port("|3|what|1234|")->address.family == 0);
  CHECK(find_extended_passive("Entering Extended Passive Mode (|||38141|)")->port == 38141);
  for (const char* text :
       {"", "|", "|1|10.0.1.2|", "|1|10.0.1.2|x|", "|1|10.0.1.2|65536|", "|1|10.0.1.2|0|", "1|2|3|4|"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_extended_port(text));
  }
  for (const char* text : {"|||38141|", "(|||)", "(||x|1)", "("}) {
    CAPTURE(text);
    CHECK_FALSE(find_extended_passive(text));
  }
}
