#include "output/packet_log.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>

#include "decoders/text.h"
#include "output/packet_chooser.h"
#include "output/packet_names.h"
#include "output/packet_queue.h"
#include "output/pcap_format.h"
#include "tests/output/fake_settings.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::output;
using weir::output_test::LogFolder;

namespace {

constexpr TimeUs kNoon = 1'760'000'000'000'000;

PacketLogSettings packet_settings_of(const LogFolder& folder, const FakeSettings& output = FakeSettings{},
                                     const FakeSettings& own = FakeSettings{}) {
  const auto settings = PacketLogSettings::from(output, own, folder.path);
  REQUIRE_MESSAGE(settings.has_value(), settings.error());
  return *settings;
}

std::string packet_error(const FakeSettings& output) {
  const auto settings = PacketLogSettings::from(output, FakeSettings{}, ".");
  return settings ? "" : settings.error();
}

RawPacket a_frame(std::string_view bytes, TimeUs time = kNoon, int link_type = 1) {
  return {.bytes = as_bytes(bytes),
          .wire_length = static_cast<std::uint32_t>(bytes.size()),
          .time = time,
          .link_type = link_type};
}

// What the records of an uncompressed file hold, with a space between.
std::string records_of(const std::string& file) {
  std::string out;
  for (std::size_t at = kPcapFileHeaderBytes; at + kPcapRecordHeaderBytes <= file.size();) {
    const auto length =
        static_cast<std::uint8_t>(file[at + 8]) + 256U * static_cast<std::uint8_t>(file[at + 9]);
    out += (out.empty() ? "" : " ") + file.substr(at + kPcapRecordHeaderBytes, length);
    at += kPcapRecordHeaderBytes + length;
  }
  return out;
}

// Takes frames as text.
struct TextOut final : PacketOut {
  std::string text;
  void write(const RawPacket& raw) override {
    text += (text.empty() ? "" : " ") + std::string(as_text(raw.bytes));
  }
  std::string_view file() override { return text.empty() ? "" : "file"; }
};

struct Choice {
  LogFolder folder;
  PacketLog log;
  TextOut out;
  PacketChooser chooser;
  std::uint64_t frames = 0;
  explicit Choice(const std::string& which, std::size_t ring = 1 << 20)
      : log(packet_settings_of(folder, {{"conditional", which}})), chooser(log, out, ring) {}
  std::uint64_t frame(std::uint64_t flow, std::string_view bytes) {
    chooser.frame(a_frame(bytes), ++frames, flow);
    return frames;
  }
  void alert(std::uint64_t flow) { chooser.wanted(frames, flow, nullptr); }
};

struct Decided final : LineCondition {
  bool value;
  explicit Decided(bool v) : value(v) {}
  bool holds() override { return value; }
};

}  // namespace

TEST_CASE("pcap-log: settings are read, and what cannot be done is refused with the key") {
  const LogFolder folder;
  const PacketLogSettings s = packet_settings_of(folder,
                                                 {{"filename", "a-%n-%t.pcap"},
                                                  {"limit", "10mb"},
                                                  {"max-files", "7"},
                                                  {"compression", "lz4"},
                                                  {"lz4-level", "9"},
                                                  {"lz4-checksum", "yes"},
                                                  {"mode", "multi"},
                                                  {"dir", "d"},
                                                  {"ts-format", "usec"},
                                                  {"use-stream-depth", "yes"},
                                                  {"honor-pass-rules", "yes"},
                                                  {"conditional", "alerts"}},
                                                 {{"before-alert", "1mb"}, {"queue-size", "2mb"}});
  CHECK(s.folder == folder.file("d"));
  CHECK(s.limit_bytes == 10U << 20U);
  CHECK(s.max_files == 7);
  CHECK((s.lz4 && s.lz4_checksum && s.lz4_level == 9 && s.microseconds && s.use_stream_depth &&
         s.honor_pass_rules));
  CHECK(s.which == PacketLogSettings::Which::alerts);
  CHECK(s.before_alert_bytes == 1U << 20U);
  CHECK(s.queue_bytes == 2U << 20U);
  const std::vector<std::pair<FakeSettings, std::string>> wrong{
      {{{"mode", "sguil"}}, "mode: 'sguil': Suricata 8 has given it up"},
      {{{"mode", "x"}}, "mode: 'x': expected normal or multi"},
      {{{"compression", "gzip"}}, "compression: 'gzip': expected none or lz4"},
      {{{"lz4-level", "17"}}, "lz4-level: '17': expected 0 to 16"},
      {{{"conditional", "some"}}, "conditional: 'some': expected all, alerts or tag"},
      {{{"filename", "a-%Y.pcap"}}, "filename: 'a-%Y.pcap': expected %n, %i or %t behind a %"},
      {{{"filename", "a%"}}, "filename: 'a%': expected %n"},
      {{{"filename", "a/"}}, "names no file"},
      {{{"limit", "1kb"}}, "limit: '1kb': expected 4096 bytes or more"},
      {{{"max-files", "2000000"}}, "max-files: '2000000'"},
      {{{"ts-format", "ms"}}, "ts-format: 'ms': expected sec or usec"}};
  for (const auto& row : wrong)
    CHECK_MESSAGE(packet_error(row.first).find(row.second) != std::string::npos, row.second);
  CHECK(packet_log_remarks(FakeSettings{{"mode", "multi"}}).size() == 1);
  CHECK(packet_log_remarks(FakeSettings{{"mode", "normal"}}).empty());
}

TEST_CASE("pcap-log: names hold the time of the first frame, and no file that is there is written to") {
  const LogFolder folder;
  const auto name = [&](const FakeSettings& s, std::string_view before = {}) {
    return packet_file_name(packet_settings_of(folder, s), kNoon + 42, before).substr(folder.path.size() + 1);
  };
  CHECK(name({}) == "log.pcap.1760000000");
  CHECK(name({{"ts-format", "usec"}}) == "log.pcap.1760000000.000042");
  CHECK(name({{"filename", "%t-%n.cap"}}) == "1760000000-1.cap");
  CHECK(name({{"filename", "%i"}}) == std::to_string(::getpid()) + ".1760000000");
  CHECK(name({{"compression", "lz4"}}) == "log.pcap.1760000000.lz4");
  CHECK(name({}, folder.file("log.pcap.1760000000")) == "log.pcap.1760000000.1");
  folder.write("log.pcap.1760000000", "somebody's");
  folder.write("log.pcap.1760000000.1", "likewise");
  CHECK(name({}) == "log.pcap.1760000000.2");
}

TEST_CASE("pcap-log: a file ends at its limit and with its link type") {
  const LogFolder folder;
  PacketLog log(packet_settings_of(folder, {{"limit", "4096"}}));
  CHECK(log.file().empty());
  const std::string big(3000, 'x');
  log.write(a_frame("one"));
  log.write(a_frame(big));
  CHECK(log.file() == folder.file("log.pcap.1760000000"));
  log.write(a_frame(big, kNoon + 1'000'000));
  CHECK(log.file() == folder.file("log.pcap.1760000001"));
  log.write(a_frame("ip", kNoon + 1'000'000, 101));
  std::vector<std::string> errors;
  log.close(errors);
  CHECK(errors.empty());
  CHECK(folder.names() == "log.pcap.1760000000 log.pcap.1760000001 log.pcap.1760000001.1");
  const std::string first = folder.read("log.pcap.1760000000");
  CHECK(records_of(first) == "one " + big);
  CHECK(first.substr(0, 8) == std::string("\xd4\xc3\xb2\xa1\x02\x00\x04\x00", 8));
  CHECK(folder.read("log.pcap.1760000001.1")[20] == 101);
  CHECK(log.files().counters().packets == 4);
  CHECK(log.files().counters().files == 3);
}

TEST_CASE("pcap-log: no more files than asked for stay, those of earlier runs are the oldest") {
  const LogFolder folder;
  for (const char* name : {"log.pcap.1000000000", "other.pcap.1000000000", "log.pcap.x", "log.pcap"})
    folder.write(name, "");
  PacketLog log(packet_settings_of(folder, {{"limit", "4096"}, {"max-files", "2"}}));
  const std::string big(4000, 'x');
  for (int i = 1; i <= 3; ++i) log.write(a_frame(big, kNoon + i * 1'000'000));
  CHECK(folder.names() ==
        "log.pcap log.pcap.1760000002 log.pcap.1760000003 log.pcap.x other.pcap.1000000000");
  CHECK(log.files().counters().removed == 2);
}

TEST_CASE("pcap-log: a disk that is full costs whole records, which are counted") {
  const LogFolder folder;
  PacketLog log(packet_settings_of(folder));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = kPcapFileHeaderBytes + kPcapRecordHeaderBytes + 3 + 10,
                     .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  log.write(a_frame("one"));
  log.write(a_frame("two"));
  log.files().flush();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  (void)std::signal(SIGXFSZ, old);
  log.write(a_frame("three"));  // there is room again
  std::vector<std::string> errors;
  log.close(errors);
  CHECK(records_of(folder.read("log.pcap.1760000000")) == "one three");
  CHECK(log.files().counters().write_errors == 1);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].starts_with("pcap-log: 1 packet not written: " + folder.path));
}

TEST_CASE("pcap-log: all frames are kept at once") {
  Choice run("all");
  run.frame(1, "a");
  run.frame(0, "b");
  CHECK(run.out.text == "a b");
}

TEST_CASE("pcap-log: of alerted flows those frames are kept, too, that came before, each once") {
  Choice run("alerts");
  run.frame(1, "a1");
  run.frame(2, "b1");
  run.frame(1, "a2");
  run.alert(1);
  CHECK(run.out.text == "a1 a2");
  run.alert(1);
  run.frame(2, "b2");
  run.frame(1, "a3");
  CHECK(run.out.text == "a1 a2 a3");
  CHECK(run.log.before_alert == 1);
  run.chooser.flow_over(1);
  run.frame(1, "another flow");
  CHECK(run.out.text == "a1 a2 a3");
  run.chooser.wanted(0, 2, nullptr);  // when it ends
  CHECK(run.out.text == "a1 a2 a3 b1 b2");
}

TEST_CASE("pcap-log: an alert that is suppressed keeps nothing, one without a flow its frame") {
  Choice run("alerts");
  run.frame(1, "a1");
  run.chooser.wanted(run.frames, 1, std::make_shared<Decided>(false));
  CHECK(run.out.text.empty());
  run.frame(0, "b");
  run.chooser.wanted(run.frames, 0, std::make_shared<Decided>(true));
  CHECK(run.out.text == "b");
}

TEST_CASE("pcap-log: the frame around an alerted packet is kept, whatever comes first") {
  Choice run("alerts");
  run.chooser.inner_flow(1, 7);
  run.frame(9, "outer 1");
  run.chooser.inner_flow(2, 7);
  run.chooser.wanted(2, 7, nullptr);
  run.frame(9, "outer 2");
  run.frame(9, "of the tunnel alone");
  run.chooser.inner_flow(4, 0);
  run.chooser.wanted(4, 0, nullptr);
  run.frame(9, "outer 4");
  CHECK(run.out.text == "outer 1 outer 2 outer 4");
}

TEST_CASE("pcap-log: without room for frames before an alert those from it on are kept") {
  Choice run("alerts", 0);
  run.frame(1, "a1");
  run.frame(1, "a2");
  run.alert(1);
  run.frame(1, "a3");
  CHECK(run.out.text == "a2 a3");
}

TEST_CASE("pcap-log: what a tag asks for is kept, and nothing else") {
  Choice run("tag");
  run.frame(1, "a1");
  run.frame(1, "a2");
  run.chooser.wanted(run.frames, 0, nullptr);
  run.frame(1, "a3");
  CHECK(run.out.text == "a2");
}

TEST_CASE("pcap-log: the ring keeps the newest frames of a flow, however often it went round") {
  PacketRing ring(0);
  const std::string big(1000, 'x');
  const std::uint64_t flows[] = {1, 2};
  std::uint64_t n = 0;
  for (; n < 5000; ++n) ring.add(a_frame(big), n, {&flows[n % 2], 1});
  std::vector<std::uint64_t> got;
  ring.take_flow(2, [&](const RawPacket& raw) {
    CHECK(as_text(raw.bytes) == big);
    got.push_back(raw.number);
  });
  REQUIRE(got.size() > 200);
  CHECK(got.size() < ring.capacity() / big.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == n - 1 - 2 * (got.size() - 1 - i));
  ring.take_flow(2, [](const RawPacket&) { CHECK(false); });
}

TEST_CASE(
    "pcap-log: frames of several threads go through the queue, and those that find no room are counted") {
  const LogFolder folder;
  PacketLog log(packet_settings_of(folder, {}, {{"queue-size", "1kb"}}));
  {
    PacketQueue queue(log);
    const auto one = queue.add_end();
    const auto two = queue.add_end();
    one->write(a_frame("one"));
    CHECK(one->file() == folder.file("log.pcap.1760000000"));
    two->write(a_frame(std::string(2000, 'x')));
    two->hand_over();
    one->write(a_frame("last"));
  }
  std::vector<std::string> errors;
  log.close(errors);
  CHECK(records_of(folder.read("log.pcap.1760000000")) == "one last");
  CHECK(log.queue_full == 1);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("1 packet not written: the disk is too slow") != std::string::npos);
}

TEST_CASE("pcap-log: link types that take turns do not make a file of every frame") {
  const LogFolder folder;
  PacketLog log(packet_settings_of(folder, {}));
  constexpr unsigned kTurns = PacketLog::kMaxTypeChanges + 100;
  for (unsigned i = 0; i < kTurns; ++i)
    (void)log.place(a_frame("x", kNoon + i * 1'000'000LL, i % 2 == 0 ? 1 : 101));
  CHECK(log.place(a_frame("x", kNoon, 7)) == PacketLog::Place::nowhere);
  std::vector<std::string> errors;
  log.close(errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("packets are in no file") != std::string::npos);
}
