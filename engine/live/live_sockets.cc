#include "engine/live/live_sockets.h"

#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace weir::engine {
namespace {

constexpr mode_t kAllModeBits = 0777;

tl::expected<mode_t, std::string> read_mode(const std::string& text) {
  mode_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc{} || end != text.data() + text.size() || mode > kAllModeBits)
    return tl::unexpected(fmt::format("weir.control.mode: '{}' is not a file mode such as 0660", text));
  return mode;
}

// Suricata has "auto" besides yes and no.
bool is_on(const Config& config, std::string_view key, bool fallback) {
  return config.text(key).value_or("") == "auto" || config.flag(key, fallback);
}

tl::expected<Listener, std::string> listen_at(const ControlSettings& settings, const std::string& path) {
  return Listener::on_unix_socket({.path = path, .group = settings.group, .mode = settings.mode});
}

}  // namespace

tl::expected<ControlSettings, std::string> ControlSettings::from(const Config& config) {
  ControlSettings out;
  out.enabled = is_on(config, "weir.control.enabled", is_on(config, "unix-command.enabled", true));
  if (const auto name = config.text("unix-command.filename"))
    out.path = (std::filesystem::path(kControlFolder) / *name).string();
  if (const auto path = config.text("weir.control.path")) out.path = *path;
  out.group = config.text("weir.control.group").value_or("");
  if (const auto text = config.text("weir.control.mode")) {
    const auto mode = read_mode(*text);
    if (!mode) return tl::unexpected(mode.error());
    out.mode = *mode;
  }
  return out;
}

tl::expected<LiveSockets, std::string> LiveSockets::open(const Config& config,
                                                         const std::optional<Identity>& identity) {
  const auto settings = ControlSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  LiveSockets out;
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
  if (control) out.push_back(control->path());
  return out;
}

void LiveSockets::forget() {
  if (control) control->forget();
}

}  // namespace weir::engine
