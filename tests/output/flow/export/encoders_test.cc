#include <limits>

#include "tests/output/flow/export/export_bench.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;

namespace {

flow::Record numbered_record(std::uint16_t n) {
  flow::Record r = tcp_record(n);
  r.sides[1] = {};
  return r;
}

}  // namespace

TEST_CASE(
    "flow export: each direction of a flow is a record with its own times, in every format of one way") {
  for (const ExportFormat format : {ExportFormat::netflow5, ExportFormat::netflow9, ExportFormat::ipfix}) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(format);
    bench.add(tcp_record());
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == 2);
    check_way(read->at(0), tcp_record(), Direction::to_server);
    check_way(read->at(1), tcp_record(), Direction::to_client);
    CHECK(read->account().malformed == 0);
    CHECK(read->account().no_template == 0);
    if (format != ExportFormat::netflow5) CHECK(read->at(0).end_reason == flow::EndReason::end);
  }
}

TEST_CASE("flow export: biflow has both directions in one record") {
  ExportBench bench(ExportFormat::ipfix_biflow);
  bench.add(tcp_record());
  bench.add(udp6_record());
  bench.flush();
  const auto read = bench.read();
  REQUIRE(read->size() == 2);
  for (std::size_t i : {0U, 1U}) {
    const flow::Record sent = i == 0 ? tcp_record() : udp6_record();
    const flow::Record& r = read->at(i);
    CHECK(r.source == sent.source);
    CHECK(r.destination_port == sent.destination_port);
    for (const Direction way : {Direction::to_server, Direction::to_client}) {
      CHECK(r.side(way).packets == sent.side(way).packets);
      CHECK(r.side(way).bytes == sent.side(way).bytes);
      CHECK(r.side(way).first == whole_ms(sent.side(way).first));
      CHECK(r.side(way).last == whole_ms(sent.side(way).last));
      CHECK(r.side(way).tcp_flags == sent.side(way).tcp_flags);
    }
  }
}

TEST_CASE("flow export: a flow that only answers is one record from who answers") {
  flow::Record r = tcp_record();
  r.sides[0] = {};
  for (const ExportFormat format : kWithTemplates) {
    ExportBench bench(format);
    bench.add(r);
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == 1);
    check_way(read->at(0), r, Direction::to_client);
  }
}

TEST_CASE("flow export: ICMP has its type and code, and answers have the type of an answer") {
  flow::Record r = tcp_record();
  r.protocol = 1;
  r.source_port = r.destination_port = 0;
  r.icmp_type = 8;
  r.has_icmp = true;
  for (const ExportFormat format : {ExportFormat::netflow5, ExportFormat::netflow9, ExportFormat::ipfix}) {
    ExportBench bench(format);
    bench.add(r);
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == 2);
    CHECK(read->at(0).icmp_type == 8);
    CHECK(read->at(1).icmp_type == 0);
    CHECK(read->at(1).has_icmp);
  }
}

TEST_CASE("flow export: what a meter says besides is in groups of its own") {
  flow::Detail d;
  d.source_mac = {2, 0, 0, 0, 0, 1};
  d.destination_mac = {2, 0, 0, 0, 0, 2};
  d.application = "http";
  d.host = "example.org";
  d.sides[0].size_min = 40;
  d.sides[0].size_max = 1500;
  d.sides[0].base_sequence = 77;
  flow::Record r = tcp_record();
  r.vlan = 12;
  d.in_interface_name = "eth3";
  r.detail = &d;
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(export_settings(format), {{3, "eth3"}});
    bench.add(r);
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == (format == ExportFormat::ipfix_biflow ? 1U : 2U));
    const KeptRecord& got = read->collected.all[0];
    CHECK(got.record.vlan == 12);
    CHECK(got.record.in_interface == 3);
    REQUIRE(got.has_detail);
    CHECK(got.detail.source_mac == d.source_mac);
    CHECK(got.detail.sides[0].size_max == 1500);
    CHECK(got.detail.sides[0].base_sequence == 77);
    CHECK(got.application == "http");
    CHECK(got.in_interface == "eth3");
    CHECK(read->account().malformed == 0);
    CHECK(read->account().no_template == 0);
  }
}

TEST_CASE("flow export: counters beyond 32 bits are whole: wide in templates, several records in version 5") {
  flow::Record r = numbered_record(1);
  r.sides[0].packets = kFull32 + 10;
  r.sides[0].bytes = 3 * kFull32 + 7;
  for (const ExportFormat format : {ExportFormat::netflow5, ExportFormat::netflow9, ExportFormat::ipfix}) {
    ExportBench bench(format);
    bench.add(r);
    bench.flush();
    const auto read = bench.read();
    CHECK(read->size() == (format == ExportFormat::netflow5 ? 4U : 1U));
    std::uint64_t packets = 0, bytes = 0;
    for (std::size_t i = 0; i < read->size(); ++i) {
      packets += read->at(i).sides[0].packets;
      bytes += read->at(i).sides[0].bytes;
      CHECK(read->at(i).sides[0].first == whole_ms(r.sides[0].first));
    }
    CHECK(packets == r.sides[0].packets);
    CHECK(bytes == r.sides[0].bytes);
  }
  r.sides[0].bytes = std::numeric_limits<std::uint64_t>::max();
  ExportBench bench(ExportFormat::netflow5);
  bench.add(r);
  CHECK(bench.encoder->counters().left_out_large == 1);
}

TEST_CASE("flow export: version 5 leaves IPv6 out and counts it") {
  ExportBench bench(ExportFormat::netflow5);
  bench.add(udp6_record());
  bench.flush();
  CHECK(bench.kept.all.empty());
  CHECK(bench.encoder->counters().left_out_v6 == 2);
}

TEST_CASE(
    "flow export: no message is longer than the MTU, and sequence numbers count what each protocol counts") {
  for (const ExportFormat format :
       {ExportFormat::netflow5, ExportFormat::netflow9, ExportFormat::ipfix, ExportFormat::ipfix_biflow}) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(format);
    constexpr std::uint16_t kRecords = 500;
    for (std::uint16_t n = 0; n < kRecords; ++n) bench.add(numbered_record(n));
    bench.flush();
    const std::size_t sequence_at = format == ExportFormat::netflow5   ? 16
                                    : format == ExportFormat::netflow9 ? 12
                                                                       : 8;
    std::uint64_t want = 0;
    REQUIRE(bench.kept.all.size() > 10);
    for (std::size_t i = 0; i < bench.kept.all.size(); ++i) {
      const KeptMessages::Kept& m = bench.kept.all[i];
      CHECK(m.bytes.size() <= 1400);
      if (output::is_ipfix(format)) CHECK(bench.kept.number(i, 2, 2) == m.bytes.size());
      CHECK(bench.kept.number(i, sequence_at, 4) == want);
      want += format == ExportFormat::netflow9 ? 1 : m.message.data_records;
    }
    const auto read = bench.read();
    REQUIRE(read->size() == kRecords);
    CHECK(read->at(kRecords - 1).source_port == 1000 + kRecords - 1);
    CHECK(read->account().lost == 0);
    CHECK(read->account().malformed == 0);
  }
}

TEST_CASE("flow export: sets of version 9 end where four bytes do, and its header counts all records") {
  ExportBench bench(ExportFormat::netflow9);
  bench.add(numbered_record(1));
  bench.add(udp6_record());
  bench.flush();
  REQUIRE(bench.kept.all.size() == 1);
  const auto& bytes = bench.kept.all[0].bytes;
  std::size_t at = 20, sets = 0;
  while (at < bytes.size()) {
    const std::uint64_t length = bench.kept.number(0, at + 2, 2);
    CHECK(length % 4 == 0);
    REQUIRE(length >= 4);
    at += length;
    ++sets;
  }
  CHECK(at == bytes.size());
  CHECK(sets > 4);
  // Six kinds of options less those of which nothing is said: four templates and records; two templates, three flow records.
  CHECK(bench.kept.number(0, 2, 2) == 4 + 4 + 2 + 3);
}

TEST_CASE("flow export: over UDP templates are said again after so many seconds and messages") {
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    auto settings = export_settings(format);
    settings.template_messages = 5;
    ExportBench bench(settings);
    for (std::uint16_t n = 0; n < 1000; ++n) bench.add(numbered_record(n), kFlowBegin);
    bench.flush(kFlowBegin);
    REQUIRE(bench.kept.all.size() > 20);
    // A collector that starts late knows templates after five messages.
    for (std::size_t first = 0; first + 12 < bench.kept.all.size(); ++first) {
      FlowBench late;
      for (std::size_t i = first; i < first + 6; ++i)
        late.send(Wire(bench.kept.all[i].bytes.begin(), bench.kept.all[i].bytes.end()));
      CHECK(late.size() > 0);
    }
    settings.template_messages = 1'000'000;
    ExportBench timed(settings);
    timed.add(numbered_record(1), kFlowBegin);
    timed.flush(kFlowBegin);
    timed.add(numbered_record(2), kFlowBegin + 59'000'000);
    timed.flush(kFlowBegin + 59'000'000);
    timed.add(numbered_record(3), kFlowBegin + 60'000'000);
    timed.flush(kFlowBegin + 60'000'000);
    REQUIRE(timed.kept.all.size() == 3);
    CHECK(timed.kept.all[1].bytes.size() < 150);
    CHECK(timed.kept.all[2].bytes.size() >= timed.kept.all[0].bytes.size());
  }
}

TEST_CASE("flow export: a session that loses nothing gets its templates once, ahead of what they are for") {
  auto settings = export_settings(ExportFormat::ipfix);
  settings.target.transport = output::ExportTarget::Transport::tcp;
  settings.template_messages = 2;
  ExportBench bench(settings);
  bench.encoder->begin_session(kFlowBegin);
  const std::size_t head = bench.kept.all.size();
  for (std::uint16_t n = 0; n < 300; ++n) bench.add(numbered_record(n), kFlowBegin + n);
  bench.flush(kFlowBegin);
  std::size_t heads = 0;
  for (std::size_t i = head; i < bench.kept.all.size(); ++i)
    heads += bench.kept.all[i].message.is_head ? 1 : 0;
  CHECK(heads == 1);
  const std::size_t before = bench.kept.all.size();
  bench.encoder->begin_session(kFlowBegin);
  bench.add(numbered_record(9), kFlowBegin);
  bench.flush(kFlowBegin);
  // What the second session has is enough to read it.
  FlowBench second;
  for (std::size_t i = before; i < bench.kept.all.size(); ++i)
    second.send(Wire(bench.kept.all[i].bytes.begin(), bench.kept.all[i].bytes.end()));
  CHECK(second.size() == 1);
  CHECK(second.account().no_template == 0);
  CHECK(bench.kept.number(before, 8, 4) == 0);
}

TEST_CASE("flow export: the uptime wraps, and times stay right") {
  constexpr TimeUs kDay = TimeUs{86'400} * 1'000'000;
  for (const ExportFormat format : {ExportFormat::netflow5, ExportFormat::netflow9}) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(format);
    bench.add(numbered_record(0));
    bench.flush();
    for (const TimeUs later : {40 * kDay, 48 * kDay + kDay / 2, 49 * kDay, 60 * kDay, 120 * kDay}) {
      flow::Record r = numbered_record(1);
      r.sides[0].first += later;
      r.sides[0].last += later + kDay;  // over the wrap, once
      const TimeUs now = r.sides[0].last + 1'000'000;
      bench.add(r, now);
      bench.flush(now);
      const auto read = bench.read();
      const flow::Record& got = read->at(read->size() - 1);
      CHECK(got.sides[0].first == whole_ms(r.sides[0].first));
      CHECK(got.sides[0].last == whole_ms(r.sides[0].last));
    }
  }
}

TEST_CASE("flow export: the sampling rate is said, in options, and in the header of version 5") {
  for (const ExportFormat format :
       {ExportFormat::netflow5, ExportFormat::netflow9, ExportFormat::ipfix, ExportFormat::ipfix_biflow}) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(format);
    for (const std::uint32_t rate : {1U, 100U, 1000U}) {
      flow::Record r = numbered_record(1);
      r.sampling = rate;
      bench.add(r);
    }
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == 3);
    CHECK(read->at(0).sampling == 1);
    CHECK(read->at(1).sampling == 100);
    CHECK(read->at(2).sampling == 1000);
  }
  for (const output::SamplingMethod method :
       {output::SamplingMethod::random, output::SamplingMethod::flows}) {
    const bool is_random = method == output::SamplingMethod::random;
    for (const ExportFormat format : kWithTemplates) {
      auto settings = export_settings(format);
      settings.sampling = method;
      ExportBench bench(settings);
      flow::Record r = numbered_record(1);
      r.sampling = 100;
      bench.add(r);
      bench.flush();
      const auto read = bench.read();
      REQUIRE(read->size() == 1);
      CHECK(read->at(0).sampling == 100);
    }
    auto settings = export_settings(ExportFormat::netflow5);
    settings.sampling = method;
    ExportBench bench(settings);
    flow::Record r = numbered_record(1);
    r.sampling = 100;
    bench.add(r);
    bench.flush();
    CHECK(bench.kept.number(0, 22, 2) == ((is_random ? 0x8000U : 0x4000U) | 100U));
  }
  flow::Record r = numbered_record(1);
  r.sampling = 20'000;
  ExportBench bench(ExportFormat::netflow5);
  bench.add(r);
  CHECK(bench.encoder->counters().left_out_large == 1);
}

TEST_CASE("flow export: a record that is longer than a message goes without what it can do without") {
  flow::Detail d;
  const std::string name(240, 'x');
  d.host = name;
  d.history = name;
  d.state = name;
  d.ja4 = name;
  d.certificate_sha256 = name;
  flow::Record r = numbered_record(1);
  r.detail = &d;
  auto settings = export_settings(ExportFormat::ipfix);
  settings.enterprise = 99'999;
  settings.mtu = 512;
  ExportBench bench(settings);
  bench.add(r);
  bench.flush();
  const auto read = bench.read();
  REQUIRE(read->size() == 1);
  check_way(read->at(0), r, Direction::to_server);
  for (const KeptMessages::Kept& m : bench.kept.all) CHECK(m.bytes.size() <= 512);
}

TEST_CASE("flow export: elements of our own are sent under the number that the user has, and only then") {
  flow::Detail d;
  d.history = "ShADadFf";
  flow::Record r = numbered_record(1);
  r.detail = &d;
  const auto has_text = [](const ExportBench& bench, std::string_view text) {
    for (const KeptMessages::Kept& m : bench.kept.all)
      if (std::string_view(reinterpret_cast<const char*>(m.bytes.data()), m.bytes.size()).find(text) !=
          std::string_view::npos)
        return true;
    return false;
  };
  ExportBench off(ExportFormat::ipfix);
  off.add(r);
  off.flush();
  CHECK_FALSE(has_text(off, "ShADadFf"));
  auto settings = export_settings(ExportFormat::ipfix);
  settings.enterprise = 0x00012345;
  ExportBench on(settings);
  on.add(r);
  on.flush();
  CHECK(has_text(on, "ShADadFf"));
  CHECK(has_text(on, std::string_view("\x80\x03\xff\xff\x00\x01\x23\x45", 8)));
  CHECK(on.read()->size() == 1);
}

TEST_CASE(
    "flow export: texts of our own are whole up to 512 bytes, with a length of three bytes from 255 on") {
  for (const std::size_t size : {0U, 1U, 254U, 255U, 512U, 513U}) {
    CAPTURE(size);
    flow::Detail d;
    const std::string payload(size, 'p');
    d.sides[0].payload = payload;
    flow::Record r = numbered_record(1);
    r.detail = &d;
    auto settings = export_settings(ExportFormat::ipfix);
    settings.enterprise = 99'999;
    ExportBench bench(settings);
    bench.add(r);
    bench.add(r);
    bench.flush();
    std::size_t sent = 0;
    for (const KeptMessages::Kept& m : bench.kept.all)
      for (const std::uint8_t byte : m.bytes) sent += byte == 'p' ? 1U : 0U;
    CHECK(sent == 2 * std::min<std::size_t>(size, 512));
    const auto read = bench.read();
    CHECK(read->size() == 2);
    CHECK(read->account().malformed == 0);
  }
}

TEST_CASE("flow export: where a message has no room the elements of our own go first") {
  flow::Detail d;
  d.sides[0] = {.size_min = 40, .size_max = 1500};
  const std::string payload(512, 'p');
  d.sides[0].payload = payload;
  flow::Record r = numbered_record(1);
  r.vlan = 7;
  r.detail = &d;
  auto settings = export_settings(ExportFormat::ipfix);
  settings.enterprise = 99'999;
  settings.mtu = output::kMinMtu;
  ExportBench bench(settings);
  bench.add(r);
  bench.flush();
  const auto read = bench.read();
  REQUIRE(read->size() == 1);
  CHECK(read->at(0).vlan == 7);
}

TEST_CASE("flow export: a template has the number of its shape, whichever came first") {
  const flow::Record first = tcp_record(), second = udp6_record();
  const auto ids_of = [](const flow::Record& a, const flow::Record& b) {
    ExportBench bench(ExportFormat::ipfix_biflow);
    bench.add(a);
    bench.flush();
    bench.add(b);
    bench.flush();
    // The last message has nothing but the template and the record of `b`.
    return bench.kept.number(bench.kept.all.size() - 1, 16 + 4, 2);
  };
  const std::uint64_t of_second = ids_of(first, second), of_first = ids_of(second, first);
  CHECK(of_first != of_second);
  CHECK(ids_of(numbered_record(1), second) == of_second);
  CHECK(ids_of(numbered_record(1), first) == of_first);
}

TEST_CASE("flow export: an application has the same number in every run") {
  output::ApplicationNumbers a, b;
  const std::uint32_t tls = a.of("tls");
  CHECK(b.of("http") != tls);
  CHECK(b.of("tls") == tls);
  CHECK(a.of("tls") == tls);
  CHECK(a.of("") == 0);
  CHECK((tls >> 24U) == 6);
  for (int i = 0; i < 600; ++i) (void)a.of("name" + std::to_string(i));
  CHECK(a.all().size() == output::ApplicationNumbers::kMost);
  CHECK(a.of("one more") == 0);
  CHECK(a.of("tls") == tls);
}

TEST_CASE(
    "flow export: when there are too many shapes of records the rest does without what it can do without") {
  ExportBench bench(ExportFormat::ipfix);
  std::uint64_t packets = 0;
  for (unsigned bits = 0; bits < 512; ++bits) {
    const auto has = [bits](unsigned n) { return (bits >> n & 1U) != 0; };
    flow::Detail d;
    flow::Record r = has(0) ? udp6_record() : tcp_record();
    r.protocol = has(1) ? 6 : 17;
    r.sides[1] = {};
    r.sides[0].packets = bits + 1;
    r.vlan = has(2) ? 7 : 0;
    r.in_interface = has(3) ? 3 : 0;
    d.source_mac[5] = has(4) ? 1 : 0;
    d.application = has(5) ? "http" : "";
    d.host = has(6) ? "example.org" : "";
    d.sides[0].size_max = has(7) ? 1500 : 0;
    if (has(8)) r.sides[0].bytes = kFull32 + 1;
    r.detail = &d;
    bench.add(r);
    packets += r.sides[0].packets;
  }
  bench.flush();
  const auto read = bench.read();
  REQUIRE(read->size() == 512);
  std::uint64_t got = 0;
  for (std::size_t i = 0; i < read->size(); ++i) got += read->at(i).sides[0].packets;
  CHECK(got == packets);
  CHECK(read->account().malformed == 0);
  CHECK(read->account().no_template == 0);
  CHECK(read->at(511).source == an_ipv6(1));
  CHECK(read->at(511).sides[0].bytes == kFull32 + 1);
}

TEST_CASE("flow export: options say what was seen, sent and missed") {
  for (const ExportFormat format : kWithTemplates) {
    CAPTURE(static_cast<int>(format));
    ExportBench bench(format);
    bench.kept.said = {.observed = {.records = 0x1111111111111111},
                       .ignored_packets = 0x2222222222222222,
                       .not_sent = {.records = 0x3333333333333333,
                                    .packets = 0x4444444444444444,
                                    .bytes = 0x5555555555555555},
                       .messages = 0x6666666666666666,
                       .octets = 0x7777777777777777,
                       .flows = 0x1212121212121212};
    bench.add(numbered_record(1));
    bench.flush();
    REQUIRE(bench.kept.all.size() == 1);
    const auto& bytes = bench.kept.all[0].bytes;
    const std::string_view message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const char value : {'\x11', '\x22', '\x33', '\x44', '\x55', '\x66', '\x77', '\x12'})
      CHECK(message.find(std::string(8, value)) != std::string_view::npos);
    CHECK(bench.read()->account().options == (format == ExportFormat::netflow9 ? 4U : 5U));
  }
}

TEST_CASE("flow export: a record that stands for several flows says how many, whatever else it has") {
  for (const ExportFormat format : kWithTemplates)
    for (const bool has_more : {false, true}) {
      ExportBench bench(format);
      flow::Detail d;
      d.tunnel_kind = "vxlan";
      d.tunnel_id = 7;
      d.application_id = 5;
      d.sides[0].size_max = 100;
      flow::Record r = tcp_record(), single = tcp_record(2);
      r.flows = 12;
      if (has_more) r.detail = single.detail = &d;
      bench.add(r);
      bench.add(single);
      bench.flush();
      const auto read = bench.read();
      const std::size_t each = format == ExportFormat::ipfix_biflow ? 1 : 2;
      REQUIRE(read->size() == 2 * each);
      CHECK(read->at(0).flows == 12);
      CHECK(read->at(0).sides[0].packets == r.sides[0].packets);
      CHECK(read->at(each).flows == 1);
      CHECK(read->account().malformed == 0);
    }
}

TEST_CASE("flow export: records of two families have addresses of one length, as their template says") {
  for (const ExportFormat format : kWithTemplates)
    for (const bool to_v6 : {false, true}) {
      ExportBench bench(format);
      // The template comes of a record like others, and of one that is like none.
      flow::Record mixed = udp6_record(), plain = udp6_record();
      (to_v6 ? mixed.source : mixed.destination) = IpAddress::v4(0xc0000209);
      for (const flow::Record& r : {mixed, plain, mixed}) bench.add(r);
      bench.flush();
      const auto read = bench.read();
      CHECK(read->account().malformed == 0);
      const std::size_t each = format == ExportFormat::ipfix_biflow ? 1 : 2;
      REQUIRE(read->size() == 3 * each);
      for (const std::size_t i : {std::size_t{0}, 2 * each}) {
        CHECK(to_string(to_v6 ? read->at(i).source : read->at(i).destination).find("ffff:c000:0209") !=
              std::string::npos);
        CHECK(read->at(i).sides[0].packets == mixed.sides[0].packets);
      }
      CHECK(read->at(each).source == plain.source);
      CHECK(read->at(each).destination == plain.destination);
    }
  ExportBench version5(ExportFormat::netflow5);
  flow::Record mixed = tcp_record();
  mixed.destination = an_ipv6(2);
  version5.add(mixed);
  version5.flush();
  CHECK(version5.kept.all.empty());
  CHECK(version5.encoder->counters().left_out_v6 == 2);
}

TEST_CASE("flow export: a record without packets, as events of firewalls are, is sent once") {
  for (const ExportFormat format : kWithTemplates) {
    ExportBench bench(format);
    flow::Detail d;
    d.nat_event = 4;
    d.nat_source = IpAddress::v4(0xcb007101);
    flow::Record r = tcp_record();
    r.sides = {};
    r.sides[0].first = r.sides[0].last = kFlowBegin;
    r.detail = &d;
    bench.add(r);
    bench.flush();
    const auto read = bench.read();
    REQUIRE(read->size() == 1);
    CHECK(read->at(0).source == r.source);
    CHECK(read->detail(0).nat_event == 4);
    CHECK(read->at(0).sides[0].first == whole_ms(kFlowBegin));
  }
}
