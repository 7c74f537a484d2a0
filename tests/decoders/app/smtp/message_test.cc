#include "decoders/app/smtp/message.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::smtp;

TEST_CASE("smtp message: commands, in any case") {
  CHECK(parse_command("ehlo  mail.example ").kind == CommandKind::helo);
  CHECK(parse_command("ehlo  mail.example ").argument == "mail.example");
  CHECK(parse_command("MAIL FROM:<a@b>").kind == CommandKind::mail);
  CHECK(parse_command("rcpt TO:<a@b>").kind == CommandKind::rcpt);
  CHECK(parse_command("BDAT 5 LAST").kind == CommandKind::bdat);
  CHECK(parse_command("STARTTLS").kind == CommandKind::starttls);
  CHECK(parse_command("DATAX").kind == CommandKind::plain);
  CHECK(parse_command("").kind == CommandKind::plain);
}

TEST_CASE("smtp message: addresses of an envelope, with what may stand around them") {
  struct Row {
    const char *argument, *expected;  // null: there is none
  };
  for (const Row& row :
       {Row{"FROM:<a@b>", "<a@b>"}, Row{"from: <a@b> SIZE=10", "<a@b>"}, Row{"From :a@b X", "a@b"},
        Row{"FROM:<\"a b>\"@c> X", "<\"a b>\"@c>"}, Row{"FROM:<a b", "<a"}, Row{"FROM:<a@b>X", "<a@b>"},
        Row{"FROM:", ""}, Row{"FROM:<>", "<>"}, Row{"FROM a@b", nullptr}, Row{"<a@b>", nullptr}}) {
    CAPTURE(row.argument);
    const auto path = parse_path(row.argument, "FROM");
    CHECK(path.has_value() == (row.expected != nullptr));
    if (path) CHECK(*path == row.expected);
  }
}

TEST_CASE("smtp message: chunks and replies") {
  CHECK(parse_chunk("100")->bytes == 100);
  CHECK_FALSE(parse_chunk("100")->last);
  CHECK(parse_chunk("0 last")->last);
  for (const char* wrong : {"", "x", "-1", "99999999999999999999"}) CHECK_FALSE(parse_chunk(wrong));
  CHECK(parse_reply("250 ok")->text == "ok");
  CHECK(parse_reply("250-more")->continues);
  CHECK(parse_reply("250")->code == 250);
  for (const char* wrong : {"", "25", "25x", "x250", "+OK"}) CHECK_FALSE(parse_reply(wrong));
}
