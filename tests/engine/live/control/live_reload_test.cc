#include "engine/live/control/live_reload.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/live/sources/pulse.h"
#include "rules/set/program.h"
#include "tests/engine/live/empty_run.h"

using namespace weir;
using namespace weir::engine;
using std::chrono::milliseconds;

namespace {

// A run without workers whose rules lie in a folder.
struct Bench {
  explicit Bench(std::string_view rules) {
    write(rules);
    const auto loaded_config = Config::parse("", "test.yaml", "");
    RuleSetup loaded = set_up_rules(*loaded_config, sources().rules);
    reloader = std::make_unique<RuleReloader>(sources(), loaded.loaded);
    reload = std::make_unique<LiveReload>(reloader.get(), fds, workers, notifier);
    reload->begin_with(rules::RuleSet::build(std::move(loaded.loaded.signatures), *loaded.environment, {}), {});
  }
  void write(std::string_view rules) const { std::ofstream(folder / "a.rules") << rules; }
  [[nodiscard]] ReloadSources sources() const {
    ReloadSources out;
    out.rules.exclusive = {folder / "a.rules"};
    return out;
  }
  void request(const std::string& name) {
    reload->request([this, name](const ReloadResult& result) {
      answers.push_back(name + (result.done ? " " + std::to_string(reload->state().version) : " " + result.error));
    });
  }
  void wait_for_answers(std::size_t n) {
    for (int i = 0; i < 3000 && answers.size() < n; ++i) fds.wait(milliseconds(20));
    REQUIRE(answers.size() == n);
  }

  Folder folder;
  const Config config;
  LogOutputs outputs;
  LogWriter writer{outputs, LogWriterSettings::from(config)};
  LiveOptions options;
  PipelineSetup setup = *PipelineSetup::make(config, true);
  WorkerSet workers{options, setup, writer, nullptr, milliseconds(0)};
  FdLoop fds;
  ServiceNotifier notifier;
  std::unique_ptr<RuleReloader> reloader;
  std::unique_ptr<LiveReload> reload;
  std::vector<std::string> answers;
};

constexpr std::string_view kOne = "alert tcp any any -> any any (content:\"one\"; sid:1;)\n";
constexpr std::string_view kTwo = "alert tcp any any -> any any (content:\"two\"; sid:2;)\n";

}  // namespace

TEST_CASE("live reload: what is asked for while one is under way is one more reload, for all who asked") {
  Bench bench(kOne);
  bench.request("first");
  bench.write(std::string(kOne) + std::string(kTwo));  // the first may have read the file already
  bench.request("second");
  bench.request("third");
  bench.wait_for_answers(3);
  CHECK(bench.answers == std::vector<std::string>{"first 2", "second 3", "third 3"});
  CHECK(bench.reload->state().reloads_done == 2);
  CHECK(bench.reload->rules()->size() == 2);
  bench.request("fourth");
  bench.wait_for_answers(4);
  CHECK(bench.answers.back() == "fourth 4");
}

TEST_CASE("live reload: one that fails does not keep the next one from its turn") {
  Bench bench(kOne);
  bench.write("alert nonsense\n");
  bench.request("first");
  bench.request("second");
  bench.wait_for_answers(2);
  CHECK(bench.answers ==
        std::vector<std::string>{"first none of the rules could be loaded", "second none of the rules could be loaded"});
  CHECK(bench.reload->state().version == 1);
  CHECK(bench.reload->state().reloads_failed == 2);
  CHECK(bench.reload->rules()->size() == 1);
}

TEST_CASE("live reload: a run without rules says so at once") {
  Bench bench(kOne);
  LiveReload none(nullptr, bench.fds, bench.workers, bench.notifier);
  std::string error;
  none.request([&error](const ReloadResult& result) { error = result.error; });
  CHECK(error == "this run has no rules");
}
