#include "engine/app/protocol_detection.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "decoders/app/protocol_ids.h"

using namespace weir;
using namespace weir::engine;

namespace {

class FixedSettings final : public Settings {
 public:
  FixedSettings(std::initializer_list<std::pair<const std::string, std::string>> values) : values_(values) {}
  std::optional<std::string> text(std::string_view path) const override {
    const auto found = values_.find(path);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<std::string> list(std::string_view path) const override {
    const auto one = text(path);
    return one ? std::vector{*one} : std::vector<std::string>{};
  }
  bool has(std::string_view path) const override { return text(path).has_value(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Detection {
  std::unique_ptr<const ProtocolDetector> detector;
  explicit Detection(const Settings& settings = no_settings()) {
    auto made = ProtocolDetector::make(settings);
    REQUIRE(made.has_value());
    detector = std::move(*made);
  }
  ProtocolDetector::Found operator()(ProtocolDetector::Input in, DirectionProbe& tried) const {
    return detector->detect(in, tried);
  }
  AppProto tcp(Direction d, std::string_view data, std::uint16_t server_port = 9) const {
    DirectionProbe tried;
    return (*this)({.direction = d, .data = bytes_of(data), .client_port = 40000, .server_port = server_port},
                   tried)
        .protocol;
  }
};

}  // namespace

TEST_CASE("protocol detection: behind line ends only those are told that pass over them") {
  const Detection detect;
  CHECK(detect.tcp(Direction::to_server, "\n\n\r\nGET / HTTP/1.1\r\n") == AppProto::http);
  CHECK(detect.tcp(Direction::to_server, std::string(2000, '\n') + "GET / HTTP/1.1\r\n") == AppProto::http);
  CHECK(detect.tcp(Direction::to_server, std::string(5000, '\n')) == AppProto::unknown);
  CHECK(detect.tcp(Direction::to_server, "\nSSH-2.0-x\r\n") == AppProto::unknown);
  DirectionProbe tried;
  const std::string whole = "\r\nPUT /";
  for (std::size_t n = 1; n < 6; ++n)
    CHECK(detect({.direction = Direction::to_server, .data = bytes_of(whole.substr(0, n)), .server_port = 9},
                 tried)
              .protocol == AppProto::unknown);
  CHECK_FALSE(tried.done());
  CHECK(detect({.direction = Direction::to_server, .data = bytes_of(whole), .server_port = 9}, tried)
            .protocol == AppProto::http);
}

TEST_CASE("protocol detection: first bytes of a direction tell the protocol by pattern") {
  const Detection detect;
  struct Row {
    Direction direction;
    std::string_view data;
    AppProto want;
  };
  const Row rows[] = {
      {Direction::to_server, "SSH-2.0-OpenSSH_9.2\r\n", AppProto::ssh},
      {Direction::to_client, "SSH-2.0-OpenSSH_9.2\r\n", AppProto::ssh},
      {Direction::to_server, "EHLO mail.example\r\n", AppProto::smtp},
      {Direction::to_server, "ehlo mail.example\r\n", AppProto::smtp},
      {Direction::to_server, "USER anonymous\r\n", AppProto::ftp},
      {Direction::to_client, "USER anonymous\r\n", AppProto::unknown},
      {Direction::to_client, "220 (vsFTPd 3.0.3)\r\n", AppProto::ftp},
      {Direction::to_client, "220 mail.example ESMTP\r\n", AppProto::unknown},
      {Direction::to_server, " EHLO one byte late\r\n", AppProto::unknown},
      {Direction::to_server, "OPTIONS sip:a@b SIP/2.0\r\n", AppProto::sip},
      {Direction::to_server, "INVITE is no protocol\r\n\r\n", AppProto::unknown},
      {Direction::to_server, std::string_view("\0\0\0\x45\xffSMBr", 9), AppProto::smb},
      {Direction::to_server, "hello world, what is this?", AppProto::unknown},
      {Direction::to_server, "", AppProto::unknown},
  };
  for (const Row& row : rows) {
    CAPTURE(row.data);
    CHECK(detect.tcp(row.direction, row.data) == row.want);
  }
}

TEST_CASE("protocol detection: a pattern is recognised at every length that holds it, and never before") {
  const Detection detect;
  const std::string_view banner = "SSH-2.0-x\r\n";
  for (std::size_t n = 0; n <= banner.size(); ++n) {
    CAPTURE(n);
    CHECK((detect.tcp(Direction::to_server, banner.substr(0, n)) == AppProto::ssh) == (n >= 4));
  }
}

TEST_CASE("protocol detection: probes run on the ports of their protocol only") {
  const Detection detect;
  const std::string_view connect("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00", 11);
  CHECK(detect.tcp(Direction::to_server, connect, 3389) == AppProto::rdp);
  CHECK(detect.tcp(Direction::to_server, connect, 3390) == AppProto::unknown);
}

TEST_CASE("protocol detection: configuration moves ports and turns protocols off") {
  const FixedSettings settings{{"rdp.detection-ports.dp", "[3390, 4000-4002]"}, {"ssh.enabled", "no"}};
  const Detection detect(settings);
  const std::string_view connect("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00", 11);
  CHECK(detect.tcp(Direction::to_server, connect, 3389) == AppProto::unknown);
  CHECK(detect.tcp(Direction::to_server, connect, 3390) == AppProto::rdp);
  CHECK(detect.tcp(Direction::to_server, connect, 4001) == AppProto::rdp);
  CHECK(detect.tcp(Direction::to_server, "SSH-2.0-x\r\n") == AppProto::unknown);
}

TEST_CASE("protocol detection: detection-only protocols are found but not parsed") {
  const FixedSettings settings{{"smtp.enabled", "detection-only"}};
  const Detection detect(settings);
  CHECK(detect.tcp(Direction::to_server, "EHLO a\r\n") == AppProto::smtp);
  CHECK_FALSE(detect.detector->parsed(AppProto::smtp, Transport::tcp));
  CHECK(detect.detector->parsed(AppProto::ssh, Transport::tcp));
}

TEST_CASE("protocol detection: bad port lists are refused with their name") {
  for (const char* ports : {"ssh", "70000", "10-5", "1,2,x"}) {
    CAPTURE(ports);
    const FixedSettings settings{{"rdp.detection-ports.dp", ports}};
    const auto made = ProtocolDetector::make(settings);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().find("rdp") != std::string::npos);
  }
}

TEST_CASE("protocol detection: a direction is done once patterns and probes have seen enough") {
  const Detection detect;
  DirectionProbe tried;
  const ProtocolDetector::Input few{.data = bytes_of("xy"), .client_port = 40000, .server_port = 3389};
  CHECK(detect(few, tried).protocol == AppProto::unknown);
  CHECK_FALSE(tried.done());
  const std::string many(5000, 'x');
  const ProtocolDetector::Input all{.data = bytes_of(many), .client_port = 40000, .server_port = 3389};
  CHECK(detect(all, tried).protocol == AppProto::unknown);
  CHECK(tried.done());
}

TEST_CASE(
    "protocol detection: without a sure opener the other side's patterns say that the flow is reversed") {
  const Detection detect;
  DirectionProbe tried;
  const std::string_view reply = "SIP/2.0 200 OK\r\n";
  const auto found =
      detect({.transport = Transport::udp, .data = bytes_of(reply), .either_way = true}, tried);
  CHECK(found.protocol == AppProto::sip);
  CHECK(found.reversed);
  DirectionProbe again;
  CHECK(detect({.transport = Transport::udp, .data = bytes_of(reply)}, again).protocol == AppProto::unknown);
}

TEST_CASE("protocol detection: the port of a server tells that a flow begins with its words") {
  const Detection detect;
  const std::string tail(
      "\x01"
      "a"
      "\0\0\x01\0\x01",
      7);
  const std::string answer = std::string("\0\1\x81\x80\0\1\0\0\0\0\0\0", 12) + tail;
  const std::string query = std::string("\0\1\1\0\0\1\0\0\0\0\0\0", 12) + tail;
  const std::string odd = std::string("\0\1\x79\0\0\1\0\0\0\0\0\0", 12) + tail;  // opcode 15
  struct Row {
    Transport transport;
    std::string data;
    std::uint16_t from, to;
    bool reversed;
  };
  const auto in_stream = [](const std::string& m) {
    return std::string("\0", 1) + static_cast<char>(m.size()) + m;
  };
  const Row rows[] = {
      {Transport::udp, query, 40000, 53, false},
      {Transport::udp, answer, 53, 40000, true},
      {Transport::udp, answer, 40000, 53, true},
      {Transport::udp, query, 53, 40000, false},
      {Transport::udp, odd, 40000, 53, false},
      {Transport::tcp, in_stream(answer), 53, 40000, true},
      {Transport::tcp, in_stream(query), 40000, 53, false},
      {Transport::udp, query, 53, 53, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.data);
    DirectionProbe tried;
    const auto found = detect({.transport = row.transport,
                               .direction = Direction::to_server,
                               .data = bytes_of(row.data),
                               .client_port = row.from,
                               .server_port = row.to},
                              tried);
    CHECK(found.protocol == AppProto::dns);
    CHECK(found.reversed == row.reversed);
  }
  DirectionProbe tried;
  CHECK(
      detect(
          {.transport = Transport::udp, .data = bytes_of(answer), .client_port = 5000, .server_port = 40000},
          tried)
          .protocol == AppProto::unknown);
}
