#include "output/syslog_header.h"

#include <syslog.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::output {
namespace {

using Row = std::pair<std::string_view, int>;

constexpr std::array<Row, 20> kFacilities{
    {{"kern", LOG_KERN},     {"user", LOG_USER},     {"mail", LOG_MAIL},         {"daemon", LOG_DAEMON},
     {"auth", LOG_AUTH},     {"syslog", LOG_SYSLOG}, {"lpr", LOG_LPR},           {"news", LOG_NEWS},
     {"uucp", LOG_UUCP},     {"cron", LOG_CRON},     {"authpriv", LOG_AUTHPRIV}, {"ftp", LOG_FTP},
     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},     {"local3", LOG_LOCAL3},
     {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},     {"local7", LOG_LOCAL7}}};
constexpr std::array<Row, 8> kLevels{{{"emergency", LOG_EMERG},
                                      {"alert", LOG_ALERT},
                                      {"critical", LOG_CRIT},
                                      {"error", LOG_ERR},
                                      {"warning", LOG_WARNING},
                                      {"notice", LOG_NOTICE},
                                      {"info", LOG_INFO},
                                      {"debug", LOG_DEBUG}}};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <std::size_t kRows>
std::optional<int> find(const std::array<Row, kRows>& rows, std::string_view name) {
  for (const auto& [text, value] : rows)
    if (equals_nocase(text, name)) return value;
  return std::nullopt;
}

}  // namespace

std::optional<int> syslog_facility(std::string_view name) {
  return find(kFacilities, name);
}
std::optional<int> syslog_level(std::string_view name) {
  return find(kLevels, name);
}

SyslogHeader::SyslogHeader(int priority, std::string identity, pid_t process)
    : priority_(priority), identity_(std::move(identity)), process_(process) {}

std::string_view SyslogHeader::at(std::time_t now) {
  if (now == made_for_) return text_;
  std::tm local{};
  ::localtime_r(&now, &local);
  text_ = fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} {}[{}]: ", priority_,
                      kMonths[static_cast<std::size_t>(local.tm_mon)], local.tm_mday, local.tm_hour,
                      local.tm_min, local.tm_sec, identity_, process_);
  made_for_ = now;
  return text_;
}

}  // namespace weir::output
