#include "engine/offline/checksum_gate.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace weir::engine {
namespace {

// Gives nothing but where frames come from.
class NoCapture final : public CaptureSource {
 public:
  Next next(RawPacket&) override { return Next::end; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::vector<std::string>& errors() const override { return errors_; }
  [[nodiscard]] const std::map<std::string, std::size_t>& error_reasons() const override { return reasons_; }
  [[nodiscard]] std::uint64_t bytes_done() const override { return 0; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return 0; }

 private:
  std::string name_;
  std::vector<std::string> errors_;
  std::map<std::string, std::size_t> reasons_;
};

// An IPv4 header and nothing behind it, from 10.0.0.`sender`.
std::vector<std::uint8_t> header(std::uint8_t sender, bool good) {
  // Version and length, total length 20, identification, no fragment, TTL 64, protocol 253, checksum, source, destination.
  std::vector<std::uint8_t> out{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 10, 0, 0, sender, 10, 0, 0, 9};
  const unsigned sum = 0x4500U + 20 + (64U << 8U | 253) + 0x0a00U + sender + 0x0a00U + 9;
  const unsigned check = ~(sum + (sum >> 16U)) & 0xffffU;
  out[10] = static_cast<std::uint8_t>(check >> 8U);
  out[11] = static_cast<std::uint8_t>(check ^ (good ? 0U : 1U));
  return out;
}

// What a gate passes of packets: "1 " for number 1 whose checksum counts, "1- " for one whose does not.
class Passing {
  auto record() {
    return [this](const RawPacket& raw, bool counts, const FineTime*) {
      CHECK(raw.bytes.size() == 20);
      passed += std::to_string(raw.number) + (counts ? " " : "- ");
    };
  }

 public:
  explicit Passing(ChecksumMode mode, bool is_stream = false) : gate(mode, DecodeSettings{}) {
    gate.begin_capture(is_stream);
  }
  Passing& from(std::uint8_t sender, bool good, unsigned times = 1) {
    for (unsigned i = 0; i < times; ++i) {
      const std::vector<std::uint8_t> bytes = header(sender, good);
      gate.packet({.bytes = bytes, .wire_length = 20, .number = ++number_, .link_type = 101}, source_,
                  record());
    }
    return *this;
  }
  std::string silence() {
    gate.stop_waiting(record());
    return passed;
  }
  std::string end() {
    gate.end_capture(record());
    return std::move(passed);
  }

  ChecksumGate gate;
  std::string passed;

 private:
  NoCapture source_;
  std::uint64_t number_ = 0;
};

TEST_CASE("checksum gate: -k all and none hold nothing back") {
  Passing all(ChecksumMode::all), none(ChecksumMode::none);
  CHECK(all.from(1, false, 2).passed == "1 2 ");
  CHECK(none.from(1, false, 2).passed == "1- 2- ");
}

TEST_CASE("checksum gate: good packets pass at once, from the first wrong one on they wait in order") {
  Passing auto_mode(ChecksumMode::automatic);
  CHECK(auto_mode.from(1, true, 2).passed == "1 2 ");
  CHECK(auto_mode.from(2, false).from(1, true).passed == "1 2 ");
  CHECK(auto_mode.end() == "1 2 3- 4- ");
}

TEST_CASE("checksum gate: a short capture of which all are wrong is taken") {
  Passing one(ChecksumMode::automatic);
  CHECK(one.from(1, false).end() == "1- ");
  CHECK_FALSE(one.gate.trusted());
}

TEST_CASE("checksum gate: decoys beside good packets of the same sender stay wrong") {
  Passing decoys(ChecksumMode::automatic);
  CHECK(decoys.from(1, true, 3).from(1, false).from(2, true).end() == "1 2 3 4 5 ");
  CHECK(decoys.gate.trusted());
}

TEST_CASE("checksum gate: less than one in ten is the sender's fault, whoever it is") {
  Passing few(ChecksumMode::automatic);
  few.from(2, false).from(1, true, 19);
  CHECK(few.end().starts_with("1 2 "));
}

TEST_CASE("checksum gate: decides after so many packets, and lets those go that waited") {
  Passing many(ChecksumMode::automatic);
  many.from(1, false, ChecksumGate::kSample - 1);
  CHECK(many.passed.empty());
  many.from(1, false, 2);
  CHECK(many.passed.starts_with("1- 2- "));
  CHECK(many.passed.ends_with("1000- 1001- "));
  CHECK(many.gate.seen() == ChecksumGate::kSample);
  CHECK(many.gate.bad() == ChecksumGate::kSample);
}

TEST_CASE("checksum gate: a stream waits for a few only, and decides again when it has seen enough") {
  Passing stream(ChecksumMode::automatic, true);
  stream.from(1, false, ChecksumGate::kHeldOfStream);
  CHECK(stream.passed.starts_with("1- "));
  stream.passed.clear();
  stream.from(2, true).from(2, true, 1100);
  CHECK(stream.passed.starts_with("17- "));
  CHECK(stream.passed.ends_with("1117 "));
}

TEST_CASE("checksum gate: what waits is let go when a stream is silent") {
  Passing stream(ChecksumMode::automatic, true);
  stream.from(1, false, 2);
  CHECK(stream.passed.empty());
  CHECK(stream.silence() == "1- 2- ");
  CHECK(stream.from(1, false).passed == "1- 2- 3- ");
}

TEST_CASE("checksum gate: each capture is decided on by itself") {
  Passing two(ChecksumMode::automatic);
  CHECK(two.from(1, false, 2).end() == "1- 2- ");
  two.gate.begin_capture(false);
  CHECK(two.from(1, true, 3).from(1, false).end() == "3 4 5 6 ");
}

}  // namespace
}  // namespace weir::engine
