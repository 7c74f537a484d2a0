#include "output/sink_settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/text.h"

namespace weir::output {
namespace {

constexpr std::array kSinkKinds{
#define SINK(id) &sink_##id,
#include "output/sinks.def"
#undef SINK
};
constexpr std::uint64_t kMaxKept = 1'000'000;

tl::expected<const SinkKind*, std::string> kind_of(std::string_view type) {
  std::vector<std::string_view> supported;
  for (const SinkKind* kind : kSinkKinds) {
    if (kind->name == type || (!kind->alias.empty() && kind->alias == type)) return kind;
    if (kind->make != nullptr) supported.push_back(kind->name);
  }
  return tl::unexpected(
      fmt::format("filetype '{}' is not supported; there are {}", type, fmt::join(supported, ", ")));
}

tl::expected<mode_t, std::string> mode_of(const std::string& text) {
  constexpr int kOctal = 8;
  constexpr unsigned kHighest = 0777;
  const auto mode = parse_number<unsigned>(text, kOctal);
  if (mode && *mode <= kHighest) return static_cast<mode_t>(*mode);
  return tl::unexpected(fmt::format("filemode '{}': expected octal digits, such as 640", text));
}

}  // namespace

tl::expected<SinkSettings, std::string> SinkSettings::from(const Settings& output,
                                                           const SinkDefaults& defaults) {
  SinkSettings out;
  // "type" is its older name.
  const auto kind = kind_of(output.text("filetype").value_or(output.text("type").value_or("regular")));
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
  out.name = out.path;
  if (auto read = out.kind->settings(output, out); !read) return tl::unexpected(read.error());
  return out;
}

tl::expected<void, std::string> no_more_settings(const Settings&, SinkSettings&) {
  return {};
}

tl::expected<std::unique_ptr<Sink>, std::string> open_sink(const SinkSettings& settings) {
  return settings.kind->make(settings);
}

const SinkKind sink_redis{
    .name = "redis",
    .alias = {},
    .settings = [](const Settings&, SinkSettings&) -> tl::expected<void, std::string> {
      return tl::unexpected(
          std::string("filetype 'redis' is not supported: write a file or to a socket (unix_stream), and let a log "
                      "shipper bring the lines there"));
    },
    .make = nullptr};

}  // namespace weir::output
