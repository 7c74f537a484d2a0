// One event as a line of JSON, without the file that it goes to.
#include <benchmark/benchmark.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_log.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

class CountingSink final : public Sink {
 public:
  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override { bytes += line.size(); }
  void flush() override {}
  std::uint64_t bytes = 0;
};

EventHead head() {
  EventHead out;
  out.time = 1'468'449'727'199'672;
  out.flow_id = 1'234'567'890'123;
  out.pcap_cnt = 7;
  out.source = IpAddress::v4(0x0a000001);
  out.destination = IpAddress::v4(0xc0a80102);
  out.has_ports = true;
  out.source_port = 49152;
  out.destination_port = 80;
  out.ip_protocol = 6;
  out.ip_version = 4;
  return out;
}

FlowRecord flow_record() {
  FlowRecord out;
  out.head = head();
  out.app_proto = AppProto::http;
  out.packets = {12, 10};
  out.bytes = {1800, 14'200};
  out.start = out.head.time - 2'000'000;
  out.end = out.head.time;
  out.state = "closed";
  out.reason = "timeout";
  out.is_tcp = out.has_tcp_session = true;
  out.tcp_flags = out.tcp_flags_ts = out.tcp_flags_tc = 0x1b;
  out.tcp_state = "closed";
  return out;
}

rules::SignatureMeta meta() {
  rules::SignatureMeta out;
  out.sid = 2'000'001;
  out.rev = 3;
  out.msg = "EXAMPLE suspicious loader user agent";
  out.category = "A Network Trojan was detected";
  out.priority = 1;
  out.metadata = {{"affected_product", "Any"}, {"created_at", "2020_01_02"}, {"updated_at", "2021_02_03"}};
  return out;
}

template <class Write>
void event(benchmark::State& state, const std::string& type, Write&& write) {
  const FakeSettings log_settings, type_settings;
  CountingSink sink;
  const EveLog log(log_settings, {{type, &type_settings}});
  EveSession session(log, sink);
  for (auto _ : state) write(session);
  if (sink.bytes == 0) state.SkipWithError("nothing written");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(sink.bytes));
}

void json_flow(benchmark::State& state) {
  const FlowRecord record = flow_record();
  event(state, "flow", [&](EveSession& session) { session.flow(record); });
}

void json_alert(benchmark::State& state) {
  const rules::SignatureMeta signature = meta();
  const FlowRecord flow = flow_record();
  AlertRecord record;
  record.head = head();
  record.signature = &signature;
  record.has_direction = true;
  record.flow = &flow;
  event(state, "alert", [&](EveSession& session) { session.alert(record); });
}

}  // namespace

BENCHMARK(json_flow);
BENCHMARK(json_alert);
