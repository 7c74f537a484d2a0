#include "output/flow/export/flow_export.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "tests/loopback_socket.h"
#include "tests/output/flow/export/export_bench.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::test;
using output::ExportFormat;
using output::FlowExport;
using output::FlowExportSettings;
using std::chrono::milliseconds;

namespace {

// A socket on the loopback address that collects what comes.
class Peer {
  LoopbackSocket socket_;

 public:
  explicit Peer(int type, std::uint16_t wanted = 0) : socket_(type, wanted), port(socket_.port) {}

  // Datagrams that are there.
  std::vector<Wire> datagrams() const {
    std::vector<Wire> out;
    std::vector<char> bytes(65536);
    for (;;) {
      const ssize_t n = ::recv(socket_.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (n < 0) return out;
      out.emplace_back(bytes.data(), static_cast<std::size_t>(n));
    }
  }
  [[nodiscard]] int accept() const {
    const int fd = ::accept4(socket_.fd, nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(fd >= 0);
    bound_waiting(fd);
    return fd;
  }

  const std::uint16_t port;
};

// All that comes over a connection until nothing comes for a while, or it ends.
Wire read_all(int fd) {
  Wire out;
  std::vector<char> bytes(65536);
  const timeval patience{.tv_sec = 0, .tv_usec = 200'000};
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (;;) {
    const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (n <= 0) return out;
    out.append(bytes.data(), static_cast<std::size_t>(n));
  }
}

std::vector<Wire> messages_of(const Wire& stream) {
  std::vector<Wire> out;
  for (std::size_t at = 0; at + 16 <= stream.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(stream[at + i]); };
    const std::size_t length = byte(2) * 256U + byte(3);
    REQUIRE(length >= 16);
    REQUIRE(at + length <= stream.size());
    out.push_back(stream.substr(at, length));
    at += length;
  }
  return out;
}

std::unique_ptr<FlowBench> decoded(const std::vector<Wire>& messages) {
  auto out = std::make_unique<FlowBench>();
  for (const Wire& m : messages) out->send(m);
  return out;
}

std::unique_ptr<FlowExport> export_to(const std::vector<std::string>& targets,
                                      ExportFormat format = ExportFormat::ipfix) {
  FlowExportSettings settings;
  for (const std::string& to : targets) {
    auto one = export_settings(format);
    one.target = *output::ExportTarget::parse(to);
    settings.collectors.push_back(one);
  }
  auto out = FlowExport::open(settings, FlowExport::Time::packets);
  REQUIRE(out.has_value());
  return std::move(*out);
}

void give(FlowExport& to, std::uint16_t count) {
  for (std::uint16_t n = 0; n < count; ++n) {
    const flow::Record r = tcp_record(n);
    to.take({&r, 1});
  }
}

struct Told {
  std::vector<std::string> errors, notes;
};
Told close_export(FlowExport& e) {
  Told out;
  e.close(out.errors);
  e.append_notes(out.notes);
  return out;
}

std::uint64_t counter(const FlowExport& e, std::string_view name) {
  std::vector<output::CounterValue> values;
  e.append_counters(values);
  for (const output::CounterValue& v : values)
    if (v.first == name) return v.second;
  FAIL(name);
  return 0;
}

Wire content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("flow export: datagrams reach who listens, and all collectors get all") {
  const Peer a(SOCK_DGRAM), b(SOCK_DGRAM);
  const auto to = [](const Peer& p) { return "udp://127.0.0.1:" + std::to_string(p.port); };
  const auto exporter = export_to({to(a), to(b)}, ExportFormat::netflow9);
  give(*exporter, 100);
  CHECK(close_export(*exporter).errors.empty());
  for (const Peer* p : {&a, &b}) {
    const auto got = decoded(p->datagrams());
    CHECK(got->size() == 200);
    CHECK(got->account().lost == 0);
  }
  CHECK(counter(*exporter, "weir.flow_export.records") == 400);
}

TEST_CASE("flow export: by flow each flow goes to one collector, both directions, and files get all") {
  const output_test::LogFolder folder;
  const Peer a(SOCK_DGRAM), b(SOCK_DGRAM);
  FlowExportSettings settings;
  settings.by_flow = true;
  for (const std::string& to :
       {"udp://127.0.0.1:" + std::to_string(a.port), "udp://127.0.0.1:" + std::to_string(b.port),
        "file:" + folder.file("all.ipfix")}) {
    auto one = export_settings(ExportFormat::ipfix);
    one.target = *output::ExportTarget::parse(to);
    settings.collectors.push_back(one);
  }
  auto exporter = FlowExport::open(settings, FlowExport::Time::packets);
  REQUIRE(exporter.has_value());
  give(**exporter, 100);
  CHECK(close_export(**exporter).errors.empty());
  const auto first = decoded(a.datagrams()), second = decoded(b.datagrams());
  CHECK(first->size() > 40);
  CHECK(second->size() > 40);
  CHECK(first->size() % 2 == 0);
  CHECK(first->size() + second->size() == 200);
  CHECK(decoded(messages_of(content(folder.file("all.ipfix"))))->size() == 200);
}

TEST_CASE("flow export: a port where nobody listens is counted and told") {
  std::uint16_t port = 0;
  {
    const Peer gone(SOCK_DGRAM);
    port = gone.port;
  }
  const auto exporter = export_to({"udp://127.0.0.1:" + std::to_string(port)});
  give(*exporter, 200);
  const Told told = close_export(*exporter);
  REQUIRE(told.errors.size() == 1);
  CHECK(told.errors[0].find("flow records were not sent, in ") != std::string::npos);
  CHECK(told.errors[0].find("nobody listens there") != std::string::npos);
  CHECK(counter(*exporter, "weir.flow_export.records_lost") > 300);
}

TEST_CASE("flow export: a port where nobody listens is heard of when one message goes alone") {
  std::uint16_t port = 0;
  {
    const Peer gone(SOCK_DGRAM);
    port = gone.port;
  }
  const auto exporter = export_to({"udp://127.0.0.1:" + std::to_string(port)}, ExportFormat::netflow5);
  give(*exporter, 1);
  const Told told = close_export(*exporter);
  REQUIRE(told.errors.size() == 1);
  CHECK(told.errors[0].find("2 flow records were not sent, in 1 messages") != std::string::npos);
  CHECK(counter(*exporter, "weir.flow_export.records") == 0);
}

TEST_CASE("flow export: live, what is beyond the rate waits in a queue and not in the thread") {
  const Peer peer(SOCK_DGRAM);
  FlowExportSettings settings;
  auto one = export_settings(ExportFormat::netflow5);
  one.target = *output::ExportTarget::parse("udp://127.0.0.1:" + std::to_string(peer.port));
  one.rate = 20;
  one.mtu = output::kMinMtu;
  settings.collectors.push_back(one);
  settings.patience = milliseconds(100);
  auto exporter = FlowExport::open(settings, FlowExport::Time::system);
  REQUIRE(exporter.has_value());
  const auto begin = std::chrono::steady_clock::now();
  give(**exporter, 500);
  (*exporter)->tick(0);
  CHECK((*exporter)->is_behind());
  CHECK(counter(**exporter, "weir.flow_export.records_lost") == 0);
  CHECK(counter(**exporter, "weir.flow_export.messages") <
        20 * std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() + 20);
  const Told told = close_export(**exporter);
  REQUIRE(told.errors.size() == 1);
  CHECK(told.errors[0].find("ended before its rate allowed more") != std::string::npos);
  CHECK(counter(**exporter, "weir.flow_export.records") +
            counter(**exporter, "weir.flow_export.records_lost") ==
        1000);
}

TEST_CASE("flow export: after a disk was full a new file begins, in which all can be read") {
  const output_test::LogFolder folder;
  const auto exporter = export_to({"file:" + folder.file("f.ipfix")});
  give(*exporter, 20);
  exporter->tick(0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit little{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  for (int i = 0; i < 3000; ++i) {
    const flow::Record r = udp6_record();
    exporter->take({&r, 1});
  }
  std::this_thread::sleep_for(milliseconds(1100));
  exporter->tick(0);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  (void)std::signal(SIGXFSZ, handler);
  std::this_thread::sleep_for(milliseconds(1100));
  exporter->tick(0);
  for (int i = 0; i < 30; ++i) {
    const flow::Record r = udp6_record();
    exporter->take({&r, 1});
  }
  CHECK(close_export(*exporter).errors.size() == 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    const auto got = decoded(messages_of(content(entry.path().string())));
    CHECK(got->account().no_template == 0);
    CHECK(got->account().lost == 0);
  }
  CHECK(decoded(messages_of(content(folder.file("f.ipfix"))))->size() == 60);
}

TEST_CASE("flow export: a file ends at the same record however records come together") {
  const auto files_of = [](std::size_t together) {
    const output_test::LogFolder folder;
    FlowExportSettings settings;
    settings.flushes = false;
    auto one = export_settings(ExportFormat::ipfix);
    one.target = *output::ExportTarget::parse("file:" + folder.file("f.ipfix"));
    one.rotate_bytes = 65'536;
    settings.collectors.push_back(one);
    auto exporter = FlowExport::open(settings, FlowExport::Time::packets);
    REQUIRE(exporter.has_value());
    std::vector<flow::Record> records;
    for (std::uint16_t n = 0; n < 3000; ++n) {
      records.push_back(tcp_record(n));
      if (records.size() < together) continue;
      (*exporter)->take(records);
      records.clear();
    }
    CHECK(close_export(**exporter).errors.empty());
    std::multiset<Wire> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
      out.insert(content(entry.path().string()));
    return out;
  };
  const auto alone = files_of(1);
  CHECK(alone.size() > 2);
  CHECK(alone == files_of(1000));
}

TEST_CASE(
    "flow export: over TCP a collector that comes late, and one that comes again, can read all that it "
    "gets") {
  auto peer = std::make_unique<Peer>(SOCK_STREAM);
  const std::uint16_t port = peer->port;
  const auto exporter = export_to({"tcp://127.0.0.1:" + std::to_string(port)});
  give(*exporter, 50);
  exporter->tick(0);
  const int first = peer->accept();
  exporter->tick(0);
  const auto got = decoded(messages_of(read_all(first)));
  CHECK(got->size() == 100);
  CHECK(got->account().no_template == 0);
  CHECK(got->account().lost == 0);
  ::close(first);
  peer.reset();
  std::this_thread::sleep_for(milliseconds(20));
  exporter->tick(0);  // hears of it
  give(*exporter, 60);
  exporter->tick(0);
  peer = std::make_unique<Peer>(SOCK_STREAM, port);
  int second = -1;
  std::thread late([&] { second = peer->accept(); });
  const Told told = close_export(*exporter);
  late.join();
  CHECK(told.errors.empty());
  const auto again = decoded(messages_of(read_all(second)));
  CHECK(again->size() == 120);
  CHECK(again->account().no_template == 0);
  CHECK(again->account().lost == 0);
  ::close(second);
}

TEST_CASE("flow export: what a collector did not confirm when its connection ended is told of") {
  const Peer peer(SOCK_STREAM);
  const auto exporter = export_to({"tcp://127.0.0.1:" + std::to_string(peer.port)});
  exporter->tick(0);
  const int fd = peer.accept();
  const int little = 4096;
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
  give(*exporter, 20'000);
  exporter->tick(0);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  ::close(fd);
  std::this_thread::sleep_for(milliseconds(20));
  exporter->tick(0);
  const Told told = close_export(*exporter);
  REQUIRE(told.notes.size() == 1);
  CHECK(told.notes[0].find("bytes that were sent are not confirmed: a connection ended") !=
        std::string::npos);
}

TEST_CASE("flow export: what is sent over TLS lets no broken pipe end the process") {
  const auto handler = std::signal(SIGPIPE, SIG_DFL);
  const Peer peer(SOCK_STREAM);
  const auto exporter = export_to({"tls://127.0.0.1:" + std::to_string(peer.port)});
  struct sigaction now {};
  REQUIRE(::sigaction(SIGPIPE, nullptr, &now) == 0);
  CHECK((now.sa_handler == SIG_IGN));
  (void)std::signal(SIGPIPE, handler);
}

TEST_CASE("flow export: a collector that was once too slow is waited for again when it reads again") {
  const Peer peer(SOCK_STREAM);
  FlowExportSettings settings;
  auto one = export_settings(ExportFormat::ipfix);
  one.target = *output::ExportTarget::parse("tcp://127.0.0.1:" + std::to_string(peer.port));
  one.queue_bytes = 65'536;
  settings.collectors.push_back(one);
  auto exporter = FlowExport::open(settings, FlowExport::Time::packets);
  REQUIRE(exporter.has_value());
  (*exporter)->tick(0);
  const int fd = peer.accept();
  const auto lost = [&] { return counter(**exporter, "weir.flow_export.records_lost"); };
  for (int i = 0; i < 1000 && lost() == 0; ++i) give(**exporter, 1000);
  REQUIRE(lost() != 0);
  std::thread reader([fd] {
    std::vector<char> bytes(4096);
    while (::recv(fd, bytes.data(), bytes.size(), 0) > 0) {
    }
  });
  const std::uint64_t taken = counter(**exporter, "weir.flow_export.messages");
  const auto stands_still = [&] { return counter(**exporter, "weir.flow_export.messages") == taken; };
  for (int i = 0; i < kPeerPatienceSeconds * 200 && stands_still(); ++i) {
    std::this_thread::sleep_for(milliseconds(5));
    (*exporter)->tick(0);
  }
  CHECK_FALSE(stands_still());
  const std::uint64_t before = lost();
  give(**exporter, 30'000);
  give(**exporter, 30'000);
  CHECK(lost() == before);
  CHECK(close_export(**exporter).errors.size() == 1);
  exporter->reset();
  reader.join();
  ::close(fd);
}

TEST_CASE("flow export: what finds no room while nobody is there is lost, counted and told") {
  std::uint16_t port = 0;
  {
    const Peer gone(SOCK_STREAM);
    port = gone.port;
  }
  FlowExportSettings settings;
  auto one = export_settings(ExportFormat::ipfix);
  one.target = *output::ExportTarget::parse("tcp://127.0.0.1:" + std::to_string(port));
  settings.patience = milliseconds(50);
  one.queue_bytes = 65'536;
  settings.collectors.push_back(one);
  auto exporter = FlowExport::open(settings, FlowExport::Time::packets);
  REQUIRE(exporter.has_value());
  give(**exporter, 3000);
  const Told told = close_export(**exporter);
  REQUIRE(told.errors.size() == 1);
  CHECK(told.errors[0].find("6000 flow records") != std::string::npos);
  CHECK(counter(**exporter, "weir.flow_export.records_lost") == 6000);
}

TEST_CASE("flow export: each file is a session of its own, and one that was there is moved away") {
  const output_test::LogFolder folder;
  const std::string path = folder.file("f.ipfix");
  { std::ofstream(path) << "of an earlier run"; }
  FlowExportSettings settings;
  auto one = export_settings(ExportFormat::ipfix_biflow);
  one.target = *output::ExportTarget::parse("file:" + path);
  one.rotate_bytes = 65'536;
  settings.collectors.push_back(one);
  auto exporter = FlowExport::open(settings, FlowExport::Time::packets);
  REQUIRE(exporter.has_value());
  give(**exporter, 5000);
  CHECK(close_export(**exporter).errors.empty());
  std::size_t files = 0, records = 0, old = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    const Wire bytes = content(entry.path().string());
    if (bytes == "of an earlier run") {
      ++old;
      continue;
    }
    CHECK(bytes.size() < 65'536 + 4096);
    const auto got = decoded(messages_of(bytes));
    CHECK(got->account().no_template == 0);
    CHECK(got->account().lost == 0);
    CHECK(got->account().malformed == 0);
    records += got->size();
    ++files;
  }
  CHECK(old == 1);
  CHECK(files > 5);
  CHECK(records == 5000);
}
