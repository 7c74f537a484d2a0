#include "engine/live/confine/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace weir::engine {
namespace {

// Of libraries: their own files, the time zone, names for filters, the network interfaces, the number of
// cores.
constexpr std::array<std::string_view, 24> kSystemFiles{"/usr",
                                                        "/lib",
                                                        "/lib64",
                                                        "/etc/ld.so.cache",
                                                        "/etc/localtime",
                                                        "/etc/timezone",
                                                        "/etc/ssl/openssl.cnf",
                                                        "/etc/magic",
                                                        "/etc/nsswitch.conf",
                                                        "/etc/passwd",
                                                        "/etc/group",
                                                        "/etc/services",
                                                        "/etc/protocols",
                                                        "/etc/hosts",
                                                        "/etc/host.conf",
                                                        "/etc/resolv.conf",
                                                        "/etc/gai.conf",
                                                        "/etc/ethers",
                                                        "/proc",
                                                        "/sys/devices",
                                                        "/sys/class/net",
                                                        "/dev/urandom",
                                                        "/dev/random",
                                                        "/dev/zero"};

tl::expected<SeccompMode, std::string> seccomp_mode(const Config& config) {
  constexpr std::string_view kKey = "weir.sandbox.seccomp";
  const std::string text = config.text(kKey).value_or("enforce");
  if (text == "enforce" || text == "yes" || text == "true") return SeccompMode::enforce;
  if (text == "no" || text == "false") return SeccompMode::no;
  if (text == "log") return SeccompMode::log;
  if (text == "kill") return SeccompMode::kill;
  return tl::unexpected(fmt::format("{}: '{}': expected enforce, log, kill or no", kKey, text));
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// Not dumpable also keeps other processes of the same user from reading our memory. A limit alone would not
// do: it is not asked when cores go to a program.
std::string set_cores(bool wanted) {
  if (wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_CORE, &limit) == 0) limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_CORE, &limit);
  }
  if (::prctl(PR_SET_DUMPABLE, wanted || kSanitized ? 1 : 0, 0, 0, 0) == 0) return {};
  return fmt::format("core-dumps: {}", std::strerror(errno));
}

}  // namespace

tl::expected<SandboxSettings, std::string> SandboxSettings::from(const Config& config) {
  SandboxSettings out;
  const auto mode = seccomp_mode(config);
  if (!mode) return tl::unexpected(mode.error());
  out.seccomp = *mode;
  out.landlock = config.flag("weir.sandbox.landlock", true);
  out.core_dumps = config.flag("weir.core-dumps", false);
  for (const char* section : {"weir.sandbox", "security.landlock.directories"}) {
    append(out.read, config.list(fmt::format("{}.read", section)));
    append(out.write, config.list(fmt::format("{}.write", section)));
  }
  return out;
}

std::vector<std::string> enter_sandbox(const SandboxSettings& settings, LandlockRules files,
                                       const SeccompNeeds& calls) {
  std::vector<std::string> problems;
  if (std::string wrong = set_cores(settings.core_dumps); !wrong.empty())
    problems.push_back(std::move(wrong));
  if (settings.landlock) {
    files.read.insert(files.read.end(), kSystemFiles.begin(), kSystemFiles.end());
    files.write.emplace_back("/dev/null");
    append(files.read, settings.read);
    append(files.write, settings.write);
    if (auto done = restrict_files(files); !done)
      problems.push_back(fmt::format("{}: files are not restricted", done.error()));
  }
  if (auto done = restrict_calls(kSanitized ? SeccompMode::no : settings.seccomp, calls); !done)
    problems.push_back(fmt::format("{}: system calls are not restricted", done.error()));
  return problems;
}

}  // namespace weir::engine
