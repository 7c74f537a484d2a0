// The heap is not touched by packets of flows that are there: a program of its own, as it replaces operator new.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoders/slab.h"
#include "engine/capture/pcap_writer.h"
#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"
#include "output/eve_log.h"
#include "output/flow/export/flow_export.h"
#include "rules/load/rule_loader.h"
#include "rules/state/shared_state.h"
#include "tests/engine/frame_builder.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* const at = std::malloc(bytes == 0 ? 1 : bytes)) return at;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* at) noexcept {
  std::free(at);
}
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}

using namespace weir;
using namespace weir::engine;
using weir::test::FrameAddress;
using weir::test::tcp_frame;
using weir::test::udp_frame;

namespace {

constexpr TimeUs kStart = 1'700'000'000'000'000, kSecond = 1'000'000;
constexpr FrameAddress kClient{0x0a000001, 40000}, kOther{0x0a000002, 4000}, kDns{0x0a000002, 53},
    kWeb{0x0a000003, 80};
constexpr std::uint8_t kSyn = 2, kAck = 16, kPush = 24, kFin = 17;

// Rules of each kind, so that all of detection runs.
constexpr std::string_view kRules =
    "alert ip 10.9.9.9 any -> any any (msg:\"a\"; sid:1;)\n"
    "alert tcp any any -> any any (msg:\"b\"; content:\"never there\"; sid:2;)\n"
    "alert udp any any -> any any (msg:\"c\"; content:\"never there\"; sid:3;)\n"
    "alert http any any -> any any (msg:\"d\"; http.uri; content:\"/never\"; http.header; content:\"x\"; sid:4;)\n"
    "alert http any any -> any any (msg:\"e\"; file.data; content:\"never\"; sid:5;)\n"
    "alert http any any -> any any (msg:\"f\"; http.uri; content:\"/page\"; sid:6;)\n"
    "alert dns any any -> any any (msg:\"g\"; dns.query; content:\"never\"; sid:7;)\n";

class CountingSink final : public output::Sink {
 public:
  void write_line(std::string_view, const std::shared_ptr<output::LineCondition>&) override { ++lines; }
  void flush() override {}
  std::size_t lines = 0;
};

// Takes records, and does nothing with them.
class RecordCounter final : public output::RecordOutput {
 public:
  explicit RecordCounter(std::size_t& records) : records_(records) {}
  void take(std::span<const flow::Record> records) override { records_ += records.size(); }
  void tick(TimeUs /*now*/) override {}
  void close(std::vector<std::string>& /*errors*/) override {}

 private:
  std::size_t& records_;
};

// A worker with rules, records of flows and all the logs that these packets are written to.
class Worker {
 public:
  Worker() {
    const auto config = Config::parse(
        "outputs: [{eve-log: {enabled: yes, types: [alert: , flow: , dns: , http: {extended: yes}, files: ]}}]",
        "test.yaml", "");
    auto made = PipelineSetup::make(*config, false);
    REQUIRE(made.has_value());
    setup_ = std::move(*made);
    REQUIRE(setup_.want_records(true).empty());
    record_outputs_.push_back(std::make_shared<RecordCounter>(records));
    fan_.emplace(record_outputs_);
    for (const auto& item : config->items("outputs.0.eve-log.types")) types_.push_back({item.name, item.settings});
    log_ = std::make_unique<output::EveLog>(config->sub("outputs.0.eve-log"), types_);
    rules::RuleEnvironment environment;
    rules::LoadedRules loaded;
    rules::load_rule_text(kRules, "test.rules", environment, loaded);
    REQUIRE(loaded.diagnostics.empty());
    auto rules = rules::RuleSet::build(std::move(loaded.signatures), environment, {});
    pipeline_.emplace(setup_, std::move(rules), shared_, std::vector<EventLog::Output>{{log_.get(), &sink}},
                      position_, PoolLinks{.records = &*fan_});
    pipeline_->verify_checksums(false);
  }

  void send(const std::string& frame, TimeUs time) {
    const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
    pipeline_->inspect({bytes, static_cast<std::uint32_t>(bytes.size()), time, ++number_, 1});
  }

  CountingSink sink;
  std::size_t records = 0;

 private:
  PipelineSetup setup_;
  std::vector<output::EveLog::TypeEntry> types_;
  std::unique_ptr<output::EveLog> log_;
  rules::SharedState shared_;
  RunPosition position_;
  output::RecordOutputs record_outputs_;
  std::optional<RecordFan> fan_;
  std::optional<Pipeline> pipeline_;
  std::uint64_t number_ = 0;
};

struct Frame {
  std::string bytes;
  TimeUs time;
};

// Sends the frames; how often the heap was asked meanwhile.
std::size_t allocations_of(Worker& worker, const std::vector<Frame>& frames) {
  const std::size_t before = allocations;
  for (const Frame& frame : frames) worker.send(frame.bytes, frame.time);
  return allocations - before;
}

std::string dns_message(bool answer) {
  std::string m("\x12\x34", 2);
  m += answer ? std::string("\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 10)
              : std::string("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
  m += std::string("\x07" "example\x03" "com\x00\x00\x01\x00\x01", 17);
  if (answer) m += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x00\x00\x04\x01\x02\x03\x04", 16);
  return m;
}

// One connection; each exchange is a request, its answer and the acknowledgement of that.
class Connection {
 public:
  Connection(std::uint16_t port, TimeUs time) : client_{kClient.ip, port}, time_(time) {
    add(tcp_frame(client_, kWeb, kSyn, 100, 0));
    add(tcp_frame(kWeb, client_, kSyn | kAck, 500, 101));
    add(tcp_frame(client_, kWeb, kAck, 101, 501));
  }
  void exchange(std::string_view request, std::string_view answer) {
    add(tcp_frame(client_, kWeb, kPush, sent_, received_, request));
    sent_ += static_cast<std::uint32_t>(request.size());
    add(tcp_frame(kWeb, client_, kPush, received_, sent_, answer));
    received_ += static_cast<std::uint32_t>(answer.size());
    add(tcp_frame(client_, kWeb, kAck, sent_, received_));
  }
  void close() {
    add(tcp_frame(client_, kWeb, kFin, sent_, received_));
    add(tcp_frame(kWeb, client_, kFin, received_, sent_ + 1));
    add(tcp_frame(client_, kWeb, kAck, sent_ + 1, received_ + 1));
  }
  std::vector<Frame> take() { return std::exchange(frames_, {}); }

 private:
  void add(std::string bytes) { frames_.push_back({std::move(bytes), time_ += 1000}); }

  FrameAddress client_;
  TimeUs time_;
  std::uint32_t sent_ = 101, received_ = 501;
  std::vector<Frame> frames_;
};

const std::string kRequest =
    "GET /page?n=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: a test\r\nAccept: */*\r\n"
    "Accept-Language: en\r\nConnection: keep-alive\r\n\r\n";
const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nServer: a test\r\nContent-Type: text/html\r\nContent-Length: 2000\r\n\r\n" +
    std::string(2000, 'x');

}  // namespace


TEST_CASE("allocations: datagrams of a flow that is there cause none") {
  Worker worker;
  std::vector<Frame> frames;
  for (int i = 0; i < 400; ++i)
    frames.push_back({udp_frame(kClient, kOther, "some bytes"), kStart + i * 1000});
  allocations_of(worker, frames);
  CHECK(allocations_of(worker, frames) == 0);
}

TEST_CASE("allocations: segments of a connection that is there cause none") {
  Worker worker;
  Connection c(40001, kStart);
  for (int i = 0; i < 200; ++i) c.exchange("\x01 some bytes", std::string(1200, '\x02'));
  allocations_of(worker, c.take());
  for (int i = 0; i < 200; ++i) c.exchange("\x01 some bytes", std::string(1200, '\x02'));
  CHECK(allocations_of(worker, c.take()) == 0);
}

TEST_CASE("allocations: DNS messages, each a transaction and an event, cause none") {
  Worker worker;
  std::vector<Frame> frames;
  for (int i = 0; i < 200; ++i) {
    frames.push_back({udp_frame(kClient, kDns, dns_message(false)), kStart + i * 1000});
    frames.push_back({udp_frame(kDns, kClient, dns_message(true)), kStart + i * 1000});
  }
  allocations_of(worker, frames);
  const std::size_t lines = worker.sink.lines;
  CHECK(allocations_of(worker, frames) == 0);
  CHECK(worker.sink.lines == lines + 400);
}

TEST_CASE("allocations: packets that are written to a capture cause none") {
  PcapWriter out("/dev/null");
  REQUIRE(out.open());
  const std::vector<std::uint8_t> bytes(1500, 'x');
  const std::size_t before = allocations;
  for (std::size_t i = 0; i < 100'000; ++i) {
    const Bytes frame = Bytes{bytes}.first(i % 3 == 0 ? bytes.size() : i % 20);
    const RawPacket raw{.bytes = frame, .wire_length = 1500, .time = kStart};
    out.show(raw, {});
    out.write(raw, {}, frame);
  }
  CHECK(allocations == before);
  CHECK(out.frames_written() > 0);
}

TEST_CASE("allocations: further HTTP transactions, with their alerts and events, cause none") {
  Worker worker;
  Connection c(40002, kStart);
  for (int i = 0; i < 100; ++i) c.exchange(kRequest, kAnswer);
  allocations_of(worker, c.take());
  for (int i = 0; i < 100; ++i) c.exchange(kRequest, kAnswer);
  const std::size_t lines = worker.sink.lines;
  CHECK(allocations_of(worker, c.take()) == 0);
  CHECK(worker.sink.lines == lines + 300);  // an alert, the transaction, its file
}

TEST_CASE("allocations: new flows cause none once as many were open before") {
  Worker worker;
  const auto round = [](TimeUs start) {
    std::vector<Frame> frames;
    for (std::uint16_t port = 10000; port < 10100; ++port) {
      Connection c(port, start);
      c.exchange(kRequest, kAnswer);
      c.close();
      for (Frame& frame : c.take()) frames.push_back(std::move(frame));
      frames.push_back({udp_frame({kClient.ip, port}, kDns, dns_message(false)), start});
      frames.push_back({udp_frame(kDns, {kClient.ip, port}, dns_message(true)), start + 10});
    }
    return frames;
  };
  for (int i = 0; i < 3; ++i) allocations_of(worker, round(kStart + i * 1000 * kSecond));
  CHECK(allocations_of(worker, round(kStart + 4000 * kSecond)) == 0);
  CHECK(worker.records >= 400);  // of the rounds before the last
}

TEST_CASE("allocations: flow records that are sent cause none") {
  const int port = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(::bind(port, reinterpret_cast<const sockaddr*>(&name), size) == 0);
  REQUIRE(::getsockname(port, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  const std::string to = "udp://127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  flow::Detail detail;
  detail.application = "tls";
  detail.host = "example.org";
  flow::Record record{.source = IpAddress::v4(1), .destination = IpAddress::v4(2), .protocol = 6};
  record.sides[0].packets = record.sides[1].packets = 1;
  record.detail = &detail;
  for (const auto format : {output::ExportFormat::netflow5, output::ExportFormat::netflow9,
                            output::ExportFormat::ipfix, output::ExportFormat::ipfix_biflow}) {
    output::FlowExportSettings settings;
    settings.collectors.push_back({.target = *output::ExportTarget::parse(to), .format = format, .rate = 0});
    auto sender = output::FlowExport::open(settings, output::FlowExport::Time::packets);
    REQUIRE(sender.has_value());
    const auto send = [&](int count) {
      for (int i = 0; i < count; ++i) (*sender)->take({&record, 1});
    };
    send(100);
    const std::size_t before = allocations;
    send(10'000);
    CHECK(allocations == before);
  }
  ::close(port);
}

TEST_CASE("allocations: a block comes back for the next of its size") {
  for (const std::size_t bytes : {1U, 16U, 17U, 256U, 257U, 2048U, 2049U, 65536U, 70000U}) {
    CAPTURE(bytes);
    void* const first = Slab::take(bytes);
    REQUIRE(first != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(first) % 16 == 0);
    if (bytes <= Slab::kLargest) {
      CHECK(Slab::block_size(bytes) >= bytes);
      CHECK(Slab::block_size(bytes) <= bytes + bytes / 4 + 16);
    }
    Slab::give(first, bytes);
    if (bytes <= Slab::kLargest) {
      void* const second = Slab::take(bytes);
      CHECK(second == first);
      Slab::give(second, bytes);
    }
  }
}
