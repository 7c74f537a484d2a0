// fast.log: one line of text an alert.
//
//   07/13/2016-22:42:07.199672  [**] [1:2100366:8] GPL ICMP_INFO PING *NIX [**] [Classification: Misc activity]
//   [Priority: 3] {ICMP} 10.0.0.1:8 -> 10.0.0.2:0
//
// (one line). Without ports, ICMP's type and code stand in their place, and 0 for other protocols. Bytes of a message
// that are not printable ASCII are written as \xHH, so that a rule cannot forge a line.
#pragma once

#include <memory>
#include <string>

#include "output/log.h"
#include "output/timestamp.h"

namespace weir::output {

class FastLog final : public Log {
 public:
  [[nodiscard]] bool wants(EventType type) const override { return type == EventType::alert; }
  [[nodiscard]] std::unique_ptr<LogSession> session(Sink& sink) const override;
};

class FastSession final : public LogSession {
 public:
  explicit FastSession(Sink& sink) : sink_(sink) {}
  void alert(const AlertRecord& r) override;

 private:
  Sink& sink_;
  TimestampFormatter times_;
  std::string line_;  // reused
};

}  // namespace weir::output
