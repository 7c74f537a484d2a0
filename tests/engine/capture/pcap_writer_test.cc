#include "engine/capture/pcap_writer.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/capture/capture_reader.h"

#include "tests/temporary_folder.h"

namespace fs = std::filesystem;
using namespace weir;
using namespace weir::engine;

namespace {

class TempFile {
 public:
  [[nodiscard]] std::string bytes() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  test::TemporaryFolder folder_;

 public:
  const std::string path = folder_.write("out.pcap", "");
};

// No file gets larger than `bytes` while this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const struct rlimit now { bytes, before_.rlim_max };
    REQUIRE(setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  struct rlimit before_ {};
  void (*handler_)(int);
};

struct Frame {
  std::string bytes;
  TimeUs time = 0;
  std::uint16_t nanoseconds = 0;
  std::uint32_t wire_length = 0;
  int link_type = 1;
  bool operator==(const Frame&) const = default;
};

void write(PcapWriter& out, const Frame& frame, bool fine = false) {
  const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.bytes.data()), frame.bytes.size()};
  const RawPacket raw{
      .bytes = bytes, .wire_length = frame.wire_length, .time = frame.time, .link_type = frame.link_type};
  const FineTime time{frame.nanoseconds, fine};
  out.show(raw, time);
  out.write(raw, time, bytes);
}

// What our own reader finds in the file, which must not be broken.
std::vector<Frame> read(const std::string& path) {
  auto source = open_capture_files({{path}, {}});
  REQUIRE(source.has_value());
  std::vector<Frame> out;
  RawPacket raw;
  while ((*source)->next(raw) == CaptureSource::Next::packet)
    out.push_back({{reinterpret_cast<const char*>(raw.bytes.data()), raw.bytes.size()},
                   raw.time,
                   (*source)->fine_time().nanoseconds,
                   raw.wire_length,
                   raw.link_type});
  CHECK((*source)->errors().empty());
  return out;
}

}  // namespace

TEST_CASE("pcap writer: the header and the records are those of the format") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  write(out, {"ab", 0x01020304LL * 1'000'000 + 5, 0, 3, 101});
  std::vector<std::string> errors;
  out.close(errors);
  CHECK(errors.empty());
  CHECK(out.frames_written() == 1);
  using namespace std::string_literals;
  CHECK(file.bytes() ==
        "\xd4\xc3\xb2\xa1\2\0\4\0"s              // magic, version 2.4
        "\0\0\0\0\0\0\0\0\0\0\4\0\x65\0\0\0"s    // reserved, snap length, link type
        "\4\3\2\1\5\0\0\0\2\0\0\0\3\0\0\0ab"s);  // seconds, microseconds, captured, on the wire
}

TEST_CASE("pcap writer: what is written reads the same, times in the resolution of the first frame") {
  const std::vector<Frame> frames{
      {"first", 1'700'000'000'000'001, 999, 5}, {"", 2, 1, 0}, {"cut", 3, 0, 1500}};
  for (const bool fine : {false, true}) {
    CAPTURE(fine);
    const TempFile file;
    PcapWriter out(file.path);
    REQUIRE(out.open());
    for (const Frame& frame : frames) write(out, frame, fine);
    std::vector<std::string> errors;
    out.close(errors);
    CHECK(errors.empty());
    std::vector<Frame> wanted = frames;
    if (!fine)
      for (Frame& frame : wanted) frame.nanoseconds = 0;
    CHECK(read(file.path) == wanted);
  }
}

TEST_CASE("pcap writer: times that the format cannot say are cut") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  write(out, {"late", static_cast<TimeUs>(kMaxTimeUs), 0, 4});
  write(out, {"early", -5, 0, 5});
  std::vector<std::string> errors;
  out.close(errors);
  const std::vector<Frame> got = read(file.path);
  REQUIRE(got.size() == 2);
  CHECK(got[0].time / 1'000'000 == 0xffffffff);
  CHECK(got[1].time == 0);
}

TEST_CASE("pcap writer: frames of the greatest length, more than the buffer holds, are written whole") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  std::vector<Frame> frames;
  for (const char c : {'a', 'b', 'c', 'd', 'e'})
    frames.push_back({std::string(kMaxCaptureLength, c), c, 0, kMaxCaptureLength});
  for (const Frame& frame : frames) write(out, frame);
  std::vector<std::string> errors;
  out.close(errors);
  CHECK(errors.empty());
  CHECK(read(file.path) == frames);
}

TEST_CASE("pcap writer: a run of which nothing passes leaves an empty file with the capture's link type") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  char link_type = 1;
  SUBCASE("no frame was read") {}
  SUBCASE("none passed") {
    out.show({.link_type = link_type = 101}, {});
  }
  std::vector<std::string> errors;
  out.close(errors);
  CHECK(errors.empty());
  REQUIRE(file.bytes().size() == 24);
  CHECK(file.bytes()[20] == link_type);
  CHECK(read(file.path).empty());
}

TEST_CASE("pcap writer: frames of another link type are left out, and it is said what to do") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  write(out, {"first", 1, 0, 5, 1});
  write(out, {"other", 2, 0, 5, 101});
  write(out, {"other", 3, 0, 5, 101});
  write(out, {"last", 4, 0, 4, 1});
  std::vector<std::string> errors;
  out.close(errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] ==
        "--pcap-out " + file.path +
            ": 2 packets of link type 101 not written: a pcap file has one link type, and that of the first "
            "packet is 1; scan captures of different link types in runs of their own");
  CHECK(read(file.path).size() == 2);
}

TEST_CASE("pcap writer: a file that cannot be opened is said at once, and what is lost is counted") {
  PcapWriter out("/no/such/folder/x.pcap");
  CHECK_FALSE(out.open());
  CHECK(out.error() == "/no/such/folder/x.pcap: open: No such file or directory");
  write(out, {"first", 1, 0, 5});
  std::vector<std::string> errors;
  out.close(errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] ==
        "--pcap-out /no/such/folder/x.pcap: open: No such file or directory; 1 packet not written");
}

TEST_CASE("pcap writer: on a full disk the file ends behind its last whole record, wherever room runs out") {
  constexpr std::size_t kHeader = 24, kRecord = 16 + 5;
  for (std::size_t room = 0; room < kHeader + 3 * kRecord; ++room) {
    CAPTURE(room);
    const TempFile file;
    PcapWriter out(file.path);
    REQUIRE(out.open());
    std::vector<std::string> errors;
    {
      const FileSizeLimit limit(room);
      for (int i = 0; i < 3; ++i) write(out, {"frame", i, 0, 5});
      out.close(errors);
    }
    const std::size_t whole = room < kHeader ? 0 : (room - kHeader) / kRecord;
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("write: File too large; ") != std::string::npos);
    CHECK(errors[0].find(std::to_string(3 - whole) + " packet") != std::string::npos);
    CHECK(out.frames_written() == whole);
    CHECK(file.bytes().size() == (room < kHeader ? 0 : kHeader + whole * kRecord));
  }
}

TEST_CASE("pcap writer: what comes after a failed write is counted, and the records before stay") {
  const TempFile file;
  PcapWriter out(file.path);
  REQUIRE(out.open());
  const std::string large(kMaxCaptureLength, 'x');
  std::vector<std::string> errors;
  {
    const FileSizeLimit limit(2 * kMaxCaptureLength + 100);
    for (int i = 0; i < 10; ++i) write(out, {large, i, 0, kMaxCaptureLength});
    out.close(errors);
  }
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("8 packets not written") != std::string::npos);
  CHECK(read(file.path).size() == 2);
}

TEST_CASE("pcap writer: a full device is an error that is counted") {
  PcapWriter out("/dev/full");
  REQUIRE(out.open());
  write(out, {"first", 1, 0, 5});
  std::vector<std::string> errors;
  out.close(errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == "--pcap-out /dev/full: write: No space left on device; 1 packet not written");
}
