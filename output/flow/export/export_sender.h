// Where messages go. A sender never stops the run: what it could not send is counted, and told.
//
// Used by one thread. Nothing here waits longer than kLongestPause at a time; a live run's senders never wait for whoever reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "output/flow/export/export_message.h"
#include "output/flow/export/export_settings.h"

namespace weir::output {

struct SenderCounters {
  std::uint64_t messages = 0, bytes = 0;  // sent
  std::uint64_t flows = 0;                // records of flows in them
  std::uint64_t lost_messages = 0;
  ExportTotals lost;  // what was in those
  std::uint64_t unconfirmed_bytes =
      0;  // sent over connections that ended before the other side said it has them
};

class ExportSender {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kLongestPause{20};

  virtual ~ExportSender() = default;
  virtual void send(const ExportMessage& message) = 0;
  // True: a session is to begin now (a connection has come, a file is full). What was encoded for the last one has been handed
  // in; begin() is called, then messages with the templates come, then ready().
  virtual bool wants_session() { return false; }
  virtual void begin() {}
  virtual void ready() {}
  // Sends what waits, as far as that goes at once. To be called now and then.
  virtual void tick() {}
  // Sends what waited for its time (a rate that is not to be exceeded). True: more waits for its time; call again soon.
  virtual bool keep_pace() { return false; }
  // At the end: whether something waits for who reads; waits for him a while, not beyond that time; counts what is left as lost and
  // ends the session, which may take until then as well.
  [[nodiscard]] virtual bool has_waiting() const { return false; }
  virtual void wait(Clock::time_point) {}
  virtual void end(Clock::time_point) {}

  [[nodiscard]] const SenderCounters& counters() const { return counters_; }
  // Of the last thing that went wrong; empty: nothing did.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 protected:
  void sent(const ExportMessage& m) {
    ++counters_.messages;
    counters_.bytes += m.bytes.size();
    counters_.flows += m.flows.records;
  }
  void lost(const ExportTotals& flows) {
    ++counters_.lost_messages;
    counters_.lost.add(flows);
  }
  // What was counted as sent has not arrived.
  void not_sent(std::size_t bytes, const ExportTotals& flows) {
    --counters_.messages;
    counters_.bytes -= bytes;
    counters_.flows -= flows.records;
    lost(flows);
  }
  void not_confirmed(std::uint64_t bytes) { counters_.unconfirmed_bytes += bytes; }
  void failed(std::string why) { problem_ = std::move(why); }

 private:
  SenderCounters counters_;
  std::string problem_;
};

// Opens what it needs and looks names up; the process may be confined afterwards. That a collector is not there yet is no
// failure. `waits`: the run may be slowed down for the sake of who reads (offline).
tl::expected<std::unique_ptr<ExportSender>, std::string> open_export_sender(const ExportSettings& settings,
                                                                            bool waits);

// The kinds.
tl::expected<std::unique_ptr<ExportSender>, std::string> open_udp_sender(const ExportSettings& settings,
                                                                         bool waits);
tl::expected<std::unique_ptr<ExportSender>, std::string> open_stream_sender(const ExportSettings& settings,
                                                                            bool waits);
tl::expected<std::unique_ptr<ExportSender>, std::string> open_ipfix_files(const ExportSettings& settings);

}  // namespace weir::output
