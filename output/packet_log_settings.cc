#include "output/packet_log_settings.h"

#include <filesystem>

#include <fmt/format.h>

namespace weir::output {
namespace {

constexpr std::uint64_t kSmallestLimit = 4096, kMaxFilesKept = 1'000'000;
constexpr std::uint64_t kMaxLz4Level = 16;
constexpr std::size_t kMostBeforeAlert = std::size_t{16} << 30U;

using Problem = std::string;

Problem refused(std::string_view key, std::string_view value, std::string_view why) {
  return fmt::format("outputs: pcap-log: {}: '{}': {}", key, value, why);
}

Problem read_mode(const Settings& output) {
  const std::string mode = output.text("mode").value_or("normal");
  if (mode == "normal" || mode == "multi") return {};
  if (mode == "sguil")
    return refused("mode", mode,
                   "Suricata 8 has given it up; use normal, and for a folder a day move full files away");
  return refused("mode", mode, "expected normal or multi");
}

Problem read_compression(const Settings& output, PacketLogSettings& out) {
  const std::string name = output.text("compression").value_or("none");
  if (name != "none" && name != "lz4") return refused("compression", name, "expected none or lz4");
  out.lz4 = name == "lz4";
  out.lz4_checksum = output.flag("lz4-checksum", false);
  const std::uint64_t level = output.number("lz4-level", 0);
  if (level > kMaxLz4Level) return refused("lz4-level", fmt::to_string(level), "expected 0 to 16");
  out.lz4_level = static_cast<int>(level);
  return {};
}

Problem read_which(const Settings& output, PacketLogSettings& out) {
  const std::string name = output.text("conditional").value_or("all");
  using Which = PacketLogSettings::Which;
  if (name == "all")
    out.which = Which::all;
  else if (name == "alerts")
    out.which = Which::alerts;
  else if (name == "tag")
    out.which = Which::tagged;
  else
    return refused("conditional", name, "expected all, alerts or tag");
  return {};
}

Problem read_filename(const Settings& output, const std::string& log_dir, PacketLogSettings& out) {
  out.folder = (std::filesystem::path(log_dir) / output.text("dir").value_or("")).string();
  out.filename = output.text("filename").value_or(out.filename);
  if (out.filename.empty() || out.filename.back() == '/')
    return refused("filename", out.filename, "names no file");
  for (std::size_t at = out.filename.find('%'); at != std::string::npos; at = out.filename.find('%', at + 2))
    if (at + 1 == out.filename.size() ||
        std::string_view("nit").find(out.filename[at + 1]) == std::string_view::npos)
      return refused("filename", out.filename, "expected %n, %i or %t behind a %");
  return {};
}

Problem read_limits(const Settings& output, const Settings& own, PacketLogSettings& out) {
  out.limit_bytes = output.bytes("limit", out.limit_bytes);
  if (out.limit_bytes < kSmallestLimit)
    return refused("limit", output.text("limit").value_or(""),
                   fmt::format("expected {} bytes or more", kSmallestLimit));
  out.max_files = output.number("max-files", 0);
  if (out.max_files > kMaxFilesKept)
    return refused("max-files", fmt::to_string(out.max_files),
                   fmt::format("expected {} or less", kMaxFilesKept));
  out.before_alert_bytes = own.bytes("before-alert", out.before_alert_bytes);
  if (out.before_alert_bytes > kMostBeforeAlert)
    return "weir.pcap-log.before-alert: more than 16 GiB of memory";
  out.queue_bytes = own.bytes("queue-size", out.queue_bytes);
  return {};
}

Problem read_ts_format(const Settings& output, PacketLogSettings& out) {
  const std::string name = output.text("ts-format").value_or("sec");
  out.microseconds = name == "usec";
  return name == "sec" || name == "usec" ? Problem{} : refused("ts-format", name, "expected sec or usec");
}

}  // namespace

tl::expected<PacketLogSettings, std::string> PacketLogSettings::from(const Settings& output,
                                                                     const Settings& own,
                                                                     const std::string& log_dir) {
  PacketLogSettings out;
  out.use_stream_depth = output.flag("use-stream-depth", false);
  out.honor_pass_rules = output.flag("honor-pass-rules", false);
  for (const Problem& problem :
       {read_mode(output), read_compression(output, out), read_which(output, out),
        read_filename(output, log_dir, out), read_limits(output, own, out), read_ts_format(output, out)})
    if (!problem.empty()) return tl::unexpected(problem);
  return out;
}

std::vector<std::string> packet_log_remarks(const Settings& output) {
  if (output.text("mode").value_or("normal") != "multi") return {};
  return {
      "outputs: pcap-log: mode: multi: one file with the packets of all workers is written, so that it is "
      "the same for each "
      "number of them; %n is 1"};
}

}  // namespace weir::output
