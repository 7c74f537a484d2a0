// What a scan found, for whoever asked for it: which rules, hosts, protocols and files, and what to look at next.
//
// It gets alerts and flows as lines of EVE, in the order of the log, besides the logs or in place of them. Memory is bounded:
// beyond the most hosts, files and events that are kept, they are counted only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "output/log.h"
#include "output/sink.h"

namespace weir::engine {

// An alert as a person reads it. All texts are as they come off the wire: printable() makes them fit for a terminal.
struct SeenAlert {
  std::string_view time;  // "2026-07-01T22:42:07.199672+0000"
  std::uint64_t gid = 0, sid = 0, rev = 0, severity = 0;
  std::string_view message, category, action;
  std::string_view source, destination, protocol, app_protocol;
  std::uint64_t source_port = 0, destination_port = 0;  // 0: none
  std::string facts;                                    // "hostname: example.org, url: /", of its transaction
};

class Digest final : public output::Sink {
 public:
  struct Rule {
    std::uint64_t gid = 0, sid = 0, rev = 0, severity = 0, alerts = 0;
    std::string message, category, first, last;  // times
    bool blocked = false;
  };
  struct Host {
    std::uint64_t as_source = 0, as_destination = 0, worst = 0;  // alerts; the smallest severity, 0: none yet
    std::map<std::uint64_t, std::uint64_t> rules;                // alerts by sid
    [[nodiscard]] std::uint64_t alerts() const { return as_source + as_destination; }
  };
  struct Protocol {
    std::uint64_t flows = 0, bytes = 0;
  };
  struct File {
    std::string name, host, sha256;  // of whom it came
    std::uint64_t size = 0, sid = 0, alerts = 0;
  };
  template <class T>
  using Ranked = std::vector<std::pair<std::string_view, const T*>>;

  // `on_alert` sees each alert as it comes; may be empty. `keep_events`: alerts stay as they are.
  explicit Digest(std::function<void(const SeenAlert&)> on_alert, bool keep_events);
  ~Digest() override;

  // A log of what it wants to know.
  [[nodiscard]] static std::unique_ptr<const output::Log> log();

  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>& condition) override;
  void flush() override {}

  // Most severe first, then most alerts.
  [[nodiscard]] std::vector<const Rule*> rules() const;
  // Most severe first, then most alerts; most bytes first; as they came.
  [[nodiscard]] Ranked<Host> hosts() const;
  [[nodiscard]] Ranked<Protocol> protocols() const;
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  // Alerts as JSON, the first kMaxEvents, and how many more there were.
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  [[nodiscard]] std::uint64_t alerts() const { return alerts_; }
  [[nodiscard]] std::uint64_t hosts_left_out() const {
    return hosts_left_out_;
  }  // alerts about further hosts

 private:
  static constexpr std::size_t kMaxRules = 100'000, kMaxHosts = 100'000, kMaxFiles = 1000,
                               kMaxEvents = 10'000;
  static constexpr std::size_t kMaxRulesOfHost = 100;
  struct Parser;  // simdjson's

  void take_alert(const SeenAlert& alert);
  void take_host(std::string_view address, const SeenAlert& alert, std::uint64_t Host::*side);
  void take_file(File file);

  std::function<void(const SeenAlert&)> on_alert_;
  bool keep_events_;
  std::unique_ptr<Parser> parser_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Rule> rules_;  // by gid, sid
  std::map<std::string, Host, std::less<>> hosts_;
  std::map<std::string, Protocol, std::less<>> protocols_;
  std::vector<File> files_;
  std::vector<std::string> events_;
  std::uint64_t alerts_ = 0, hosts_left_out_ = 0;
};

// Fit for a terminal: bytes that it could take for more than text are written as \xHH.
std::string printable(std::string_view text, std::size_t most_bytes = 4096);

}  // namespace weir::engine
