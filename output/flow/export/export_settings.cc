#include "output/flow/export/export_settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/flow/export/template_encoder.h"

namespace weir::output {
namespace {

using Transport = ExportTarget::Transport;

constexpr std::string_view kOption = "--flow-export", kFormatOption = "--flow-format";
constexpr std::string_view kKeys = "weir.flows.export";
constexpr std::uint64_t kMostSeconds = 86'400, kMostMessages = 1'000'000;
constexpr std::uint64_t kMinQueue = 65'536, kMostQueue = std::uint64_t{1} << 30U;
constexpr std::uint64_t kMinFile = 65'536;
constexpr std::size_t kMostCollectors = 64;
constexpr std::uint64_t kMost8 = 0xff, kMost32 = 0xffffffff;

constexpr std::array<std::pair<std::string_view, ExportFormat>, 4> kFormats{
    {{"netflow5", ExportFormat::netflow5},
     {"netflow9", ExportFormat::netflow9},
     {"ipfix", ExportFormat::ipfix},
     {"ipfix-biflow", ExportFormat::ipfix_biflow}}};

constexpr std::array<std::pair<std::string_view, Transport>, 3> kTransports{
    {{"udp://", Transport::udp}, {"tcp://", Transport::tcp}, {"tls://", Transport::tls}}};

bool read_place(std::string_view place, ExportTarget& out) {
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = parse_number<std::uint16_t>(place.substr(colon + 1));
  std::string_view host = place.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || !port || *port == 0 || (!bracketed && host.find(':') != std::string_view::npos) ||
      host.find_first_of("/[] ") != std::string_view::npos)
    return false;
  out.host = host;
  out.port = *port;
  return true;
}

// Reads numbers and remembers the first that is out of its range.
class KeyReader {
 public:
  explicit KeyReader(const Settings& own) : own_(own) {}
  template <class T>
  void number(std::string_view key, std::uint64_t least, std::uint64_t most, T& out) {
    take(key, own_.number(key, out), least, most, out);
  }
  template <class T>
  void size(std::string_view key, std::uint64_t least, std::uint64_t most, T& out) {
    take(key, own_.bytes(key, out), least, most, out);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  template <class T>
  void take(std::string_view key, std::uint64_t value, std::uint64_t least, std::uint64_t most, T& out) {
    if ((value < least || value > most) && problem_.empty())
      problem_ = fmt::format("{}.{}: {}: expected {} to {}", kKeys, key, value, least, most);
    out = static_cast<T>(value);
  }
  const Settings& own_;
  std::string problem_;
};

void read_enterprise(KeyReader& keys, std::uint32_t& out) {
  keys.number("enterprise", 0, kMost32, out);
}

std::string read_common(const Settings& own, ExportSettings& out) {
  KeyReader keys(own);
  keys.number("mtu", kMinMtu, kMaxMtu, out.mtu);
  keys.number("template-interval", 1, kMostSeconds, out.template_seconds);
  keys.number("template-messages", 1, kMostMessages, out.template_messages);
  keys.number("domain", 0, kMost32, out.domain);
  keys.number("engine-type", 0, kMost8, out.engine_type);
  keys.number("engine-id", 0, kMost8, out.engine_id);
  read_enterprise(keys, out.enterprise);
  keys.number("rate", 0, kMostMessages * 100, out.rate);
  keys.size("queue", kMinQueue, kMostQueue, out.queue_bytes);
  if (own.has("rotate-size")) keys.size("rotate-size", kMinFile, ~std::uint64_t{0}, out.rotate_bytes);
  if (const auto interval = own.text("rotate-interval")) {
    auto parsed = RotationInterval::parse(*interval);
    if (!parsed) return fmt::format("{}.rotate-interval: {}", kKeys, parsed.error());
    out.rotate_interval = *parsed;
  }
  out.tls.authorities = own.text("tls.ca").value_or("");
  out.tls.certificate = own.text("tls.certificate").value_or("");
  out.tls.key = own.text("tls.key").value_or("");
  out.tls.verify = own.flag("tls.verify", true);
  if (out.tls.certificate.empty() != out.tls.key.empty())
    return fmt::format("{}.tls: certificate and key go together", kKeys);
  return keys.problem();
}

// "FORMAT TO" or "TO". `overridden`: a format of the option comes before that of the entry.
tl::expected<ExportSettings, std::string> collector_of(std::string_view text, std::string_view source,
                                                       const ExportSettings& common, bool overridden) {
  ExportSettings out = common;
  std::string_view target = trim(text);
  if (const std::size_t blank = target.find(' '); blank != std::string_view::npos && source == kKeys) {
    const auto format = parse_export_format(target.substr(0, blank));
    if (!format) return tl::unexpected(fmt::format("{}.collectors: {}: {}", source, text, format.error()));
    if (!overridden) out.format = *format;
    target = trim(target.substr(blank));
  }
  auto parsed = ExportTarget::parse(target);
  if (!parsed) return tl::unexpected(fmt::format("{} {}: {}", source, text, parsed.error()));
  out.target = std::move(*parsed);
  if (auto checked = out.check(source); !checked) return tl::unexpected(checked.error());
  return out;
}

bool is_file(const ExportSettings& c) {
  return c.target.transport == Transport::file;
}
bool is_udp(const ExportSettings& c) {
  return c.target.transport == Transport::udp;
}
bool is_tls(const ExportSettings& c) {
  return c.target.transport == Transport::tls;
}
bool is_netflow5(const ExportSettings& c) {
  return c.format == ExportFormat::netflow5;
}
bool is_any_ipfix(const ExportSettings& c) {
  return is_ipfix(c.format);
}
bool is_no_file(const ExportSettings& c) {
  return !is_file(c);
}
bool has_templates(const ExportSettings& c) {
  return !is_netflow5(c);
}
bool repeats_templates(const ExportSettings& c) {
  return is_udp(c) && has_templates(c);
}

// Keys that some collectors alone heed.
struct OwnKey {
  std::string_view key;
  bool (*heeds)(const ExportSettings&);
  std::string_view who;
};
constexpr OwnKey kOwnKeys[] = {
    {"rotate-size", is_file, "file:PATH"},
    {"rotate-interval", is_file, "file:PATH"},
    {"queue", is_no_file, "udp://, tcp:// and tls://"},
    {"template-interval", has_templates, "netflow9, ipfix and ipfix-biflow"},
    {"template-messages", repeats_templates, "netflow9, ipfix and ipfix-biflow over udp://"},
    {"domain", has_templates, "netflow9, ipfix and ipfix-biflow"},
    {"rate", is_udp, "udp://"},
    {"tls.ca", is_tls, "tls://"},
    {"tls.certificate", is_tls, "tls://"},
    {"tls.key", is_tls, "tls://"},
    {"tls.verify", is_tls, "tls://"},
    {"engine-type", is_netflow5, "netflow5"},
    {"engine-id", is_netflow5, "netflow5"},
    {"enterprise", is_any_ipfix, "ipfix or ipfix-biflow"}};

// What has no effect, or less than one would think.
void warn(const Settings& own, FlowExportSettings& out) {
  if (out.collectors.empty()) return;
  for (const auto& [key, heeds, who] : kOwnKeys)
    if (own.has(key) && std::none_of(out.collectors.begin(), out.collectors.end(), heeds))
      out.warnings.push_back(
          fmt::format("{}.{}: has no effect: it is for {}, and no collector is that", kKeys, key, who));
  for (const ExportSettings& c : out.collectors)
    if (c.enterprise != 0 && is_ipfix(c.format) && least_mtu_for_all(c) > c.mtu)
      out.warnings.push_back(
          fmt::format("{}.mtu: {} bytes have no room for all elements under {}.enterprise, and records to {} "
                      "go without them: "
                      "set it to {} or more",
                      kKeys, c.mtu, kKeys, c.target.text, least_mtu_for_all(c)));
}

}  // namespace

tl::expected<ExportTarget, std::string> ExportTarget::parse(std::string_view text) {
  constexpr std::string_view kFile = "file:";
  ExportTarget out;
  out.text = text;
  if (text.starts_with(kFile)) {
    out.transport = Transport::file;
    out.path = text.substr(kFile.size());
    if (out.path.empty() || out.path.back() == '/') return tl::unexpected(std::string("names no file"));
    return out;
  }
  for (const auto& [prefix, transport] : kTransports) {
    if (!text.starts_with(prefix)) continue;
    out.transport = transport;
    if (read_place(text.substr(prefix.size()), out)) return out;
  }
  return tl::unexpected(
      std::string("expected udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or file:PATH; an IPv6 address "
                  "stands in brackets"));
}

tl::expected<ExportFormat, std::string> parse_export_format(std::string_view text) {
  for (const auto& [name, format] : kFormats)
    if (name == text) return format;
  return tl::unexpected(
      fmt::format("'{}' is no format: expected netflow5, netflow9, ipfix or ipfix-biflow", clip(text)));
}

std::string_view export_format_name(ExportFormat format) {
  return std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.second == format; })
      ->first;
}

tl::expected<void, std::string> ExportSettings::check(std::string_view source) const {
  if (target.transport == Transport::udp || is_ipfix(format)) return {};
  return tl::unexpected(fmt::format(
      "{} {}: {} goes over UDP alone; take udp://, or the format ipfix or ipfix-biflow ({} or {}.format)",
      source, target.text, export_format_name(format), kFormatOption, kKeys));
}

tl::expected<std::uint32_t, std::string> export_enterprise(const Settings& own) {
  KeyReader keys(own);
  std::uint32_t out = 0;
  read_enterprise(keys, out);
  if (!keys.problem().empty()) return tl::unexpected(keys.problem());
  return out;
}

tl::expected<FlowExportSettings, std::string> FlowExportSettings::from(
    const Settings& own, const std::vector<std::string>& targets, const std::string& format) {
  FlowExportSettings out;
  ExportSettings common;
  if (const std::string problem = read_common(own, common); !problem.empty()) return tl::unexpected(problem);
  const bool is_option = !format.empty();
  const std::string name = is_option ? format : own.text("format").value_or("ipfix");
  const auto parsed = parse_export_format(name);
  if (!parsed)
    return tl::unexpected(is_option ? fmt::format("{}: {}", kFormatOption, parsed.error())
                                    : fmt::format("{}.format: {}", kKeys, parsed.error()));
  common.format = *parsed;
  const std::string balance = own.text("balance").value_or("all");
  if (balance != "all" && balance != "flow-hash")
    return tl::unexpected(fmt::format("{}.balance: '{}': expected all or flow-hash", kKeys, balance));
  out.by_flow = balance == "flow-hash";
  const std::vector<std::string> places = targets.empty() ? own.list("collectors") : targets;
  if (places.size() > kMostCollectors)
    return tl::unexpected(fmt::format("{} collectors: expected {} or less", places.size(), kMostCollectors));
  for (const std::string& place : places) {
    auto collector = collector_of(place, targets.empty() ? kKeys : kOption, common, is_option);
    if (!collector) return tl::unexpected(collector.error());
    out.collectors.push_back(std::move(*collector));
  }
  if (out.collectors.empty() && is_option)
    return tl::unexpected(
        fmt::format("{}: nothing is exported; say where to with {}", kFormatOption, kOption));
  warn(own, out);
  return out;
}

}  // namespace weir::output
