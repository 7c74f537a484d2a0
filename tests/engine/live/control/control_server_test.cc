#include <doctest/doctest.h>

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "engine/live/control/capture_queue.h"
#include "engine/live/control/control_commands.h"
#include "engine/live/control/control_server.h"
#include "engine/live/control/live_sockets.h"
#include "tests/engine/live/empty_run.h"

using namespace weir::engine;
using std::chrono::milliseconds;

namespace {

struct Fixture {
  Folder folder;
  FdLoop loop;
  EmptyRun run;
  std::unique_ptr<ControlServer> server;

  explicit Fixture(const SocketLimits& limits = {}) {
    auto listener = Listener::on_unix_socket({.path = path()});
    REQUIRE_MESSAGE(listener.has_value(), (listener ? "" : listener.error()));
    server = std::make_unique<ControlServer>(std::move(*listener), loop, run, limits);
    loop.add(run.mailbox->fd(), POLLIN, [this](short) { run.mailbox->run(); });
  }
  [[nodiscard]] std::string path() const { return folder / "ctl.sock"; }
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) loop.wait(milliseconds(0));
  }
  std::string ask(const std::string& line) {
    const Client client(path());
    (void)client.send(line + "\n");
    turn();
    return client.receive();
  }
};

}  // namespace

TEST_CASE("control server: a greeting without a newline and requests on one connection are answered") {
  Fixture f;
  const Client client(f.path());
  (void)client.send(R"({"version": "0.2"})");
  f.turn();
  CHECK(client.receive() == "{\"return\":\"OK\"}\n");
  (void)client.send("{\"command\": \"uptime\"}\n\n{\"command\": \"running-mode\"}\n{\"command\":");
  f.turn();
  CHECK(client.receive() ==
        "{\"return\":\"OK\",\"message\":7}\n{\"return\":\"OK\",\"message\":\"workers\"}\n");
  (void)client.send("\"uptime\"}");
  f.turn();
  CHECK(client.receive().empty());
  client.end();
  f.turn();
  CHECK(client.receive() == "{\"return\":\"OK\",\"message\":7}\n(closed)");
}

TEST_CASE("control server: an answer that comes later reaches its client, and nobody when that has gone") {
  Fixture f;
  {
    const Client client(f.path());
    (void)client.send("{\"command\": \"reload\"}\n{\"command\": \"uptime\"}\n");
    f.turn();
    CHECK(client.receive().empty());
    REQUIRE(f.run.pending_reload);
    f.run.rules.version = 2;
    f.run.pending_reload({.done = true, .report = [](weir::output::JsonWriter& out) {
                            out.number("added", std::uint64_t{3});
                          }});
    CHECK(client.receive() ==
          "{\"return\":\"OK\",\"message\":{\"version\":2,\"added\":3}}\n{\"return\":\"OK\",\"message\":7}"
          "\n");
    (void)client.send("{\"command\": \"reload\"}\n");
    f.turn();
  }
  f.turn();
  CHECK(f.server->sockets().clients() == 0);
  f.run.pending_reload({.error = "no"});
  CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
}

TEST_CASE("control server: too long a line is turned away with a word") {
  Fixture f({.input_bytes = 1000});
  const Client client(f.path());
  (void)client.send(std::string(2000, 'x'));
  f.turn();
  CHECK(client.receive().starts_with("{\"return\":\"NOK\",\"message\":\"a request is one line"));
}

TEST_CASE("control server: clients that wait for an answer keep no place of those who ask something else") {
  Fixture f;
  std::vector<std::unique_ptr<Client>> waiting;
  for (int i = 0; i < 64; ++i) {
    waiting.push_back(std::make_unique<Client>(f.path()));
    (void)waiting.back()->send("{\"command\": \"reload\"}\n");
    f.turn();
  }
  for (int i = 0; i < 32; ++i)
    CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
  for (const auto& client : waiting) CHECK(client->receive().empty());
  CHECK(f.server->sockets().counts().pushed_out == 0);
}

TEST_CASE(
    "control server: of more that wait than there are places the one goes that has waited for longest") {
  Fixture f({.clients = 1, .waiting = 2});
  std::vector<std::unique_ptr<Client>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::make_unique<Client>(f.path()));
    (void)waiting.back()->send("{\"command\": \"reload\"}\n");
    f.turn();
  }
  const char* const word = "{\"return\":\"NOK\",\"message\":\"too many clients\"}\n(closed)";
  CHECK(waiting[0]->receive() == word);
  CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(waiting[1]->receive() == word);
  CHECK(waiting[2]->receive().empty());
  CHECK(f.server->sockets().counts().pushed_out == 2);
  CHECK(f.server->sockets().clients() <= 3);
}

TEST_CASE("control server: clients that say nothing do not keep a new one out") {
  Fixture f;
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 16; ++i) crowd.push_back(std::make_unique<Client>(f.path()));
  f.turn();
  CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(crowd[0]->receive() == "(closed)");
  CHECK(crowd[1]->receive().empty());
  CHECK(f.server->sockets().counts().pushed_out == 1);
}

TEST_CASE("control server: whoever has asked something keeps its place longest") {
  Fixture f({.clients = 2});
  const Client asks(f.path()), silent(f.path());
  (void)asks.send("{\"command\": \"uptime\"}\n");
  const Client late(f.path());  // all three are there before anything is read
  f.turn();
  CHECK(asks.receive() == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(silent.receive() == "(closed)");
  (void)late.send("{\"command\": \"uptime\"}\n");
  f.turn();
  CHECK(late.receive() == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(asks.receive() == "(closed)");  // of those that have asked the one that has been quiet for longest
}

TEST_CASE("control server: who says nothing, or never all of it, is closed when its time is out") {
  Fixture f({.silence = milliseconds(20)});
  const Client silent(f.path()), drips(f.path()), asked(f.path());
  (void)asked.send("{\"command\": \"uptime\"}\n");
  f.turn();
  for (int i = 0; i < 6; ++i) {
    (void)drips.send("{");
    f.turn();
    std::this_thread::sleep_for(milliseconds(5));
  }
  f.server->tick();
  CHECK(silent.receive() == "(closed)");
  CHECK(drips.receive() == "(closed)");
  CHECK(asked.receive() == "{\"return\":\"OK\",\"message\":7}\n");
  CHECK(f.server->sockets().counts().silent == 2);
  (void)asked.send("{");
  f.turn();
  f.server->tick();
  CHECK(f.server->sockets().clients() == 1);
  std::this_thread::sleep_for(milliseconds(25));
  f.server->tick();
  CHECK(f.server->sockets().clients() == 0);
}

TEST_CASE("control server: a client that never reads holds one answer and is closed in the end") {
  Fixture f({.patience = milliseconds(10)});
  const Client client(f.path());
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "{\"command\": \"help\"}\n";
  for (int i = 0; i < 200 && client.send(requests) > 0; ++i) f.turn();
  f.turn(100);
  CHECK(f.server->sockets().clients() == 1);
  CHECK(f.ask("{\"command\": \"uptime\"}") == "{\"return\":\"OK\",\"message\":7}\n");
  f.turn();
  std::this_thread::sleep_for(milliseconds(20));
  f.server->tick();
  CHECK(f.server->sockets().clients() == 0);
  CHECK(f.server->sockets().counts().gave_up == 1);
}

TEST_CASE(
    "control server: a socket file is replaced only when nobody listens on it, and never another file") {
  const Folder folder;
  const std::string path = folder / "a.sock";
  {
    const auto first = Listener::on_unix_socket({.path = path, .mode = 0600});
    REQUIRE(first.has_value());
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(Listener::on_unix_socket({.path = path}).error() == path + ": another run listens on it");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  // Left behind by a run that was killed.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
  CHECK(std::filesystem::exists(path));
  CHECK(Listener::on_unix_socket({.path = path}).has_value());
  std::filesystem::create_directory(path);
  CHECK(Listener::on_unix_socket({.path = path}).error() == path + ": is there, and not a socket");
  CHECK_FALSE(Listener::on_unix_socket({.path = folder / std::string(200, 'x')}).has_value());
  CHECK_FALSE(Listener::on_unix_socket({.path = folder / "no/such/a.sock"}).has_value());
  CHECK(Listener::on_unix_socket({.path = folder / "b.sock", .group = "no-such-group"})
            .error()
            .ends_with("there is no group 'no-such-group'"));
  CHECK_FALSE(std::filesystem::exists(folder / "b.sock"));
}

TEST_CASE("control listener: TCP only on loopback addresses") {
  for (const char* good : {"127.0.0.1:0", "localhost:0", "127.1.2.3:0"}) {
    const auto listener = Listener::on_loopback(good);
    REQUIRE_MESSAGE(listener.has_value(), good);
    CHECK_FALSE(listener->name().ends_with(":0"));
  }
  for (const char* bad : {"0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464", "example.com:9464", "127.0.0.1",
                          "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "", ":1"})
    CHECK_FALSE_MESSAGE(Listener::on_loopback(bad).has_value(), bad);
}

TEST_CASE("control commands: names are unique, every row has a summary and a function") {
  std::set<std::string_view> names;
  for (const ControlCommand& command : control_commands()) {
    CHECK(names.insert(command.name).second);
    CHECK_FALSE(command.summary.empty());
    CHECK((command.run != nullptr));
    std::set<std::string_view> arguments;
    for (const ControlArgument& argument : command.arguments) CHECK(arguments.insert(argument.name).second);
  }
}

TEST_CASE("control commands: wrong names and arguments are refused with their reason") {
  Fixture f;
  const auto message = [&f](const std::string& line) { return f.ask(line); };
  const auto nok = [](const std::string& text) {
    return "{\"return\":\"NOK\",\"message\":\"" + text + "\"}\n";
  };
  CHECK(message(R"({"command": "fly"})") == nok("Unknown command"));
  CHECK(message(R"({"command": "status", "arguments": {"x": 1}})") == nok("status takes no argument 'x'"));
  CHECK(message(R"({"command": "flows", "arguments": {"limit": "many"}})") ==
        nok("argument 'limit': expected a number"));
  CHECK(message(R"({"command": "flows", "arguments": {"alerted": 3}})") ==
        nok("argument 'alerted': expected true or false"));
  CHECK(message(R"({"command": "flows", "arguments": {"port": 70000}})") ==
        nok("argument 'port': too large"));
  CHECK(message(R"({"command": "flows", "arguments": {"address": "10.0.0"}})") ==
        nok("argument 'address': '10.0.0' is not known"));
  CHECK(message(R"({"command": "flows", "arguments": {"sort": "size"}})") ==
        nok("argument 'sort': 'size' is not known"));
  CHECK(message(R"({"command": "drop-flow"})") == nok("drop-flow needs the argument 'flow_id'"));
  CHECK(message(R"({"command": "drop-flow", "arguments": {"flow_id": 1}})") ==
        nok("flows can be dropped in prevent mode only"));
  CHECK(message(R"({"command": "rules", "arguments": {"sid": 5}})") == nok("there is no rule with sid 5"));
  CHECK(message(R"({"command": "iface-stat", "arguments": {"iface": "eth9"}})") ==
        nok("nothing listens on 'eth9'"));
  CHECK(message(R"({"command": "conf-get", "arguments": {"variable": "no.such"}})") ==
        nok("Unable to get value"));
}

TEST_CASE("control commands: a run without workers answers all of them") {
  Fixture f;
  f.run.prevent = true;
  f.run.rules.failed = 1;
  f.run.rules.errors.push_back({.file = "a.rules",
                                .line = 3,
                                .column = 7,
                                .keyword = "content",
                                .reason = "is empty",
                                .offending = "\"\"",
                                .sid = 5});
  CHECK(f.ask(R"({"command": "status"})").find("\"mode\":\"prevent\",\"uptime\":7") != std::string::npos);
  CHECK(f.ask(R"({"command": "stats"})").find("\"decoder\":{\"bytes\":180,\"pkts\":3}") != std::string::npos);
  CHECK(f.ask(R"({"command": "flows"})") ==
        "{\"return\":\"OK\",\"message\":{\"matched\":0,\"shown\":0,\"flows\":[]}}\n");
  CHECK(f.ask(R"({"command": "drop-flow", "arguments": {"flow_id": "17"}})") ==
        "{\"return\":\"NOK\",\"message\":\"there is no flow 17\"}\n");
  const std::string error = R"x("text":"a.rules:3:7: error: content: is empty (\"\")")x";
  CHECK(f.ask(R"({"command": "rules"})").find(error) != std::string::npos);
  CHECK(f.ask(R"({"command": "rules", "arguments": {"sid": 5}})").find("\"state\":\"failed\"") !=
        std::string::npos);
  CHECK(f.ask(R"({"command": "log-rotate"})").find("OK") != std::string::npos);
  CHECK(f.ask(R"({"command": "reopen-log-files"})").find("OK") != std::string::npos);
  CHECK(f.run.rotated == 1);
  CHECK(f.run.reopened == 1);
  CHECK(f.ask(R"({"command": "shutdown"})").find("OK") != std::string::npos);
  CHECK(f.run.stopped);
}

TEST_CASE("control settings: Suricata's keys where ours say nothing") {
  const auto settings = [](std::string_view yaml) {
    return ControlSettings::from(*Config::parse(yaml, "test", ""));
  };
  CHECK(settings("")->enabled);
  CHECK(settings("")->path.empty());
  CHECK(settings("unix-command: {enabled: auto}")->enabled);
  CHECK_FALSE(settings("unix-command: {enabled: no}")->enabled);
  CHECK(settings("unix-command: {filename: a.socket}")->path == "/run/weir/a.socket");
  CHECK(settings("unix-command: {filename: /tmp/a.socket}")->path == "/tmp/a.socket");
  const auto own = settings(
      "unix-command: {enabled: no}\nweir: {control: {enabled: yes, path: /x, group: adm, mode: '0600'}}");
  CHECK(own->enabled);
  CHECK(own->path == "/x");
  CHECK(own->group == "adm");
  CHECK(own->mode == 0600);
  CHECK_FALSE(settings("weir: {control: {mode: rw}}").has_value());
  CHECK_FALSE(settings("weir: {control: {mode: '7777'}}").has_value());
}

TEST_CASE("control commands: Suricata's are answered in its words") {
  Fixture f;
  f.run.rules.loaded = 3;
  f.run.rules.failed = 1;
  f.run.rules.errors.push_back({.file = "a.rules", .line = 3, .column = 7, .reason = "wrong", .sid = 5});
  struct Row {
    const char *request, *answer;
  };
  for (
      const Row& row : {
          Row{R"({"command": "reopen-log-files"})", R"("OK","message":"done")"},
          Row{R"({"command": "ruleset-reload-nonblocking"})", R"("OK","message":"done")"},
          Row{R"({"command": "ruleset-stats"})",
              R"("OK","message":[{"id":0,"rules_loaded":3,"rules_failed":1,"rules_skipped":0}])"},
          Row{R"({"command": "ruleset-failed-rules"})", R"("filename":"a.rules","line":3,)"},
          Row{R"({"command": "ruleset-reload-time"})", R"("OK","message":[{"id":0,"last_reload":")"},
          Row{R"({"command": "memcap-show", "arguments": {"config": "nope"}})",
              R"("NOK","message":"Memcap value not found. Use 'memcap-list' to show all")"},
          Row{R"({"command": "memcap-list"})", R"("OK","message":[{"name":"stream","value":"64mb"})"},
          Row{R"({"command": "memcap-set", "arguments": {"config": "flow", "memcap": "1mb"}})",
              "change flow.memcap"},
          Row{R"({"command": "list-hostbit", "arguments": {"ipaddress": "x"}})",
              R"("NOK","message":"invalid address string")"},
          Row{R"({"command": "list-hostbit", "arguments": {"ipaddress": "10.0.0.1"}})",
              R"("NOK","message":"host not found")"},
          Row{R"({"command": "add-hostbit", "arguments": {"ipaddress": "10.0.0.1", "hostbit": "a", "expire": 3}})",
              R"("NOK","message":"hostbit not found")"},
          Row{R"({"command": "reload-tenants"})", R"("NOK","message":"multi-tenant support not enabled")"},
          Row{R"({"command": "iface-bypassed-stat"})", R"("OK","message":{})"},
          Row{R"({"command": "get-flow-stats-by-id", "arguments": {"flow_id": 9}})",
              R"("NOK","message":"Not found")"},
          Row{R"({"command": "dataset-add"})", R"("NOK","message":"setname is not a string")"},
          Row{R"({"command": "pcap-current"})", R"("NOK","message":"Unknown command")"},
      }) {
    CAPTURE(row.request);
    CHECK(f.ask(row.request).find(row.answer) != std::string::npos);
  }
}

TEST_CASE("control commands: captures wait in their order, where they can be handed in") {
  Fixture f;
  CaptureQueue queue;
  f.run.queue = &queue;
  const weir::test::TemporaryFolder folder;
  const std::string capture = folder.write("a.pcap", "");
  const auto add = [&](const std::string& file, const std::string& output) {
    return f.ask(
        fmt::format(R"({{"command": "pcap-file", "arguments": {{"filename": "{}", "output-dir": "{}"}}}})",
                    file, output));
  };
  const auto nok = [](const std::string& text) {
    return "{\"return\":\"NOK\",\"message\":\"" + text + "\"}\n";
  };
  CHECK(add(folder / "none.pcap", folder.path) == nok("filename does not exist"));
  CHECK(add(capture, folder / "none") == nok("output-dir does not exist"));
  CHECK(f.ask(R"({"command": "pcap-file"})") == nok("filename is not a string"));
  CHECK(f.ask(R"({"command": "iface-list"})") == nok("Unknown command"));
  CHECK(f.ask(R"({"command": "pcap-current"})") == "{\"return\":\"OK\",\"message\":\"None\"}\n");
  CHECK(add(capture, folder.path).find("Successfully added file to list") != std::string::npos);
  CHECK(add(folder.path, folder.path).find("Successfully added file to list") != std::string::npos);
  CHECK(f.ask(R"({"command": "pcap-file-number"})") == "{\"return\":\"OK\",\"message\":2}\n");
  CHECK(f.ask(R"({"command": "pcap-file-list"})").find("{\"count\":2,\"files\":[\"" + capture + "\"") !=
        std::string::npos);
  CHECK(f.ask(R"({"command": "capture-mode"})").find("UNIX_SOCKET") != std::string::npos);
  REQUIRE(queue.next()->path == capture);
  CHECK(f.ask(R"({"command": "pcap-current"})").find(capture) != std::string::npos);
  CHECK_FALSE(queue.is_interrupted());
  CHECK(f.ask(R"({"command": "pcap-interrupt"})").find("Interrupted") != std::string::npos);
  CHECK(queue.is_interrupted());
  CHECK_FALSE(queue.pause(60'000));
  queue.note_processed(1234);
  queue.done();
  CHECK(f.ask(R"({"command": "pcap-last-processed"})") == "{\"return\":\"OK\",\"message\":1234}\n");
  REQUIRE(queue.next()->path == folder.path);
  CHECK_FALSE(queue.is_interrupted());
  queue.stop();
  CHECK_FALSE(queue.next().has_value());
}
