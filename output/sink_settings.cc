#include "output/sink_settings.h"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/datagram_sink.h"
#include "output/file_sink.h"
#include "output/stream_sink.h"

namespace weir::output {
namespace {

using Kind = SinkSettings::Kind;

constexpr std::string_view kSyslogSocket = "/dev/log", kIdentity = "weir";
constexpr std::array<std::pair<std::string_view, Kind>, 7> kKinds{{{"regular", Kind::file},
                                                                   {"file", Kind::file},
                                                                   {"unix_stream", Kind::unix_stream},
                                                                   {"unix_dgram", Kind::unix_dgram},
                                                                   {"syslog", Kind::syslog},
                                                                   {"console", Kind::console},
                                                                   {"stdout", Kind::console}}};
constexpr std::uint64_t kMaxKept = 1'000'000;

tl::expected<Kind, std::string> kind_of(const std::string& type) {
  for (const auto& [name, kind] : kKinds)
    if (name == type) return kind;
  if (type == "redis")
    return tl::unexpected(
        std::string("filetype 'redis' is not supported: write a file or to a socket (unix_stream), and let a log shipper "
                    "bring the lines there"));
  return tl::unexpected(fmt::format(
      "filetype '{}' is not supported; regular, unix_stream, unix_dgram, syslog and console are", type));
}

tl::expected<mode_t, std::string> mode_of(const std::string& text) {
  constexpr int kOctal = 8;
  constexpr unsigned kHighest = 0777;
  const auto mode = parse_number<unsigned>(text, kOctal);
  if (mode && *mode <= kHighest) return static_cast<mode_t>(*mode);
  return tl::unexpected(fmt::format("filemode '{}': expected octal digits, such as 640", text));
}

tl::expected<int, std::string> priority_of(const Settings& output) {
  const std::string facility = output.text("facility").value_or("local0"),
                    level = output.text("level").value_or("info");
  const auto facility_bits = syslog_facility(facility), level_bits = syslog_level(level);
  if (!facility_bits) return tl::unexpected(fmt::format("facility '{}' is not known", facility));
  if (!level_bits) return tl::unexpected(fmt::format("level '{}' is not known", level));
  return *facility_bits | *level_bits;
}

bool is_pipe(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
}

}  // namespace

tl::expected<SinkSettings, std::string> SinkSettings::from(const Settings& output,
                                                           const SinkDefaults& defaults) {
  SinkSettings out;
  const auto kind = kind_of(output.text("filetype").value_or("regular"));
  if (!kind) return tl::unexpected(kind.error());
  out.kind = *kind;
  out.path =
      (std::filesystem::path(defaults.folder) / output.text("filename").value_or(defaults.filename)).string();
  out.append = output.flag("append", true);
  if (const auto text = output.text("filemode")) {
    const auto mode = mode_of(*text);
    if (!mode) return tl::unexpected(mode.error());
    out.mode = *mode;
  }
  if (const auto text = output.text("rotate-interval")) {
    const auto interval = RotationInterval::parse(*text);
    if (!interval) return tl::unexpected(interval.error());
    out.interval = *interval;
  }
  constexpr std::uint64_t kNoSize = std::numeric_limits<std::uint64_t>::max();
  out.rotate_bytes = output.has("rotate-size") ? output.bytes("rotate-size", kNoSize) : defaults.rotate_bytes;
  if (out.rotate_bytes == kNoSize)
    return tl::unexpected(fmt::format("rotate-size '{}': expected a size, such as 100mb",
                                      output.text("rotate-size").value_or("")));
  out.rotate_keep =
      static_cast<unsigned>(std::min(output.number("rotate-keep", defaults.rotate_keep), kMaxKept));
  const auto priority = priority_of(output);
  if (!priority && out.kind == Kind::syslog) return tl::unexpected(priority.error());
  out.priority = priority.value_or(0);
  out.identity = output.text("identity").value_or(std::string(kIdentity));
  return out;
}

std::string SinkSettings::name() const {
  if (kind == Kind::syslog) return "syslog";
  return kind == Kind::console ? "standard output" : path;
}

tl::expected<std::unique_ptr<Sink>, std::string> open_sink(const SinkSettings& s) {
  switch (s.kind) {
    case Kind::unix_stream:
      return open_stream_sink(
          {.kind = StreamSinkSettings::Kind::unix_stream, .path = s.path, .name = s.name()});
    case Kind::console:
      return open_stream_sink(
          {.kind = StreamSinkSettings::Kind::descriptor, .descriptor = STDOUT_FILENO, .name = s.name()});
    case Kind::unix_dgram:
      return open_datagram_sink({.path = s.path, .name = s.name(), .header = std::nullopt});
    case Kind::syslog:
      return open_datagram_sink({.path = std::string(kSyslogSocket),
                                 .name = s.name(),
                                 .header = SyslogHeader(s.priority, s.identity, ::getpid())});
    case Kind::file: break;
  }
  if (is_pipe(s.path))
    return open_stream_sink({.kind = StreamSinkSettings::Kind::pipe, .path = s.path, .name = s.name()});
  return open_file_sink({.path = s.path,
                         .append = s.append,
                         .mode = s.mode,
                         .interval = s.interval,
                         .max_bytes = s.rotate_bytes,
                         .keep = s.rotate_keep});
}

}  // namespace weir::output
