#include <doctest/doctest.h>

#include "decoders/app/dns/dns.h"
#include "output/eve_tx.h"
#include "tests/decoders/app/dns/dns_builder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;
using weir::test::DnsBuilder;

namespace {

std::unique_ptr<dns::DnsTransaction> parsed(const DnsBuilder& b, std::uint64_t id = 0) {
  dns::Message m;
  const bool valid = dns::parse_message(b.bytes(), m);
  auto tx = std::make_unique<dns::DnsTransaction>(
      id, m.header.is_response() ? Direction::to_client : Direction::to_server);
  tx->message = std::move(m);
  tx->valid = valid;
  return tx;
}

std::string written(const EveTxLogger& logger, const FakeSettings& settings, const Transaction& tx,
                    bool in_alert = false) {
  const auto writer = logger.configure(settings);
  JsonWriter out;
  {
    const auto event = out.object();
    if (in_alert)
      writer->write_in_alert(out, tx);
    else if (!writer->write(out, tx))
      return {};
  }
  return std::string(out.text());
}

const FakeSettings kVersion2{{"version", "2"}};

}  // namespace

TEST_CASE("eve dns: version 3 shows every section of the message") {
  CHECK(written(eve_dns, {}, *parsed(test::example_query(), 4)) ==
        R"({"dns":{"version":3,"type":"request","tx_id":4,"id":4660,"flags":"100","rd":true,"opcode":0,)"
        R"("rcode":"NOERROR","queries":[{"rrname":"www.example.com","rrtype":"A"}]}})");
  CHECK(
      written(eve_dns, {}, *parsed(test::example_answer(), 5)) ==
      R"({"dns":{"version":3,"type":"response","tx_id":5,"id":4660,"flags":"8180","qr":true,"rd":true,"ra":true,)"
      R"("opcode":0,"rcode":"NOERROR","queries":[{"rrname":"www.example.com","rrtype":"A"}],)"
      R"("answers":[{"rrname":"www.example.com","rrtype":"CNAME","ttl":300,"rdata":"web.example.com"},)"
      R"({"rrname":"www.example.com","rrtype":"A","ttl":60,"rdata":"192.0.2.1"}],)"
      R"("grouped":{"A":["192.0.2.1"],"CNAME":["web.example.com"]}}})");
}

TEST_CASE("eve dns: version 2 shows questions and answers apart") {
  CHECK(
      written(eve_dns, kVersion2, *parsed(test::example_query(), 4)) ==
      R"({"dns":{"version":2,"type":"query","id":4660,"rrname":"www.example.com","rrtype":"A","tx_id":4,"opcode":0}})");
  CHECK(
      written(eve_dns, kVersion2, *parsed(test::example_answer())) ==
      R"({"dns":{"version":2,"type":"answer","id":4660,"flags":"8180","qr":true,"rd":true,"ra":true,"opcode":0,)"
      R"("rrname":"www.example.com","rrtype":"A","rcode":"NOERROR",)"
      R"("answers":[{"rrname":"www.example.com","rrtype":"CNAME","ttl":300,"rdata":"web.example.com"},)"
      R"({"rrname":"www.example.com","rrtype":"A","ttl":60,"rdata":"192.0.2.1"}],)"
      R"("grouped":{"A":["192.0.2.1"],"CNAME":["web.example.com"]}}})");
}

TEST_CASE(
    "eve dns: version 2 tells of each question of a query, up to a limit, and of those of wanted types "
    "only") {
  const auto events = [](const FakeSettings& settings, const Transaction& tx) {
    const auto writer = eve_dns.configure(settings);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < writer->events(tx); ++i) {
      JsonWriter json;
      bool said = false;
      {
        const auto event = json.object();
        said = writer->write_event(json, tx, i);
      }
      if (said) out.emplace_back(json.text());
    }
    return out;
  };
  const auto two =
      parsed(DnsBuilder(1, 0x0100, 2).question("first.example", 1).question("second.example", 28));
  const auto both = events(kVersion2, *two);
  REQUIRE(both.size() == 2);
  CHECK(both[0].find(R"("rrname":"first.example","rrtype":"A")") != std::string::npos);
  CHECK(both[1].find(R"("rrname":"second.example","rrtype":"AAAA")") != std::string::npos);
  CHECK(events({{"version", "2"}, {"types", "AAAA"}}, *two) == std::vector{both[1]});
  CHECK(events({}, *two).size() == 1);

  DnsBuilder many(1, 0x0100, 100);
  for (int i = 0; i < 100; ++i) many.question("a", 1);
  CHECK(events(kVersion2, *parsed(many)).size() == 64);
  CHECK(events(kVersion2, *parsed(DnsBuilder(1, 0x0100, 0))).empty());
  CHECK(events(kVersion2, *parsed(test::example_answer())).size() == 1);
}

TEST_CASE("eve dns: an alert holds the request, in version 2 as a list") {
  CHECK(written(eve_dns, kVersion2, *parsed(test::example_query()), true) ==
        R"({"dns":{"version":2,"query":[{"type":"query","id":4660,"rrname":"www.example.com","rrtype":"A",)"
        R"("tx_id":0,"opcode":0}]}})");
  CHECK(written(eve_dns, {}, *parsed(test::example_query()), true) ==
        written(eve_dns, {}, *parsed(test::example_query())));
}

TEST_CASE("eve dns: each record type has its form") {
  DnsBuilder b(1, 0x8000, 0, 6);
  b.name("m.org").record(15, 1, std::string_view("\x00\x0a\xc0\x0c", 4));
  b.pointer(12).record(16, 2, "\x03one\x05three");
  b.pointer(12).record(33, 3, std::string_view("\x00\x01\x00\x02\x13\xc4\xc0\x0c", 8));
  b.pointer(12).record(44, 4,
                       "\x01\x02"
                       "ab");
  b.pointer(12).record(28, 5, std::string_view("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16));
  b.pointer(12).record(65534, 6, "unknown");
  const std::string line = written(eve_dns, {}, *parsed(b));
  for (const char* part :
       {R"({"rrname":"m.org","rrtype":"MX","ttl":1,"rdata":"m.org"})",
        R"("rrtype":"TXT","ttl":2,"rdata":"one")", R"("rrtype":"TXT","ttl":2,"rdata":"three")",
        R"("srv":{"priority":1,"weight":2,"port":5060,"name":"m.org"})",
        R"("sshfp":{"fingerprint":"61:62","algo":1,"type":2})",
        R"("rdata":"2001:0db8:0000:0000:0000:0000:0000:0001")",
        R"({"rrname":"m.org","rrtype":"65534","ttl":6})", R"("TXT":["one","three"])"}) {
    CAPTURE(part);
    CHECK(line.find(part) != std::string::npos);
  }
}

TEST_CASE("eve dns: what is logged can be chosen") {
  struct Row {
    FakeSettings settings;
    bool query, answer;
  };
  const Row rows[] = {{{}, true, true},
                      {{{"requests", "no"}}, false, true},
                      {{{"responses", "no"}}, true, false},
                      {{{"types", "aaaa"}}, false, false},
                      {{{"types", "a"}}, true, true}};
  for (const Row& row : rows) {
    CHECK(written(eve_dns, row.settings, *parsed(test::example_query())).empty() != row.query);
    CHECK(written(eve_dns, row.settings, *parsed(test::example_answer())).empty() != row.answer);
  }
  CHECK(written(eve_dns, {{"formats", "grouped"}}, *parsed(test::example_answer())).find("\"answers\"") ==
        std::string::npos);
  CHECK(written(eve_dns, {}, *parsed(DnsBuilder(1, 0, 1))).empty());  // malformed
}

TEST_CASE("eve dns: version 3 points a response from the server, version 2 from the client") {
  const auto tx = parsed(test::example_answer());
  CHECK(eve_dns.configure(no_settings())->direction(*tx) == Direction::to_client);
  CHECK(eve_dns.configure(kVersion2)->direction(*tx) == Direction::to_server);
}

TEST_CASE("eve mdns: questions, pointers and texts") {
  DnsBuilder b(0, 0x8400, 0, 2);
  b.name("_x._tcp.local").record(12, 1, std::string_view("\x01y\xc0\x0c", 4));
  b.pointer(12).record(16, 2,
                       "\x03"
                       "a=b\x01"
                       "c");
  CHECK(
      written(eve_mdns, {}, *parsed(b)) ==
      R"({"mdns":{"type":"response","flags":["aa"],"answers":[{"rrname":"_x._tcp.local","ptr":"y._x._tcp.local"},)"
      R"({"rrname":"_x._tcp.local","txt":["a=b","c"]}]}})");
  CHECK(written(eve_mdns, {}, *parsed(std::move(DnsBuilder(0, 0, 1).question("a.local", 12)))) ==
        R"({"mdns":{"type":"request","queries":[{"rrname":"a.local","rrtype":"ptr"}]}})");
}
