#include "output/fast_log.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "output/net_text.h"

namespace weir::output {
namespace {

void append_printable(std::string& line, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) line += c;
    else fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
  }
}

}  // namespace

std::unique_ptr<LogSession> FastLog::session(Sink& sink) const {
  return std::make_unique<FastSession>(sink);
}

void FastSession::alert(const AlertRecord& r) {
  if (r.signature == nullptr) return;
  const rules::SignatureMeta& meta = *r.signature;
  std::array<char, TimestampFormatter::kFastBytes> time{};
  times_.fast(r.head.time, time.data());
  line_.assign(time.data(), time.size());
  const std::string_view done = r.action == "blocked" ? "[Drop] " : r.would_drop ? "[wDrop] " : "";
  fmt::format_to(std::back_inserter(line_), "  {}[**] [{}:{}:{}] ", done, meta.gid, meta.sid, meta.rev);
  append_printable(line_, meta.msg);
  line_ += " [**] [Classification: ";
  append_printable(line_, meta.category.empty() ? std::string_view{"(null)"} : meta.category);
  const unsigned source_port = r.head.has_icmp ? r.head.icmp_type : r.head.source_port;
  const unsigned destination_port = r.head.has_icmp ? r.head.icmp_code : r.head.destination_port;
  fmt::format_to(std::back_inserter(line_), "] [Priority: {}] {{{}}} {}:{} -> {}:{}", meta.priority,
                 ip_protocol_name(r.head.ip_protocol), AddressText(r.head.source).view(), source_port,
                 AddressText(r.head.destination).view(), destination_port);
  sink_.write_line(line_, r.condition);
}

const LogKind log_fast{.name = "fast", .filename = "fast.log", .make = [](const LogEntry&) -> std::unique_ptr<const Log> {
                         return std::make_unique<FastLog>();
                       }};

}  // namespace weir::output
