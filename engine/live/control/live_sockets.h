// The sockets that a live run listens on: opened while the process may still do so (a folder below /run, a
// group to give a socket to), used by the run when it has begun.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "engine/live/confine/privileges.h"
#include "engine/live/control/listener.h"

namespace weir::engine {

inline constexpr const char* kControlFolder = "/run/weir";
inline constexpr const char* kControlName = "weir.sock";
inline constexpr const char* kControlPath = "/run/weir/weir.sock";

// `weir: control:` (enabled, path, group, mode) and, where that says nothing, Suricata's `unix-command:`
// (enabled, filename: below /run/weir when it is relative).
struct ControlSettings {
  bool enabled = true;
  std::string path;  // empty: kControlPath, or weir.sock in the log folder when that cannot be had
  std::string group;
  mode_t mode = 0660;
  // Fails with a text when a setting cannot be used.
  static tl::expected<ControlSettings, std::string> from(const Config& config);
};

// `weir: metrics:` (enabled, listen, and for a unix socket group and mode).
struct MetricsSettings {
  bool enabled = false;
  std::string listen = "127.0.0.1:9464";  // a loopback address and a port, or "unix:/path"
  std::string group;
  mode_t mode = 0660;
  static tl::expected<MetricsSettings, std::string> from(const Config& config);
};

// The listener of `weir: metrics:`; none when it is off. Fails with a text.
tl::expected<std::optional<Listener>, std::string> open_metrics(const Config& config,
                                                                const std::optional<Identity>& identity);

struct LiveSockets {
  std::optional<Listener> control, metrics;
  std::string warning;  // why the control socket is not where it usually is

  // In two steps, before and after the process becomes the user that it runs as (`identity`: who that is;
  // none when it stays who it is). A path that was asked for must be had, or the first step fails. The usual
  // one may be taken by another run or be out of reach: then the second step tries the log folder, and
  // without a socket there either the run goes on without.
  static tl::expected<LiveSockets, std::string> open(const Config& config,
                                                     const std::optional<Identity>& identity);
  void open_in_log_dir(const Config& config, const std::string& log_dir);
  // Files and folders that the run changes when it ends: it removes its sockets.
  [[nodiscard]] std::vector<std::string> paths() const;
  // In a forked process: closes them and leaves them in place.
  void forget();
};

}  // namespace weir::engine
