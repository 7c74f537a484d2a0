// What stands before a line that goes to syslog: "<142>Jul  1 12:00:00 weir[123]: " (RFC 3164, as syslog(3)
// writes it to the local daemon).
#pragma once

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace weir::output {

// "local5", "daemon" ...; the number that is added to a severity. In any case.
std::optional<int> syslog_facility(std::string_view name);
// "Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Info", "Debug", in any case.
std::optional<int> syslog_level(std::string_view name);

// Used by one thread.
class SyslogHeader {
 public:
  // `priority`: facility and level.
  SyslogHeader(int priority, std::string identity, pid_t process);
  // Valid until the next call.
  std::string_view at(std::time_t now);

 private:
  int priority_;
  std::string identity_;
  pid_t process_;
  std::time_t made_for_ = -1;
  std::string text_;
};

}  // namespace weir::output
