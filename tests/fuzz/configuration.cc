// YAML, and everything that a start reads of it: what the pipeline, the parsers, the logs and the rules are told.
//
// Input: a configuration file. Files that it includes are looked for in the current folder.
#include "engine/config/config.h"

#include "engine/log/log_outputs.h"
#include "engine/pipeline/pipeline.h"
#include "engine/ruleset/rule_setup.h"
#include "output/eve_log.h"
#include "output/sink_settings.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

void read_logs(const engine::Config& config) {
  (void)engine::check_outputs(config);
  for (const auto& entry : config.items("outputs")) {
    (void)output::SinkSettings::from(*entry.settings, {"/nonexistent", "eve.json"});
    std::vector<output::EveLog::TypeEntry> types;
    for (const auto& item : config.items(entry.path + ".types")) types.push_back({item.name, item.settings});
    const output::EveLog log(*entry.settings, types);
    (void)log.wants(output::EventType::alert);
  }
}

}  // namespace

void fuzz_configuration(Bytes bytes) {
  auto config = engine::Config::parse(Input(bytes).rest_text(), "fuzz.yaml", "");
  if (!config) {
    must(!config.error().message.empty(), "an error says what is wrong");
    return;
  }
  // One of both modes: making the database of protocol patterns is most of the work.
  const auto setup = engine::PipelineSetup::make(*config, bytes.size() % 2 == 0);
  must(setup || !setup.error().empty(), "an error says what is wrong");
  read_logs(*config);
  (void)engine::set_up_rules(
      *config, {.exclusive = {}, .additional = {}, .no_rules = true, .data_dir = {}, .inline_mode = false});
  (void)config->check_keys();
  for (const std::string& message : config->take_unreadable_values())
    must(!message.empty(), "a message is not empty");
  (void)config->set("stream.midstream=true");
}

}  // namespace weir::fuzz
