#include "engine/capture/capture_socket.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "engine/capture/byte_input.h"
#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::engine;

namespace {

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::string text_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("capture socket: what is one, and what is wrong with it") {
  CHECK(is_capture_socket("tcp://localhost:1"));
  CHECK(is_capture_socket("tcp-listen://127.0.0.1:1"));
  CHECK_FALSE(is_capture_socket("tcp.pcap"));
  for (const char* bad :
       {"tcp://", "tcp://:80", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp-listen://192.0.2.7:1"}) {
    CAPTURE(bad);
    const auto socket = CaptureSocket::open(bad);
    REQUIRE_FALSE(socket.has_value());
    CHECK(socket.error().starts_with(bad));
  }
}

TEST_CASE(
    "capture socket: one that connects gives its connection once, one that listens each client with its "
    "name") {
  auto listener = CaptureSocket::open("tcp-listen://127.0.0.1:0");
  REQUIRE(listener.has_value());
  CHECK(listener->listens());
  const std::string path = "tcp://127.0.0.1:" + std::to_string(port_of(listener->fd()));
  for (int i = 0; i < 2; ++i) {
    auto client = CaptureSocket::open(path);
    REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error()));
    CHECK(client->peer() == path);
    const int ours = client->take(), theirs = listener->take();
    REQUIRE(ours >= 0);
    REQUIRE(theirs >= 0);
    CHECK(client->take() == -1);
    CHECK(listener->peer() == "tcp://127.0.0.1:" + std::to_string(port_of(ours)));
    CHECK(::write(ours, "12345678", 8) == 8);
    ::close(ours);
    ByteInput in = ByteInput::from_socket(theirs, {.idle = [] { return true; }});
    CHECK(text_of(in.view(100)) == "12345678");
  }
}

TEST_CASE("byte input: a stream that has nothing asks before each wait, and ends when it is told") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "1234", 4) == 4);
  int asked = 0;
  ByteInput in = ByteInput::from_socket(ends[0], {.idle = [&] { return ++asked < 3; }});
  CHECK(asked == 0);
  CHECK(text_of(in.view(4)) == "1234");
  CHECK(text_of(in.view(5)) == "1234");
  CHECK(asked == 3);
  CHECK(in.error().empty());
  ::close(ends[1]);
}

TEST_CASE("byte input: a file that is followed goes on when it has grown") {
  const weir::test::TemporaryFolder folder;
  const std::string path = folder.write("a", "1234");
  int asked = 0;
  const auto grow = [&] {
    if (++asked == 1) std::ofstream(path, std::ios::app) << "5678";
    return asked < 3;
  };
  auto in = ByteInput::open(path, {.idle = grow, .follow = true});
  REQUIRE(in.has_value());
  CHECK(text_of(in->view(8)) == "12345678");
  CHECK(text_of(in->view(9)) == "12345678");
  CHECK(asked == 3);
  auto plain = ByteInput::open(path, {.idle = grow, .follow = false});
  REQUIRE(plain.has_value());
  CHECK(text_of(plain->view(9)) == "12345678");
}
