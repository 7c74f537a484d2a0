#include "decoders/app/dns/message.h"

#include <doctest/doctest.h>

#include "decoders/app/dns/types.h"
#include "dns_builder.h"

using namespace weir;
using namespace weir::dns;
using weir::test::DnsBuilder;

TEST_CASE("dns message: question and answers with compressed names") {
  Message m;
  REQUIRE(parse_message(test::example_answer().bytes(), m));
  CHECK(m.header.id == 0x1234);
  CHECK(m.header.is_response());
  CHECK(m.header.recursion_available());
  CHECK(m.header.rcode() == 0);
  REQUIRE(m.questions.size() == 1);
  CHECK(m.view(m.questions[0].name) == "www.example.com");
  CHECK(m.questions[0].type == type_a);
  REQUIRE(m.answers.size() == 2);
  CHECK(m.view(m.answers[0].name) == "www.example.com");
  CHECK(m.answers[0].ttl == 300);
  CHECK(m.view(std::get<Name>(m.answers[0].data)) == "web.example.com");
  CHECK(m.view(std::get<Slice>(m.answers[1].data)) == std::string_view("\xc0\x00\x02\x01", 4));
}

TEST_CASE("dns message: no truncation of a good message is taken for a whole one") {
  const auto whole = test::example_answer();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    Message m;
    CHECK_FALSE(parse_message(whole.bytes().first(n), m));
    CHECK(m.answers.empty());
    CHECK(m.questions.empty());
  }
}

TEST_CASE("dns message: every record type is taken apart") {
  DnsBuilder b(1, 0x8400, 0, 8);
  b.name("m.org").record(type_mx, 1, std::string_view("\x00\x0a\xc0\x0c", 4));
  b.pointer(12).record(type_txt, 2, "\x03one\x05three");
  b.pointer(12).record(type_srv, 3, std::string_view("\x00\x01\x00\x02\x13\xc4\xc0\x0c", 8));
  b.pointer(12).record(type_sshfp, 4,
                       "\x01\x02"
                       "abc");
  b.pointer(12).record(
      type_soa, 5,
      std::string_view("\xc0\x0c\x04host\xc0\x0c\x00\x00\x00\x07\x00\x00\x00\x08\x00\x00\x00\x09"
                       "\x00\x00\x00\x0a\x00\x00\x00\x0b",
                       29));
  b.pointer(12).record(type_null, 6, "any");
  b.u8(0).be16(type_opt).be16(4096).be32(0).be16(6).be16(10).be16(2).raw("xy");
  b.pointer(12).record(type_aaaa, 7, "");
  Message m;
  REQUIRE(parse_message(b.bytes(), m));
  REQUIRE(m.answers.size() == 8);
  CHECK(m.view(std::get<Name>(m.answers[0].data)) == "m.org");
  const auto txt = std::get<TxtStrings>(m.answers[1].data);
  REQUIRE(txt.count == 2);
  CHECK(m.view(m.strings[txt.first + 1]) == "three");
  const auto srv = std::get<Srv>(m.answers[2].data);
  CHECK(srv.priority == 1);
  CHECK(srv.weight == 2);
  CHECK(srv.port == 5060);
  CHECK(m.view(srv.target) == "m.org");
  const auto fp = std::get<Sshfp>(m.answers[3].data);
  CHECK(fp.algorithm == 1);
  CHECK(m.view(fp.fingerprint) == "abc");
  const auto soa = std::get<Soa>(m.answers[4].data);
  CHECK(m.view(soa.mname) == "m.org");
  CHECK(m.view(soa.rname) == "host.m.org");
  CHECK(soa.serial == 7);
  CHECK(soa.minimum == 11);
  CHECK(m.view(std::get<Slice>(m.answers[5].data)) == "any");
  const auto opt = std::get<EdnsOptions>(m.answers[6].data);
  REQUIRE(opt.count == 1);
  CHECK(m.options[opt.first].code == 10);
  CHECK(m.view(m.options[opt.first].data) == "xy");
  CHECK(std::get<Slice>(m.answers[7].data).length == 0);
}

TEST_CASE("dns message: pointer loops end and are marked") {
  SUBCASE("a pointer to itself") {
    Message m;
    CHECK(parse_message(DnsBuilder(1, 0, 1).pointer(12).be16(1).be16(1).bytes(), m));
    CHECK(m.odd.infinite_loop);
    CHECK(m.view(m.questions.at(0).name).empty());
  }
  SUBCASE("two pointers to each other") {
    Message m;
    DnsBuilder b(1, 0, 2);
    b.pointer(18).be16(1).be16(1).pointer(12).be16(1).be16(1);
    CHECK(parse_message(b.bytes(), m));
    CHECK(m.odd.infinite_loop);
  }
  SUBCASE("a loop that gathers labels") {
    Message m;
    DnsBuilder b(1, 0, 1);
    b.label("a").pointer(12).be16(1).be16(1);
    CHECK(parse_message(b.bytes(), m));
    CHECK(m.odd.too_many_labels);
    CHECK(m.questions.at(0).type == 1);
    CHECK(m.questions.at(0).name.text.length <= 2 * kMaxNameSteps);
  }
  SUBCASE("a loop of long labels") {
    Message m;
    DnsBuilder b(1, 0, 1);
    b.label(std::string(63, 'x')).pointer(12).be16(1).be16(1);
    CHECK(parse_message(b.bytes(), m));
    CHECK(m.odd.name_too_long);
    CHECK(m.questions.at(0).name.cut);
    CHECK(m.questions.at(0).name.text.length == kMaxNameBytes);
  }
}

TEST_CASE("dns message: a long chain of labels is skipped, and what follows is read") {
  DnsBuilder b(1, 0, 1);
  for (int i = 0; i < 300; ++i) b.label("ab");
  b.u8(0).be16(type_txt).be16(1);
  Message m;
  REQUIRE(parse_message(b.bytes(), m));
  CHECK(m.odd.too_many_labels);
  CHECK(m.questions[0].type == type_txt);
}

TEST_CASE("dns message: what compression inflates is bounded") {
  DnsBuilder b(1, 0x8000, 1, 3000);
  for (int i = 0; i < 4; ++i) b.label(std::string(63, 'x'));
  b.u8(0).be16(1).be16(1);
  for (int i = 0; i < 3000; ++i) b.pointer(12).record(1, 0, "");
  Message m;
  REQUIRE(parse_message(b.bytes(), m));
  CHECK(m.text.size() <= kMaxNameBytesPerMessage + kMaxNameBytes);
  CHECK(m.answers.size() == 3000);
  CHECK(m.answers.back().name.cut);
}

TEST_CASE("dns message: bad names are malformed") {
  for (const unsigned length : {0x40U, 0x80U, 0xbfU}) {
    CAPTURE(length);
    Message m;
    CHECK_FALSE(parse_message(DnsBuilder(1, 0, 1).u8(length).raw("xxxxxxxxxxxxx").bytes(), m));
  }
  Message m;
  CHECK_FALSE(
      parse_message(DnsBuilder(1, 0, 1).pointer(500).be16(1).be16(1).bytes(), m));  // out of the message
}

TEST_CASE("dns message: broken authorities and additionals leave the answers standing") {
  struct Row {
    std::uint16_t authorities, additionals;
    bool bad_authorities, bad_additionals;
  };
  for (const Row row : {Row{1, 0, true, false}, Row{0, 1, false, true}, Row{1, 1, true, false}}) {
    DnsBuilder b(1, 0x8000, 0, 1, row.authorities, row.additionals);
    b.name("a.b").record(1, 0, "1234").raw("\x05oops");
    Message m;
    REQUIRE(parse_message(b.bytes(), m));
    CHECK(m.answers.size() == 1);
    CHECK(m.odd.invalid_authorities == row.bad_authorities);
    CHECK(m.odd.invalid_additionals == row.bad_additionals);
  }
}

TEST_CASE("dns message: probing accepts messages and refuses what only resembles one") {
  CHECK(looks_like_message(test::example_query().bytes()));
  CHECK(looks_like_message(test::example_answer().bytes()));
  CHECK(looks_like_message(DnsBuilder(1, 0x8183, 0).bytes()));  // an error answer without a question
  CHECK_FALSE(looks_like_message(DnsBuilder(1, 0x0100, 0).bytes()));
  CHECK(looks_like_message(
      DnsBuilder(1, 0x7900, 1).question("a", 1).bytes()));  // opcode 15, which nobody has taken
  CHECK_FALSE(looks_like_message(DnsBuilder(1, 0x0100, 500).question("a", 1).bytes()));
  CHECK_FALSE(looks_like_message(DnsBuilder(1, 0x0100, 1).u8(0x7f).raw("abc").bytes()));
  CHECK_FALSE(looks_like_message(Bytes{}));
}

TEST_CASE("dns types: names go both ways") {
  CHECK(type_name(28) == "AAAA");
  CHECK(type_name(65534).empty());
  CHECK(type_by_name("aaaa") == 28);
  CHECK(type_by_name("HTTPS") == 65);
  CHECK_FALSE(type_by_name("nosuch"));
  CHECK(rcode_name(3) == "NXDOMAIN");
  CHECK(rcode_name(12).empty());
}

TEST_CASE("dns message: data that is not what its type says makes the message malformed") {
  struct Row {
    unsigned type;
    std::string_view data;
  };
  using namespace std::string_view_literals;
  const Row rows[] = {{type_cname,
                       "\x05"
                       "abc"sv},
                      {type_mx, "\x00"sv},
                      {type_txt,
                       "\x09"
                       "short"sv},
                      {type_srv, "\x00\x01\x00\x02"sv},
                      {type_sshfp, "\x01"sv},
                      {type_soa, "\xc0\x0c\xc0\x0c\x00"sv},
                      {type_ptr,
                       "\x05"
                       "abcde"sv /* ends behind the data */}};
  for (const Row& row : rows) {
    CAPTURE(row.type);
    DnsBuilder b(1, 0x8000, 0, 1);
    b.name("a.b").record(row.type, 0, row.data).u8(0);
    Message m;
    CHECK_FALSE(parse_message(b.bytes(), m));
  }
}
