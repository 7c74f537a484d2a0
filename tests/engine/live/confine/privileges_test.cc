#include "engine/live/confine/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

Config config(const std::string& text) {
  auto parsed = Config::parse(text, "t.yaml", ".");
  REQUIRE(parsed);
  return std::move(*parsed);
}

TEST_CASE("the command line outweighs run-as as a whole") {
  const Config both = config("run-as: {user: alice, group: staff}\n");
  CHECK(RunAs::from(both, "", "").user == "alice");
  CHECK(RunAs::from(both, "", "").group == "staff");
  const RunAs named = RunAs::from(both, "bob", "");
  CHECK(named.user == "bob");
  CHECK(named.group.empty());
  const RunAs usual = RunAs::from(config("stats: {enabled: yes}\n"), "", "");
  CHECK(usual.user == (::geteuid() == 0 && ::getpwnam(kUsualUser) != nullptr ? kUsualUser : ""));
}

TEST_CASE("who goes on as root is told so, and why") {
  if (::geteuid() != 0) {
    CHECK(warning_of_root({}, std::nullopt).empty());
    return;
  }
  CHECK(warning_of_root({}, std::nullopt).find("there is no user weir; 'useradd --system") !=
        std::string::npos);
  CHECK(warning_of_root({"root", ""}, std::nullopt).find("as user root was asked for") != std::string::npos);
  CHECK(warning_of_root({"54321", ""}, Identity{.uid = 54321, .gid = 54321, .user = "54321"}).empty());
  CHECK_FALSE(warning_of_root({"", "nogroup"}, Identity{.uid = 0, .gid = 65534, .user = "root"}).empty());
}

TEST_CASE("users and groups are found by name and by number") {
  CHECK_FALSE(find_identity({}).value().has_value());
  const auto myself = find_identity({std::to_string(::geteuid()), std::to_string(::getegid())});
  REQUIRE(myself);
  CHECK_FALSE(myself->has_value());
  struct Row {
    const char *user, *group, *error;
  };
  for (const Row& row : {Row{"no-such-user", "", "no user 'no-such-user'"}, Row{"-1", "", "no user '-1'"},
                         Row{"4294967295", "", "no user '4294967295'"}, Row{"12x", "", "no user '12x'"},
                         Row{"0", "no-such-group", "no group 'no-such-group'"}}) {
    const auto identity = find_identity({row.user, row.group});
    REQUIRE_FALSE(identity.has_value());
    CHECK(identity.error().find(row.error) != std::string::npos);
  }
}

TEST_CASE("only root becomes somebody else") {
  const auto identity = find_identity({"54321", "54322"});
  if (::geteuid() != 0) {
    REQUIRE_FALSE(identity.has_value());
    CHECK(identity.error().find("start weir as root") != std::string::npos);
    return;
  }
  REQUIRE(identity);
  REQUIRE(identity->has_value());
  CHECK((*identity)->uid == 54321);
  CHECK((*identity)->gid == 54322);
  CHECK_FALSE((*identity)->has_entry);
  const auto nobody = find_identity({"nobody", ""});
  REQUIRE(nobody);
  REQUIRE(nobody->has_value());
  CHECK((*nobody)->gid == ::getpwnam("nobody")->pw_gid);
}

// "CapEff" of /proc/self/status.
std::string status_field(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return line.substr(name.size() + 2);
  return {};
}

int in_child(const std::function<int()>& what) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(what());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_CASE("a user and its one capability are all that is left of root") {
  if (::geteuid() != 0) {
    MESSAGE("left out: needs root");
    return;
  }
  CHECK(in_child([] {
          if (!drop_privileges(Identity{54321, 54322, "u", false}, {.net_raw = true})) return 100;
          if (status_field("Uid") != "54321\t54321\t54321\t54321") return 1;
          if (status_field("Gid") != "54322\t54322\t54322\t54322") return 2;
          if (::getgroups(0, nullptr) != 0) return 3;
          if (status_field("CapEff") != "0000000000002000" || status_field("CapPrm") != "0000000000002000")
            return 4;
          if (status_field("CapBnd") != "0000000000000000" || status_field("CapInh") != "0000000000000000")
            return 5;
          if (status_field("NoNewPrivs") != "1") return 6;
          return ::setuid(0) == 0 ? 7 : 0;
        }) == 0);
  CHECK(in_child([] {
          if (!drop_privileges(std::nullopt, {.net_raw = true, .net_admin = true, .files = true})) return 100;
          if (status_field("CapEff") != "0000000000003002" || status_field("CapBnd") != "0000000000000000")
            return 1;
          return ::geteuid() == 0 ? 0 : 2;
        }) == 0);
}

TEST_CASE("without root there is nothing to give up, and that is fine") {
  CHECK(in_child([] {
          if (::geteuid() == 0 && (::setgid(54321) != 0 || ::setuid(54321) != 0)) return 100;
          if (!drop_privileges(std::nullopt, {.net_raw = true})) return 1;
          return status_field("CapEff") == "0000000000000000" && status_field("NoNewPrivs") == "1" ? 0 : 2;
        }) == 0);
}

TEST_CASE("folders that are made belong to the user, those that were there do not") {
  const fs::path root = fs::temp_directory_path() / fmt::format("weir-folder-test-{}", ::getpid());
  fs::create_directories(root);
  const auto identity = ::geteuid() == 0 ? std::optional(Identity{54321, 54322, "u", false}) : std::nullopt;
  const auto owner = [](const fs::path& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_uid;
  };
  REQUIRE(make_folder((root / "a/b/").string(), identity));
  CHECK(owner(root) == ::geteuid());
  CHECK(owner(root / "a") == (identity ? 54321 : ::geteuid()));
  CHECK(owner(root / "a/b") == (identity ? 54321 : ::geteuid()));
  REQUIRE(make_folder(root.string(), identity));
  CHECK(owner(root) == ::geteuid());

  std::ofstream(root / "file") << "x";
  const auto wrong = make_folder((root / "file").string(), identity);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().find("file: ") != std::string::npos);
  CHECK_FALSE(make_folder((root / "file/c").string(), identity).has_value());
  fs::remove_all(root);
}

}  // namespace
}  // namespace weir::engine
