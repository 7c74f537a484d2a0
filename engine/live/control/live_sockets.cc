#include "engine/live/control/live_sockets.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

constexpr mode_t kAllModeBits = 0777;

// Leaves `mode` alone when nothing is said.
tl::expected<void, std::string> read_mode(const Config& config, std::string_view key, mode_t& mode) {
  const auto text = config.text(key);
  if (!text) return {};
  const auto bits = parse_number<mode_t>(*text, 8);
  if (!bits || *bits > kAllModeBits)
    return tl::unexpected(fmt::format("{}: '{}' is not a file mode such as 0660", key, *text));
  mode = *bits;
  return {};
}

// Suricata has "auto" besides yes and no.
bool is_on(const Config& config, std::string_view key, bool fallback) {
  return config.text(key).value_or("") == "auto" || config.flag(key, fallback);
}

tl::expected<Listener, std::string> listen_at(const ControlSettings& settings, const std::string& path) {
  return Listener::on_unix_socket({.path = path, .group = settings.group, .mode = settings.mode});
}

// Of the user that the run becomes: a socket that root opens is that user's group's, too.
std::string own_group(const std::optional<Identity>& identity) {
  return identity ? std::to_string(identity->gid) : std::string{};
}

}  // namespace

tl::expected<std::optional<Listener>, std::string> open_metrics(const Config& config,
                                                                const std::optional<Identity>& identity) {
  auto settings = MetricsSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  if (!settings->enabled) return std::nullopt;
  if (settings->group.empty()) settings->group = own_group(identity);
  constexpr std::string_view kUnix = "unix:";
  auto listener = settings->listen.starts_with(kUnix)
                      ? Listener::on_unix_socket({.path = settings->listen.substr(kUnix.size()),
                                                  .group = settings->group,
                                                  .mode = settings->mode})
                      : Listener::on_loopback(settings->listen);
  if (!listener) return tl::unexpected(fmt::format("weir.metrics.listen: {}", listener.error()));
  return std::optional<Listener>(std::move(*listener));
}

tl::expected<ControlSettings, std::string> ControlSettings::from(const Config& config) {
  ControlSettings out;
  out.enabled = is_on(config, "weir.control.enabled", is_on(config, "unix-command.enabled", true));
  if (const auto name = config.text("unix-command.filename"))
    out.path = (std::filesystem::path(kControlFolder) / *name).string();
  if (const auto path = config.text("weir.control.path")) out.path = *path;
  out.group = config.text("weir.control.group").value_or("");
  if (auto read = read_mode(config, "weir.control.mode", out.mode); !read)
    return tl::unexpected(read.error());
  return out;
}

tl::expected<MetricsSettings, std::string> MetricsSettings::from(const Config& config) {
  MetricsSettings out;
  out.enabled = config.flag("weir.metrics.enabled", false);
  out.listen = config.text("weir.metrics.listen").value_or(out.listen);
  out.group = config.text("weir.metrics.group").value_or("");
  if (auto read = read_mode(config, "weir.metrics.mode", out.mode); !read)
    return tl::unexpected(read.error());
  return out;
}

tl::expected<LiveSockets, std::string> LiveSockets::open(const Config& config,
                                                         const std::optional<Identity>& identity) {
  auto settings = ControlSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  if (settings->group.empty()) settings->group = own_group(identity);
  LiveSockets out;
  auto opened = open_metrics(config, identity);
  if (!opened) return tl::unexpected(opened.error());
  if (*opened) out.metrics.emplace(std::move(**opened));
  if (!settings->enabled) return out;
  if (settings->path.empty() || std::filesystem::path(settings->path).parent_path() == kControlFolder)
    (void)make_folder(kControlFolder, identity);  // listening says what is wrong
  auto listener = listen_at(*settings, settings->path.empty() ? kControlPath : settings->path);
  if (listener)
    out.control.emplace(std::move(*listener));
  else if (!settings->path.empty())
    return tl::unexpected(fmt::format("weir.control: {}", listener.error()));
  else
    out.warning = listener.error();
  return out;
}

void LiveSockets::open_in_log_dir(const Config& config, const std::string& log_dir) {
  if (control || warning.empty()) return;
  const auto settings = ControlSettings::from(config);
  if (!settings) return;  // open() has said so
  const std::string path = (std::filesystem::path(log_dir) / kControlName).string();
  auto listener = listen_at(*settings, path);
  if (!listener) {
    warning += fmt::format("; {}; there is no control socket", listener.error());
    return;
  }
  control.emplace(std::move(*listener));
  warning += fmt::format("; the control socket is {}", path);
}

std::vector<std::string> LiveSockets::paths() const {
  std::vector<std::string> out;
  for (const std::optional<Listener>* socket : {&control, &metrics})
    if (*socket && !(*socket)->path().empty()) out.push_back((*socket)->path());
  return out;
}

void LiveSockets::forget() {
  if (control) control->forget();
  if (metrics) metrics->forget();
}

}  // namespace weir::engine
