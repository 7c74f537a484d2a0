#include "engine/live/confine/privileges.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

namespace fs = std::filesystem;

std::optional<unsigned> number(const std::string& text) {
  const auto value = parse_number<unsigned>(text);
  // The greatest one means "leave it" to the kernel.
  return value == static_cast<unsigned>(-1) ? std::nullopt : value;
}

tl::expected<Identity, std::string> find_user(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  const auto uid = number(user);
  if (entry == nullptr && uid) entry = ::getpwuid(*uid);
  if (entry != nullptr)
    return Identity{.uid = entry->pw_uid, .gid = entry->pw_gid, .user = entry->pw_name, .has_entry = true};
  if (uid) return Identity{.uid = *uid, .gid = *uid, .user = user, .has_entry = false};
  return tl::unexpected(
      fmt::format("run-as: no user '{0}'; 'useradd --system --no-create-home {0}' makes one", user));
}

tl::expected<gid_t, std::string> find_group(const std::string& group) {
  if (const ::group* entry = ::getgrnam(group.c_str())) return entry->gr_gid;
  if (const auto gid = number(group)) return *gid;
  return tl::unexpected(fmt::format("run-as: no group '{0}'; 'groupadd --system {0}' makes one", group));
}

// A folder that we have just made: nobody else's may have taken its place in between.
std::string give(const fs::path& folder, const Identity& identity) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat info {};
  std::string error;
  if (fd < 0 || ::fstat(fd, &info) != 0 || info.st_uid != ::geteuid() ||
      ::fchown(fd, identity.uid, identity.gid) != 0)
    error = fmt::format("{}: cannot be given to user {}: {}", folder.string(), identity.user,
                        std::strerror(errno));
  if (fd >= 0) ::close(fd);
  return error;
}

std::string identity_error(const Identity& identity) {
  return fmt::format("run-as: cannot become user {}: {}", identity.user, std::strerror(errno));
}

tl::expected<void, std::string> become(const Identity& identity) {
  const auto flags = static_cast<capng_flags_t>(
      CAPNG_CLEAR_BOUNDING | (identity.has_entry ? CAPNG_INIT_SUPP_GRP : CAPNG_DROP_SUPP_GRP));
  if (capng_change_id(static_cast<int>(identity.uid), static_cast<int>(identity.gid), flags) != 0)
    return tl::unexpected(identity_error(identity));
  if (::getuid() != identity.uid || ::geteuid() != identity.uid || ::getegid() != identity.gid)
    return tl::unexpected(identity_error(identity));
  return {};
}

}  // namespace

RunAs RunAs::from(const Config& config, const std::string& user, const std::string& group) {
  RunAs out{user, group};
  if (out.is_asked_for()) return out;
  out.user = config.text("run-as.user").value_or("");
  out.group = config.text("run-as.group").value_or("");
  if (!out.is_asked_for() && ::geteuid() == 0 && ::getpwnam(kUsualUser) != nullptr) out.user = kUsualUser;
  return out;
}

std::string warning_of_root(const RunAs& run_as, const std::optional<Identity>& identity) {
  if (::geteuid() != 0 || (identity && identity->uid != 0)) return {};
  if (!run_as.user.empty())
    return fmt::format("run-as: root is kept, as user {} was asked for; another user is safer", run_as.user);
  return fmt::format(
      "run-as: root is kept, as there is no user {0}; 'useradd --system --no-create-home {0}' makes one",
      kUsualUser);
}

tl::expected<std::optional<Identity>, std::string> find_identity(const RunAs& run_as) {
  if (!run_as.is_asked_for()) return std::nullopt;
  auto identity =
      run_as.user.empty()
          ? tl::expected<Identity, std::string>(Identity{::geteuid(), ::getegid(), current_user()})
          : find_user(run_as.user);
  if (!identity) return tl::unexpected(identity.error());
  if (!run_as.group.empty()) {
    const auto gid = find_group(run_as.group);
    if (!gid) return tl::unexpected(gid.error());
    identity->gid = *gid;
  }
  if (identity->uid == ::geteuid() && identity->gid == ::getegid()) return std::nullopt;
  if (::geteuid() != 0)
    return tl::unexpected(fmt::format(
        "run-as: user {} cannot become user {}: start weir as root, or leave run-as (--user, --group) away",
        current_user(), identity->user));
  return std::optional(*identity);
}

tl::expected<void, std::string> make_folder(const std::string& path,
                                            const std::optional<Identity>& identity,
                                            std::optional<mode_t> mode) {
  std::error_code error;
  std::vector<fs::path> missing;
  fs::path whole = fs::path(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // "a/b/"
  for (fs::path p = whole; !p.empty() && !fs::exists(p, error); p = p.parent_path()) missing.push_back(p);
  fs::create_directories(whole, error);
  if (error) return tl::unexpected(fmt::format("{}: {}", path, error.message()));
  if (!fs::is_directory(whole, error)) return tl::unexpected(fmt::format("{}: not a folder", path));
  if (mode && !missing.empty() && ::chmod(whole.c_str(), *mode) != 0)
    return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  if (!identity) return {};
  for (const fs::path& folder : missing)
    if (std::string wrong = give(folder, *identity); !wrong.empty()) return tl::unexpected(std::move(wrong));
  return {};
}

tl::expected<void, std::string> drop_privileges(const std::optional<Identity>& identity,
                                                const CapabilityNeeds& needs) {
  struct Row {
    unsigned capability;
    bool needed;
  };
  std::vector<unsigned> kept;
  for (const Row& row : {Row{CAP_NET_RAW, needs.net_raw}, Row{CAP_NET_ADMIN, needs.net_admin},
                         Row{CAP_DAC_OVERRIDE, needs.files}})
    if (row.needed && capng_have_capability(CAPNG_PERMITTED, row.capability) == 1)
      kept.push_back(row.capability);
  const bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
  capng_clear(CAPNG_SELECT_BOTH);
  for (const unsigned capability : kept)
    (void)capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), capability);
  if (identity) {
    if (auto done = become(*identity); !done) return done;
  } else if (capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0) {
    return tl::unexpected(fmt::format("capabilities cannot be given up: {}", std::strerror(errno)));
  }
  return forbid_new_privileges();
}

tl::expected<void, std::string> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return tl::unexpected(fmt::format("no_new_privs: {}", std::strerror(errno)));
  return {};
}

std::string current_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace weir::engine
