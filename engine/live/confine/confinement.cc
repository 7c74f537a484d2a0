#include "engine/live/confine/confinement.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "engine/live/confine/privileges.h"
#include "engine/live/confine/sandbox.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kLogMode = 0750;  // of the folder that nobody has named: logs tell who talks to whom

// Folders with much else in them: somebody's home, everybody's files.
bool is_shared(const fs::path& folder) {
  return folder == "/" || folder == "/etc" || folder == "/root" || folder == "/tmp" ||
         folder.parent_path() == "/home";
}

std::string folder_of(const std::string& file) {
  const fs::path folder = fs::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

bool lies_among_others(const std::string& file) {
  std::error_code error;
  return is_shared(fs::weakly_canonical(folder_of(file), error));
}

// The folder, so that a reload can read a file that was written anew under the same name.
std::string folder_or_file(const std::string& file) {
  return lies_among_others(file) ? file : folder_of(file);
}

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

// "rules/*.rules" and "rules/*/*.rules" lie below "rules", wherever that is.
std::string place_of(const std::string& pattern) {
  if (!is_pattern(pattern)) return folder_or_file(pattern);
  return folder_of(pattern.substr(0, pattern.find_first_of("*?[")) + "x");
}

// What a run reads, and reads again when it is told to reload.
std::vector<std::string> files_read(const Config& config, const ConfinementPlan& plan) {
  std::vector<std::string> out = config.files();
  out.insert(out.end(), plan.rule_files.begin(), plan.rule_files.end());
  return out;
}

void add_files_read(const Config& config, const ConfinementPlan& plan, LandlockRules& files) {
  std::error_code error;
  for (const std::string& file : files_read(config, plan)) {
    files.read.push_back(place_of(file));
    if (fs::is_symlink(file, error)) files.read.push_back(folder_or_file(fs::weakly_canonical(file, error).string()));
  }
  if (!plan.data_dir.empty()) files.write.push_back(plan.data_dir);
  for (const std::string& file : plan.data_files) files.write.push_back(folder_of(file));
}

// What a reload would fail at, though the start does not.
void warn_of_reload(const Config& config, const ConfinementPlan& plan, bool landlock) {
  for (const std::string& file : config.files())
    if (::access(file.c_str(), R_OK) != 0)
      fmt::print(stderr,
                 "weir: warning: {0}: user {1} cannot read it, so that no reload will work; let the user or its group read "
                 "it and enter its folder ('chgrp GROUP {0}', 'chmod g+r {0}')\n",
                 file, current_user());
  if (!landlock || landlock_version() == 0) return;
  for (const std::string& file : files_read(config, plan))
    if (!is_pattern(file) && lies_among_others(file))
      fmt::print(stderr,
                 "weir: warning: {}: of the folder {} a run reads the files that it is given, and no others: a reload fails "
                 "when another file has taken this one's name; move it to a folder of its own, or add the folder to "
                 "weir.sandbox.read\n",
                 file, folder_of(file));
}

// Logs and folders of logs that lie elsewhere, and devices that links among the logs lead to.
void add_outputs(const Config& config, const ConfinementPlan& plan, LandlockRules& files) {
  const std::string& log_dir = plan.log_dir;
  files.write.push_back(log_dir);
  files.write.insert(files.write.end(), plan.folders.begin(), plan.folders.end());
  for (const std::string& file : plan.export_files) files.write.push_back(folder_or_file(file));
  files.connect_ports = plan.connect_ports;
  for (const Config::Item& item : config.items("outputs")) {
    for (const char* key : {"filename", "dir", "log-dir"}) {
      const auto name = item.settings->text(key);
      if (!name || name->empty()) continue;
      const fs::path path = fs::path(log_dir) / *name;
      if (fs::path(*name).is_absolute())
        files.write.push_back(std::string_view(key) == "filename" ? folder_or_file(path.string())
                                                                  : path.string());
      std::error_code error;
      if (fs::is_symlink(path, error) && fs::is_character_file(path, error))
        files.write.push_back(path.string());
    }
  }
}

// The folders of a store of files and of a log of packets that do not lie among the logs.
tl::expected<void, std::string> make_stores(const Config& config, const std::optional<Identity>& identity) {
  for (const Config::Item& item : config.items("outputs")) {
    const auto dir = item.settings->text("dir");
    const bool makes_files = item.name == "file-store" || item.name == "pcap-log";
    if (!makes_files || !dir || !fs::path(*dir).is_absolute() || !item.settings->flag("enabled", true))
      continue;
    if (auto made = make_folder(*dir, identity, kLogMode); !made)
      return tl::unexpected(fmt::format("outputs: {}: {}", item.name, made.error()));
  }
  return {};
}

tl::expected<void, std::string> make_data_folders(const ConfinementPlan& plan,
                                                  const std::optional<Identity>& identity) {
  for (const std::string& file : plan.data_files)
    if (auto made = make_folder(folder_of(file), identity); !made)
      return tl::unexpected(fmt::format("datasets: {}", made.error()));
  return {};
}

tl::expected<void, std::string> make_folders(const ConfinementPlan& plan, const std::optional<Identity>& identity) {
  if (plan.own_log_dir) {
    if (auto made = make_folder(plan.log_dir, identity); !made)
      return tl::unexpected(fmt::format("-l {}", made.error()));
  } else if (auto made = make_folder(plan.log_dir, identity, kLogMode); !made) {
    return tl::unexpected(fmt::format("{}; name another folder for the logs with -l, or let root make it: "
                                      "'install -d -m 0750 -o {} {}'",
                                      made.error(), identity ? identity->user : current_user(), plan.log_dir));
  }
  for (const std::string& file : plan.export_files)
    if (auto made = make_folder(folder_of(file), identity, kLogMode); !made)
      return tl::unexpected(fmt::format("--flow-export {}", made.error()));
  for (const std::string& folder : plan.folders)
    if (auto made = make_folder(folder, identity, kLogMode); !made) return made;
  // Without one every start takes a little longer; who loads the rules says so.
  if (!plan.cache_dir.empty()) (void)make_folder(plan.cache_dir, identity);
  return make_data_folders(plan, identity);
}

tl::expected<void, std::string> check_log_dir(const std::string& path) {
  if (::access(path.c_str(), W_OK | X_OK) == 0) return {};
  const std::string user = current_user();
  return tl::unexpected(
      fmt::format("-l {0}: user {1} cannot write there; 'chown {1} {0}' lets it", path, user));
}

// The service manager may listen on a socket without a path.
bool notifies_by_name() {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  return name != nullptr && *name == '@';
}

// Of a folder that others use a run gets single files, and none that it could rename or make there.
tl::expected<void, std::string> check_rotated(const ConfinementPlan& plan, const SandboxSettings& settings) {
  if (!settings.landlock || landlock_version() == 0) return {};
  std::error_code error;
  for (const std::string& file : plan.rotated_files) {
    const fs::path folder = fs::weakly_canonical(folder_of(file), error);
    const auto holds = [&](const std::string& granted) {
      const fs::path relative = folder.lexically_relative(fs::weakly_canonical(granted, error));
      return !relative.empty() && *relative.begin() != "..";
    };
    if (lies_among_others(file) && std::none_of(settings.write.begin(), settings.write.end(), holds))
      return tl::unexpected(
          fmt::format("--flow-export file:{0}: the sandbox lets no file be renamed in {1}, so that this one "
                      "cannot be rotated: "
                      "name a file in a folder of its own, or add {1} to weir.sandbox.write",
                      file, folder.string()));
  }
  return {};
}

void tell(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "weir: warning: sandbox: {}\n", problem);
}

}  // namespace

tl::expected<void, std::string> become_live_user(const ConfinementPlan& plan, const Config& config,
                                                 bool prevent) {
  const RunAs run_as = RunAs::from(config, plan.user, plan.group);
  const auto identity = find_identity(run_as);
  if (!identity) return tl::unexpected(identity.error());
  if (const std::string warning = warning_of_root(run_as, *identity); !warning.empty())
    fmt::print(stderr, "weir: warning: {}\n", warning);
  const auto sandbox = SandboxSettings::from(config);
  if (!sandbox) return tl::unexpected(sandbox.error());
  if (auto good = check_rotated(plan, *sandbox); !good) return good;
  if (auto made = make_folders(plan, *identity); !made) return made;
  if (auto made = make_stores(config, *identity); !made) return made;
  const bool stays_root = ::geteuid() == 0 && !*identity;
  if (auto dropped = drop_privileges(*identity, {.net_raw = true, .net_admin = prevent, .files = stays_root});
      !dropped)
    return dropped;
  return check_log_dir(plan.log_dir);
}

tl::expected<void, std::string> confine_live(const ConfinementPlan& plan, const Config& config, bool prevent,
                                             const std::vector<std::string>& sockets) {
  const auto settings = SandboxSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  LandlockRules files;
  files.signals = prevent;  // the kernel ends the guard in our name when we end
  add_files_read(config, plan, files);
  warn_of_reload(config, plan, settings->landlock);
  add_outputs(config, plan, files);
  for (const std::string& path : sockets) files.write.push_back(folder_or_file(path));
  if (!plan.cache_dir.empty()) files.write.push_back(plan.cache_dir);
  files.abstract_sockets = notifies_by_name();
  tell(enter_sandbox(*settings, std::move(files),
                     {.packets = !prevent,
                      .raw = true,
                      .any = !prevent && plan.libpcap,
                      .streams = plan.makes_connections}));
  return {};
}

tl::expected<void, std::string> become_collector_user(const ConfinementPlan& plan, const Config& config,
                                                      bool receives) {
  std::optional<Identity> identity;
  if (receives) {
    const RunAs run_as = RunAs::from(config, plan.user, plan.group);
    auto found = find_identity(run_as);
    if (!found) return tl::unexpected(found.error());
    if (const std::string warning = warning_of_root(run_as, *found); !warning.empty())
      fmt::print(stderr, "weir: warning: {}\n", warning);
    identity = std::move(*found);
  }
  if (!plan.log_dir.empty())
    if (auto made = make_folders(plan, identity); !made) return made;
  for (const std::string& folder : plan.folders)
    if (auto made = make_folder(folder, identity, kLogMode); !made) return made;
  const bool stays_root = ::geteuid() == 0 && !identity;
  auto dropped = receives
                     ? drop_privileges(identity, {.net_raw = false, .net_admin = false, .files = stays_root})
                     : forbid_new_privileges();
  if (!dropped || plan.log_dir.empty()) return dropped;
  return check_log_dir(plan.log_dir);
}

tl::expected<void, std::string> confine_collector(const ConfinementPlan& plan, const Config& config,
                                                  bool receives, const std::string& socket) {
  const auto settings = SandboxSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  LandlockRules files;
  files.read = plan.captures;
  files.connect_ports = plan.connect_ports;
  if (plan.log_dir.empty())
    files.write = plan.folders;
  else
    add_outputs(config, plan, files);
  if (!socket.empty()) files.write.push_back(folder_or_file(socket));
  const auto problems = enter_sandbox(*settings, std::move(files), {.streams = plan.makes_connections});
  if (receives || plan.watched) tell(problems);
  return {};
}

void confine_guard(const Config& config) {
  auto settings = SandboxSettings::from(config);
  if (!settings) return;  // the engine says so
  settings->read.clear();
  settings->write.clear();
  (void)enter_sandbox(*settings, {}, {.processes = true});
}

tl::expected<void, std::string> confine_captures(const Config& config) {
  auto settings = SandboxSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  if (auto dropped = forbid_new_privileges(); !dropped) return dropped;
  settings->landlock = false;
  tell(enter_sandbox(*settings, {}, {}));
  return {};
}

tl::expected<void, std::string> confine_offline(const ConfinementPlan& plan, const Config& config) {
  auto settings = SandboxSettings::from(config);
  if (!settings) return tl::unexpected(settings.error());
  if (auto good = check_rotated(plan, *settings); !good) return good;
  if (auto dropped = forbid_new_privileges(); !dropped) return dropped;
  if (auto made = make_data_folders(plan, std::nullopt); !made) return made;
  LandlockRules files;
  add_files_read(config, plan, files);
  add_outputs(config, plan, files);
  files.read.insert(files.read.end(), plan.captures.begin(), plan.captures.end());
  const auto problems = enter_sandbox(*settings, std::move(files), {.streams = plan.makes_connections});
  if (plan.watched) tell(problems);
  return {};
}

}  // namespace weir::engine
