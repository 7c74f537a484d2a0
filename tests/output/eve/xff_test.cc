#include "output/eve/xff.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/http/parser.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "output/eve_log.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

class XffSink final : public Sink {
 public:
  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override { last = line; }
  void flush() override {}
  std::string last;
};

EventHead xff_head(Direction d) {
  EventHead head;
  const IpAddress proxy = IpAddress::v4(0x0a000001), server = IpAddress::v4(0x0a000002);
  head.source = d == Direction::to_server ? proxy : server;
  head.destination = d == Direction::to_server ? server : proxy;
  return head;
}

struct XffBench {
  http::HttpSettings http_settings;
  http::HttpParser parser{http_settings};
  FakeSettings log_settings, type_settings;
  XffSink sink;

  explicit XffBench(const std::string& fields) {
    parser.transactions().set_protocol(AppProto::http);
    const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
    (void)parser.parse({.direction = Direction::to_server, .data = as_bytes(request)});
  }
  const Transaction& tx() { return *parser.transactions().find(0); }
  std::string alert(Direction d, const Transaction* of_alert, const Transaction* latest) {
    const EveLog log(log_settings, {{"alert", &type_settings}});
    EveSession session(log, sink);
    const rules::SignatureMeta meta;
    AlertRecord r;
    r.head = xff_head(d);
    r.direction = d;
    r.signature = &meta;
    r.tx = of_alert;
    r.latest = latest;
    session.alert(r);
    return sink.last;
  }
  std::string http() {
    const EveLog log(log_settings, {{"http", &type_settings}});
    EveSession session(log, sink);
    session.transaction(log.tx_loggers(AppProto::http)[0], xff_head(Direction::to_server), tx());
    return sink.last;
  }
  std::string fileinfo() {
    const EveLog log(log_settings, {{"files", &type_settings}});
    EveSession session(log, sink);
    const AppFile file;
    FileRecord r;
    r.head = xff_head(Direction::to_client);
    r.direction = Direction::to_client;
    r.tx = &tx();
    r.file = &file;
    session.fileinfo(r);
    return sink.last;
  }
};

bool says(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

constexpr std::string_view kFromProxy = R"("src_ip":"10.0.0.1")", kToProxy = R"("dest_ip":"10.0.0.1")";

}  // namespace

TEST_CASE("eve xff: the first and the last address of a header") {
  struct Row {
    std::string_view value, first, last;
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
      {"  192.0.2.1 , 2001:db8::1  ", "192.0.2.1", "2001:db8::1"},
      {"192.0.2.1,192.0.2.2,192.0.2.3", "192.0.2.1", "192.0.2.3"},
      {"192.0.2.1:80, [2001:db8::2]:443", "192.0.2.1", "2001:db8::2"},
      {"[2001:db8::1], 192.0.2.2:", "2001:db8::1", "192.0.2.2"},
      {"2001:db8::1:80", "2001:db8::1:80", "2001:db8::1:80"},
      {"192.0.2.1, ,", "192.0.2.1", "192.0.2.1"},
      {"unknown, 192.0.2.2", "", "192.0.2.2"},
      {"192.0.2.1, unknown", "192.0.2.1", ""},
      {"", "", ""},
      {" ,\t,", "", ""},
      {"[", "", ""},
      {"[]:80", "", ""},
      {"300.0.2.1", "", ""},
      {"192.0.2", "", ""},
      {"\"192.0.2.1\"", "", ""},
      {"fe80::1%eth0", "", ""},
      {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CHECK(forwarded_address(row.value, true) == row.first);
    CHECK(forwarded_address(row.value, false) == row.last);
  }
}

TEST_CASE("eve xff: overwriting replaces the client's address on either way, and nothing else") {
  XffBench bench("X-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 2001:db8::7\r\n");
  bench.log_settings = FakeSettings{{"xff", ""}, {"xff.enabled", "yes"}, {"xff.mode", "overwrite"}};
  const std::string request = bench.alert(Direction::to_server, &bench.tx(), nullptr);
  CHECK(says(request, R"("src_ip":"2001:db8::7","dest_ip":"10.0.0.2")"));
  CHECK_FALSE(says(request, R"("severity":3,"xff")"));
  CHECK(says(bench.alert(Direction::to_client, &bench.tx(), nullptr),
             R"("src_ip":"10.0.0.2","dest_ip":"2001:db8::7")"));
  CHECK(says(bench.alert(Direction::to_server, nullptr, &bench.tx()), R"("src_ip":"2001:db8::7")"));
  CHECK(says(bench.alert(Direction::to_server, nullptr, nullptr), kFromProxy));
  CHECK(says(bench.http(), R"("src_ip":"2001:db8::7")"));
  CHECK(says(bench.fileinfo(), R"("dest_ip":"2001:db8::7")"));
}

TEST_CASE("eve xff: extra data stands beside the addresses") {
  XffBench bench("X-Real-IP: 192.0.2.1, 192.0.2.2\r\n");
  bench.log_settings = FakeSettings{
      {"xff", ""}, {"xff.enabled", "yes"}, {"xff.deployment", "forward"}, {"xff.header", "x-real-ip"}};
  const std::string alert = bench.alert(Direction::to_server, &bench.tx(), nullptr);
  CHECK(says(alert, kFromProxy));
  CHECK(says(alert, R"("severity":3,"xff":"192.0.2.1"})"));
  CHECK(alert.ends_with(R"("xff":"192.0.2.1"})"));
  CHECK(says(bench.http(), kFromProxy));
  CHECK(bench.http().ends_with(R"(},"xff":"192.0.2.1"})"));
  CHECK(bench.fileinfo().ends_with(R"(},"xff":"192.0.2.1"})"));
}

TEST_CASE("eve xff: a type's own options count before the log's, and off is off") {
  XffBench bench("X-Forwarded-For: 192.0.2.1\r\n");
  CHECK(says(bench.alert(Direction::to_server, &bench.tx(), nullptr), kFromProxy));
  CHECK_FALSE(bench.http().ends_with(R"("xff":"192.0.2.1"})"));
  bench.log_settings = FakeSettings{{"xff", ""}, {"xff.enabled", "yes"}, {"xff.mode", "overwrite"}};
  bench.type_settings = FakeSettings{{"xff", ""}, {"xff.enabled", "no"}};
  CHECK(says(bench.alert(Direction::to_server, &bench.tx(), nullptr), kFromProxy));
  CHECK(says(bench.fileinfo(), kToProxy));
  bench.type_settings = FakeSettings{{"xff", ""}, {"xff.enabled", "yes"}};
  CHECK(bench.http().ends_with(R"("xff":"192.0.2.1"})"));
  CHECK(says(bench.http(), kFromProxy));
}
