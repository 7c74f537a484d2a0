#include "engine/cli/answer_output.h"

#include <doctest/doctest.h>

#include "decoders/address_text.h"
#include "engine/cli/answer_table.h"
#include "tests/engine/cli/kept_lines.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr TimeUs kNoon = TimeUs{1'700'049'600} * 1'000'000;

Answer an_answer() {
  Answer out;
  out.columns = {{"ip", "Host"},
                 {"bytes", "Bytes", Look::bytes},
                 {"lasted", "Lasted", Look::duration},
                 {"share", "Share", Look::ratio},
                 {"last", "Last"},
                 {"ports", "Ports"},
                 {"peers", "Peers"},
                 {"answered", "Answered"},
                 {"note", "Note"},
                 {"only_json", {}, Look::json_only}};
  out.rows.push_back({IpAddress::v4(0x0a000001), std::uint64_t{12'345}, std::uint64_t{80'000'000}, 0.12,
                      When{kNoon}, std::vector<std::uint64_t>{80, 443},
                      std::vector<IpAddress>{IpAddress::v4(0xc0000201)}, true, std::string("a,\"b\""),
                      std::uint64_t{7}});
  out.rows.push_back({IpAddress::v4(0x0a000002), {}, {}, {}, {}, {}, {}, false, std::string("\033[2J"), {}});
  out.before = {"10.0.0.1 is used"};
  return out;
}

std::string written(const Answer& answer, const QuestionOptions& options,
                    output::CryptoPan* change = nullptr) {
  test::KeptLines out;
  write_answer(answer, options, change, out);
  return out.text();
}

}  // namespace

TEST_CASE("answers: a person reads units, local times and no control characters") {
  test::KeptLines out;
  write_answer_table(an_answer(), 200, false, out);
  REQUIRE(out.lines.size() == 4);
  CHECK(out.lines[0] == "10.0.0.1 is used");
  CHECK(out.lines[1] ==
        "Host        Bytes  Lasted  Share  Last                 Ports    Peers      Answered  Note");
  CHECK(out.lines[2] ==
        "10.0.0.1  12.3 kB   1m20s   12 %  2023-11-15 12:00:00  80, 443  192.0.2.1  yes       a,\"b\"");
  CHECK(out.lines[3].find('\033') == std::string::npos);
  CHECK(out.lines[3].starts_with("10.0.0.2        -       -      -  -"));
}

TEST_CASE("answers: an address is whole however narrow the table is") {
  test::KeptLines out;
  Answer answer;
  answer.columns = {{.name = "source", .head = ""}, {.name = "note", .head = ""}};
  answer.rows = {{read_address("2001:db8:1234:5678:9abc:def0:1234:5678"), std::string(40, 'n')}};
  write_answer_table(answer, 20, false, out);
  CHECK(out.lines.back() == "2001:db8:1234:5678:9abc:def0:1234:5678  nnnnnnnnnnn…");
}

TEST_CASE("answers: without columns, or with text only, there is no table") {
  test::KeptLines out;
  Answer answer = an_answer();
  answer.only_text = true;
  answer.behind = {"the end"};
  write_answer_table(answer, 100, false, out);
  CHECK(out.text() == "10.0.0.1 is used\nthe end\n");
  CHECK(written(Answer{}, {}).empty());
  CHECK(written(Answer{}, {.csv = true}).empty());
}

TEST_CASE("answers: CSV has all columns, ISO times, and lists joined by semicolons") {
  CHECK(
      written(an_answer(), {.csv = true}) ==
      "ip,bytes,lasted,share,last,ports,peers,answered,note,only_json\n"
      "10.0.0.1,12345,80000000,0.12,2023-11-15T12:00:00.000000+0000,80;443,192.0.2.1,true,\"a,\"\"b\"\"\",7\n"
      "10.0.0.2,,,,,,,false,\033[2J,\n");
}

TEST_CASE("answers: JSON has an object a row, without what there is none of") {
  CHECK(
      written(an_answer(), {.json = true}) ==
      R"({"ip":"10.0.0.1","bytes":12345,"lasted":80000000,"share":0.12,"last":"2023-11-15T12:00:00.000000+0000",)"
      R"("ports":[80,443],"peers":["192.0.2.1"],"answered":true,"note":"a,\"b\"","only_json":7})"
      "\n"
      R"({"ip":"10.0.0.2","answered":false,"note":"\u001b[2J"})"
      "\n");
}

TEST_CASE("answers: an anonymised one has no address in any format") {
  auto pan = output::CryptoPan::make({4, 2});
  REQUIRE(pan);
  Answer answer = an_answer();
  answer.rows[0][8] = std::string("seen by 198.51.100.1:443");
  answer.columns.push_back({.name = "host", .head = {}, .look = Look::plain, .names_somebody = true});
  answer.rows[0].push_back(std::string("alice.example"));
  answer.rows[1].push_back({});
  for (const QuestionOptions& options :
       {QuestionOptions{}, QuestionOptions{.csv = true}, QuestionOptions{.json = true}}) {
    const std::string text = written(answer, options, &*pan);
    for (const char* told : {"10.0.0.1", "10.0.0.2", "192.0.2.1", "198.51.100.1", "alice"})
      CHECK(text.find(told) == std::string::npos);
  }
}
