#include "engine/live/confine/confinement.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "engine/live/confine/landlock.h"

using namespace weir;
using namespace weir::engine;

namespace {

Config config_of(const std::string& text) {
  auto config = Config::parse(text, "t.yaml", ".");
  REQUIRE(config);
  return std::move(*config);
}

// In a child, as what is given up does not come back.
bool is_confined(const ConfinementPlan& plan, const std::string& text) {
  const Config config = config_of(text);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(confine_offline(plan, config).has_value() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE(
    "an export file that is rotated in a folder of others is refused where the sandbox lets nothing be "
    "renamed") {
  if (landlock_version() == 0) {
    MESSAGE("left out: the kernel has no Landlock");
    return;
  }
  ConfinementPlan plan;
  plan.rotated_files = {"/tmp/x.ipfix"};
  const auto refused = confine_offline(plan, config_of("weir: {}\n"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().find("--flow-export file:/tmp/x.ipfix: ") == 0);
  CHECK(refused.error().find("add /tmp to weir.sandbox.write") != std::string::npos);
  CHECK(is_confined(plan, "weir: {sandbox: {write: [/tmp], seccomp: no}}\n"));
  CHECK(is_confined(plan, "weir: {sandbox: {landlock: no, seccomp: no}}\n"));
  CHECK_FALSE(is_confined(plan, "weir: {sandbox: {write: [/tmp/other], seccomp: no}}\n"));
  plan.rotated_files = {"/tmp/of-its-own/x.ipfix"};
  CHECK(is_confined(plan, "weir: {sandbox: {seccomp: no}}\n"));
}
