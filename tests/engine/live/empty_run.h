// What tests of the run's sockets need: a run without workers, a folder, a client.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/live/control/control_target.h"

#include "tests/temporary_folder.h"

namespace weir::engine {

// A run without workers.
class EmptyRun final : public ControlTarget {
 public:
  [[nodiscard]] bool prevents() const override { return prevent; }
  [[nodiscard]] const Config& config() const override { return config_; }
  [[nodiscard]] std::string log_dir() const override { return "/logs"; }
  [[nodiscard]] std::uint64_t uptime_s() const override { return 7; }
  [[nodiscard]] LiveWorkers workers() const override { return {}; }
  [[nodiscard]] const LiveWorker::Report& lost_workers() const override { return lost_; }
  [[nodiscard]] WorkerSurvey& survey() override { return survey_; }
  [[nodiscard]] std::vector<output::CounterValue> stats(const LiveWorker::Report&) const override {
    return {{"decoder.pkts", 3}, {"decoder.bytes", 180}};
  }
  [[nodiscard]] const RuleState& rule_state() const override { return rules; }
  [[nodiscard]] std::shared_ptr<const rules::RuleSet> rule_set() const override { return nullptr; }
  void reload(std::function<void(const ReloadResult&)> done) override { pending_reload = std::move(done); }
  [[nodiscard]] CaptureQueue* captures() override { return queue; }
  void reopen_logs() override { ++reopened; }
  void rotate_logs() override { ++rotated; }
  void stop() override { stopped = true; }

  bool prevent = false, stopped = false;
  int reopened = 0, rotated = 0;
  RuleState rules;
  CaptureQueue* queue = nullptr;
  std::function<void(const ReloadResult&)> pending_reload;
  std::shared_ptr<Mailbox> mailbox = *Mailbox::make();

 private:
  Config config_;
  LiveWorker::Report lost_;
  WorkerSurvey survey_{mailbox};
};

using Folder = weir::test::TemporaryFolder;

class Client {
 public:
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ssize_t send(std::string_view text) const { return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void end() const { ::shutdown(fd_, SHUT_WR); }
  // What has come; "(closed)" at its end when the other side has closed.
  [[nodiscard]] std::string receive() const {
    std::string out;
    std::array<char, 65536> buffer;
    ssize_t n = 0;
    while ((n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0)
      out.append(buffer.data(), static_cast<std::size_t>(n));
    return n == 0 || errno == ECONNRESET ? out + "(closed)" : out;
  }
  bool connected;

 private:
  int fd_;
};

}  // namespace weir::engine
