#include "engine/pipeline/pipeline.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/offline/worker_pool.h"
#include "output/eve_log.h"
#include "rules/state/shared_state.h"
#include "tests/engine/frame_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::FrameAddress;
using weir::test::tcp_frame;
using weir::test::udp_frame;

namespace {

constexpr TimeUs kStart = 1'700'000'000'000'000, kSecond = 1'000'000;
constexpr FrameAddress kClient{0x0a000001, 40000}, kDns{0x0a000002, 53}, kWeb{0x0a000003, 80};

class MemorySink final : public output::Sink {
 public:
  explicit MemorySink(std::vector<std::string>& lines) : lines_(lines) {}
  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) override { lines_.emplace_back(line); }
  void flush() override {}

 private:
  std::vector<std::string>& lines_;
};

struct Frame {
  std::string bytes;
  TimeUs time;
};

std::string dns_query(char id) {
  std::string m{'\0', id};
  m += std::string("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
  return m + std::string(
                 "\x07"
                 "example\x03"
                 "com\x00\x00\x01\x00\x01",
                 17);
}

// One run over hand-made frames, written as `types` say: `workers` 0 is a pipeline without a pool.
std::vector<std::string> run(const std::vector<Frame>& frames, unsigned workers = 0,
                             const std::string& logged = "flow: , dns: , anomaly: , http: ") {
  const auto config = Config::parse("outputs: [{eve-log: {enabled: yes, types: [" + logged + "]}}]", "test.yaml", "");
  REQUIRE(config.has_value());
  auto setup = PipelineSetup::make(*config, false);
  REQUIRE(setup.has_value());
  setup->decoding.verify_checksums = false;
  std::vector<std::string> lines;
  std::vector<output::EveLog::TypeEntry> types;
  for (const auto& item : config->items("outputs.0.eve-log.types"))
    types.push_back({item.name, item.settings});
  LogOutputs outputs;
  outputs.logs.push_back({std::make_unique<output::EveLog>(config->sub("outputs.0.eve-log"), types),
                         std::make_unique<MemorySink>(lines), "memory"});
  rules::SharedState shared;
  RunPosition position;
  const auto each = [&](auto&& f) {
    std::uint64_t number = 0;
    for (const Frame& frame : frames) {
      const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.bytes.data()), frame.bytes.size()};
      f(RawPacket{bytes, static_cast<std::uint32_t>(bytes.size()), frame.time, ++number, 1});
    }
  };
  if (workers == 0) {
    Pipeline pipeline(*setup, nullptr, shared, {{outputs.logs[0].log.get(), outputs.logs[0].sink.get()}},
                      position);
    pipeline.verify_checksums(false);
    each([&](const RawPacket& raw) { pipeline.inspect(raw); });
    pipeline.finish();
  } else {
    WorkerPool pool(workers, *setup, nullptr, shared, outputs, {});
    pool.run([&](FrameBlock& block) {
      each([&block](const RawPacket& raw) { block.add(raw, false, nullptr); });
      return false;
    });
  }
  return lines;
}

std::size_t count(const std::vector<std::string>& lines, std::string_view text) {
  std::size_t n = 0;
  for (const std::string& line : lines) n += line.find(text) != std::string::npos;
  return n;
}

std::vector<Frame> connection(const std::string& request, bool acknowledged) {
  std::vector<std::string> frames{
      tcp_frame(kClient, kWeb, tcp_flag::syn, 100, 0),
      tcp_frame(kWeb, kClient, tcp_flag::syn | tcp_flag::ack, 500, 101),
      tcp_frame(kClient, kWeb, tcp_flag::ack, 101, 501),
      tcp_frame(kClient, kWeb, tcp_flag::ack | tcp_flag::psh, 101, 501, request),
  };
  if (acknowledged)
    frames.push_back(
        tcp_frame(kWeb, kClient, tcp_flag::ack, 501, 101 + static_cast<std::uint32_t>(request.size())));
  std::vector<Frame> out;
  for (std::size_t i = 0; i < frames.size(); ++i) out.push_back({frames[i], kStart + static_cast<TimeUs>(i)});
  return out;
}

}  // namespace

TEST_CASE("pipeline: a datagram becomes a transaction, its event and the flow's") {
  const auto lines = run({{udp_frame(kClient, kDns, dns_query(1)), kStart}});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("\"event_type\":\"dns\"") != std::string::npos);
  CHECK(lines[0].find("\"pcap_cnt\":1,") != std::string::npos);
  CHECK(lines[1].find("\"event_type\":\"flow\"") != std::string::npos);
  CHECK(lines[1].find("\"app_proto\":\"dns\"") != std::string::npos);
  CHECK(lines[1].find("\"reason\":\"shutdown\"") != std::string::npos);
}

TEST_CASE("pipeline: a flow whose time is over ends before the packet that shows it") {
  const auto lines = run({{udp_frame(kClient, {0x0a000009, 9}, "x"), kStart},
                          {udp_frame(kClient, kDns, dns_query(1)), kStart + 100 * kSecond}});
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("\"dest_port\":9,") != std::string::npos);
  CHECK(lines[0].find("\"reason\":\"timeout\"") != std::string::npos);
  CHECK(lines[1].find("\"event_type\":\"dns\"") != std::string::npos);
}

TEST_CASE("pipeline: what a connection still holds is parsed and written when it ends") {
  const std::string request = "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";
  for (const bool acknowledged : {true, false}) {
    CAPTURE(acknowledged);
    const auto lines = run(connection(request, acknowledged));
    REQUIRE(count(lines, "\"event_type\":\"http\"") == 1);
    CHECK(lines[0].find("\"url\":\"/a\"") != std::string::npos);
    CHECK(lines[0].find("pcap_cnt") == std::string::npos);  // no packet of the capture caused it
    CHECK(count(lines, "\"event_type\":\"flow\"") == 1);
    CHECK(count(lines, "\"app_proto\":\"http\"") == 1);
  }
}

TEST_CASE("pipeline: files are hashed when a log asks for it") {
  const auto frames = connection("POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nabc", true);
  // MD5 of "abc": RFC 1321 A.5.
  const std::string_view md5 = R"("md5":"900150983cd24fb0d6963f7d28e17f72")";
  CHECK(count(run(frames, 0, "files: {force-hash: [md5]}"), md5) == 1);
  const auto plain = run(frames, 0, "files: ");
  CHECK(count(plain, R"("event_type":"fileinfo")") == 1);
  CHECK(count(plain, "md5") == 0);
}

TEST_CASE("pipeline: a server that speaks before its HTTP client is told of") {
  const std::string hello = "hello\r\n", request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::uint32_t after_hello = 501 + 7, after_request = 101 + 27;
  for (const bool server_first : {true, false}) {
    CAPTURE(server_first);
    auto frames = connection(server_first ? "" : request, true);
    const auto add = [&](const std::string& frame) { frames.push_back({frame, frames.back().time + 1}); };
    if (server_first) {
      add(tcp_frame(kWeb, kClient, tcp_flag::ack, 501, 101, hello));
      add(tcp_frame(kClient, kWeb, tcp_flag::ack, 101, after_hello));
      add(tcp_frame(kClient, kWeb, tcp_flag::ack, 101, after_hello, request));
      add(tcp_frame(kWeb, kClient, tcp_flag::ack, after_hello, after_request));
    }
    const auto lines = run(frames);
    CHECK(count(lines, "\"event_type\":\"http\"") == 1);
    CHECK(count(lines, "APPLAYER_WRONG_DIRECTION_FIRST_DATA") == (server_first ? 1 : 0));
  }
}

TEST_CASE("pipeline: a frame cut anywhere is survived and counted") {
  const std::string whole = udp_frame(kClient, kDns, dns_query(1));
  std::vector<Frame> frames;
  for (std::size_t n = 0; n <= whole.size(); ++n) frames.push_back({whole.substr(0, n), kStart});
  CHECK(count(run(frames), "\"event_type\":\"dns\"") >= 1);
}

TEST_CASE("worker pool: the log is the same for every number of workers") {
  std::vector<Frame> frames;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const FrameAddress client{0x0a010000 + i % 17, static_cast<std::uint16_t>(30000 + i % 5)};
    frames.push_back({udp_frame(client, kDns, dns_query(static_cast<char>(i))), kStart + i * kSecond / 2});
    if (i % 7 == 0)
      for (const Frame& f : connection("GET / HTTP/1.0\r\n\r\n", i % 2 == 0))
        frames.push_back({f.bytes, kStart + i * kSecond / 2});
  }
  const auto one = run(frames);
  CHECK(one.size() > 300);
  for (const unsigned workers : {1U, 2U, 5U}) {
    CAPTURE(workers);
    CHECK(run(frames, workers) == one);
  }
}
