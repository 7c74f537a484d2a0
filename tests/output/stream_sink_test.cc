#include "output/stream_sink.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <optional>

#include <doctest/doctest.h>

#include "output/datagram_sink.h"
#include "tests/output/log_folder.h"

using namespace weir::output;
using weir::output_test::LogFolder;

namespace {

// Somebody who reads: a unix socket of this kind, bound and (streams) listening.
class Reader {
 public:
  Reader(const std::string& path, int kind) : socket_(::socket(AF_UNIX, kind | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    if (kind == SOCK_STREAM) REQUIRE(::listen(socket_, 1) == 0);
  }
  ~Reader() {
    hang_up();
    ::close(socket_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool accept() {
    peer_ = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK);
    return peer_ >= 0;
  }
  void hang_up() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }
  std::string stream() { return read_from(peer_); }
  std::string datagram() { return read_from(socket_); }

 private:
  static std::string read_from(int fd) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
  }
  int socket_, peer_ = -1;
};

struct Clock {
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  SteadyClock function() {
    return [this] { return now; };
  }
};

std::uint64_t lost(const Sink& sink, Loss why) {
  return sink.losses()[static_cast<std::size_t>(why)];
}

}  // namespace

TEST_CASE(
    "stream sink: lines of the time without a reader are counted, a reader gets whole lines from then on") {
  const LogFolder folder;
  Clock clock;
  auto sink = open_stream_sink({.path = folder.file("s"), .name = "s", .clock = clock.function()});
  REQUIRE(sink.has_value());
  (*sink)->never_wait();
  (*sink)->write_line("nobody hears this");
  CHECK(lost(**sink, Loss::no_reader) == 1);
  Reader reader(folder.file("s"), SOCK_STREAM);
  clock.now += std::chrono::minutes(5);
  (*sink)->tick();
  (*sink)->write_line("one");
  (*sink)->write_line("two");
  (*sink)->flush();
  REQUIRE(reader.accept());
  CHECK(reader.stream() == "one\ntwo\n");
  CHECK((*sink)->lines_written() == 2);
}

TEST_CASE("stream sink: a reader that goes away and comes back misses lines, and all are accounted for") {
  const LogFolder folder;
  Clock clock;
  Reader reader(folder.file("s"), SOCK_STREAM);
  auto sink = open_stream_sink({.path = folder.file("s"), .name = "s", .clock = clock.function()});
  (*sink)->never_wait();
  (*sink)->write_line("one");
  (*sink)->flush();
  REQUIRE(reader.accept());
  reader.hang_up();
  for (int i = 0; i < 3; ++i) {
    (*sink)->write_line("missed");
    (*sink)->flush();
  }
  clock.now += std::chrono::minutes(5);
  (*sink)->tick();
  (*sink)->write_line("again");
  (*sink)->flush();
  REQUIRE(reader.accept());
  const std::string got = reader.stream();
  CHECK(got.substr(got.size() - 6) == "again\n");
  CHECK((*sink)->lines_written() + (*sink)->lines_lost() == 5);
  CHECK((*sink)->lines_lost() >= 2);
}

TEST_CASE("stream sink: a reader that does not read loses lines, not us our time") {
  const LogFolder folder;
  Reader reader(folder.file("s"), SOCK_STREAM);
  auto sink = open_stream_sink({.path = folder.file("s"), .name = "s", .buffer_bytes = 4096});
  (*sink)->never_wait();
  constexpr std::uint64_t kLines = 5000;
  for (std::uint64_t i = 0; i < kLines; ++i) (*sink)->write_line(std::string(1000, 'x'));
  (*sink)->drain(std::chrono::steady_clock::now());
  CHECK(lost(**sink, Loss::slow_reader) > 0);
  CHECK((*sink)->lines_written() + (*sink)->lines_lost() == kLines);
}

TEST_CASE("stream sink: standard output that is closed is counted and never comes back") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  (void)std::signal(SIGPIPE, SIG_IGN);
  auto sink = open_stream_sink({.kind = StreamSinkSettings::Kind::descriptor,
                                .path = {},
                                .descriptor = ends[1],
                                .name = "standard output"});
  REQUIRE(sink.has_value());
  ::close(ends[1]);
  (*sink)->write_line("heard");
  (*sink)->flush();
  std::array<char, 16> buffer{};
  CHECK(::read(ends[0], buffer.data(), buffer.size()) == 6);
  ::close(ends[0]);
  (*sink)->write_line("not heard");
  (*sink)->flush();
  CHECK((*sink)->lines_lost() == 1);
}

TEST_CASE("datagram sink: a line is a datagram; lines of the time without a reader are counted") {
  const LogFolder folder;
  Clock clock;
  auto sink = open_datagram_sink(
      {.path = folder.file("d"), .name = "d", .header = std::nullopt, .clock = clock.function()});
  REQUIRE(sink.has_value());
  (*sink)->never_wait();
  (*sink)->write_line("nobody");
  (*sink)->flush();
  CHECK(lost(**sink, Loss::no_reader) == 1);
  Reader reader(folder.file("d"), SOCK_DGRAM);
  clock.now += std::chrono::minutes(5);
  (*sink)->write_line("one");
  (*sink)->write_line("two");
  (*sink)->flush();
  CHECK(reader.datagram() == "one\n");
  CHECK(reader.datagram() == "two\n");
  for (int i = 0; i < 5000; ++i) (*sink)->write_line("more than its queue holds");
  (*sink)->flush();
  CHECK(lost(**sink, Loss::slow_reader) > 0);
  CHECK((*sink)->lines_written() + (*sink)->lines_lost() == 5003);
}

TEST_CASE("datagram sink: a line that is too long for a datagram is lost alone") {
  const LogFolder folder;
  Reader reader(folder.file("d"), SOCK_DGRAM);
  auto sink = open_datagram_sink({.path = folder.file("d"), .name = "d", .header = std::nullopt});
  REQUIRE(sink.has_value());
  (*sink)->write_line(std::string(std::size_t{64} << 20U, 'x'));
  (*sink)->write_line("short");
  CHECK(lost(**sink, Loss::too_long) == 1);
  CHECK((*sink)->lines_written() == 1);
  CHECK(reader.datagram() == "short\n");
}

TEST_CASE("datagram sink: a reader that has started anew gets the next line") {
  const LogFolder folder;
  std::optional<Reader> reader(std::in_place, folder.file("d"), SOCK_DGRAM);
  auto sink = open_datagram_sink({.path = folder.file("d"), .name = "d", .header = std::nullopt});
  REQUIRE(sink.has_value());
  (*sink)->write_line("one");
  reader.reset();
  ::unlink(folder.file("d").c_str());
  reader.emplace(folder.file("d"), SOCK_DGRAM);
  (*sink)->write_line("two");
  CHECK(reader->datagram() == "two\n");
  CHECK((*sink)->lines_lost() == 0);
}

TEST_CASE("datagram sink: syslog gets priority, time and identity before the line") {
  const LogFolder folder;
  Reader reader(folder.file("d"), SOCK_DGRAM);
  auto sink = open_datagram_sink(
      {.path = folder.file("d"),
       .name = "syslog",
       .header = SyslogHeader(*syslog_facility("local5") | *syslog_level("Info"), "weir", 123),
       .wall_clock = [] { return std::time_t{1'700'000'000}; }});
  REQUIRE(sink.has_value());
  (*sink)->write_line("{}");
  (*sink)->flush();
  const std::string got = reader.datagram();
  CHECK(got.substr(0, 9) == "<174>Nov ");
  CHECK(got.substr(got.size() - 14) == " weir[123]: {}");
}
