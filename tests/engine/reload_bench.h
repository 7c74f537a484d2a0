// A pipeline whose rules are given as text and replaced between packets, and connections played through it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/account/stats.h"
#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"
#include "output/eve_log.h"
#include "rules/load/rule_loader.h"
#include "rules/set/rule_set.h"
#include "rules/state/shared_state.h"
#include "tests/engine/frame_builder.h"

namespace weir::test {

inline std::shared_ptr<const rules::RuleSet> rules_from(std::string_view text,
                                                        const rules::RuleSet* previous = nullptr) {
  rules::RuleEnvironment environment;
  if (previous != nullptr) previous->hand_on(environment);
  rules::LoadedRules loaded;
  rules::load_rule_text(text, "test.rules", environment, loaded);
  for (const rules::RuleDiagnostic& d : loaded.diagnostics)
    if (!d.is_warning()) FAIL(rules::to_string(d));
  return rules::RuleSet::build(std::move(loaded.signatures), environment, {.previous = previous});
}

class ReloadBench {
 public:
  // Inline, what a segment brings is looked at at once, and not when it is acknowledged.
  explicit ReloadBench(std::string_view text, bool inline_mode = true)
      : config_(engine::Config::parse("outputs: [{eve-log: {enabled: yes, types: [alert: , flow: ]}}]",
                                      "test.yaml", "")),
        setup_(engine::PipelineSetup::make(*config_, inline_mode)),
        rules_(rules_from(text)),
        log_(config_->sub("outputs.0.eve-log"), types()),
        pipeline_(*setup_, rules_, shared_, {{&log_, &sink_}}, position_) {
    pipeline_.verify_checksums(false);
  }

  ~ReloadBench() {
    if (!abandoned_) pipeline_.finish();
  }
  ReloadBench(const ReloadBench&) = delete;
  ReloadBench& operator=(const ReloadBench&) = delete;

  void reload(std::string_view text) { reload(rules_from(text, rules_.get())); }
  void reload(std::shared_ptr<const rules::RuleSet> rules) {
    rules_ = std::move(rules);
    pipeline_.set_rules(rules_);
  }
  [[nodiscard]] const rules::RuleSet& rules() const { return *rules_; }

  engine::Verdict frame(std::string bytes) {
    last_ = std::move(bytes);
    time_ += 1000;
    return pipeline_.inspect({{reinterpret_cast<const std::uint8_t*>(last_.data()), last_.size()},
                              static_cast<std::uint32_t>(last_.size()),
                              time_,
                              ++number_,
                              1});
  }
  void finish() { pipeline_.finish(); }
  // The pipeline is destroyed with all that it holds, as of a worker that failed.
  void abandon() { abandoned_ = true; }
  // The sids of the alerts since the last call, in order: "1 2".
  std::string sids() {
    std::string out;
    for (const std::string& line : std::exchange(sink_.lines, {})) {
      const std::size_t at = line.find("\"signature_id\":");
      if (at == std::string::npos) continue;
      const std::size_t from = at + 15;
      if (!out.empty()) out.append(1, ' ');
      out.append(line, from, line.find(',', from) - from);
    }
    return out;
  }
  // All lines since the last call of either.
  std::vector<std::string> lines() { return std::exchange(sink_.lines, {}); }
  [[nodiscard]] const engine::Outcome& outcome() const { return pipeline_.outcome(); }
  // All flows there are, as the control socket's drop-flow does.
  void drop_flows() {
    std::size_t from = 0;
    do
      from = pipeline_.flows().visit(from, 1000, [this](engine::Flow& flow) { pipeline_.drop_flow(flow); });
    while (from != 0);
  }
  [[nodiscard]] engine::Counters counters() const { return pipeline_.counters(); }

 private:
  struct Sink final : output::Sink {
    std::vector<std::string> lines;
    void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) override { lines.emplace_back(line); }
    void flush() override {}
  };
  std::vector<output::EveLog::TypeEntry> types() const {
    std::vector<output::EveLog::TypeEntry> out;
    for (const auto& item : config_->items("outputs.0.eve-log.types"))
      out.push_back({item.name, item.settings});
    return out;
  }

  tl::expected<engine::Config, engine::ConfigError> config_;
  tl::expected<engine::PipelineSetup, std::string> setup_;
  std::shared_ptr<const rules::RuleSet> rules_;
  rules::SharedState shared_;
  engine::RunPosition position_;
  Sink sink_;
  output::EveLog log_;
  engine::Pipeline pipeline_;
  std::string last_;
  TimeUs time_ = 1'700'000'000'000'000;
  std::uint64_t number_ = 0;
  bool abandoned_ = false;
};

// One TCP connection: each call is a segment, acknowledged at once by the other side.
class Talk {
 public:
  Talk(ReloadBench& bench, FrameAddress client, FrameAddress server)
      : bench_(bench), client_(client), server_(server) {}
  void open() {
    (void)bench_.frame(tcp_frame(client_, server_, tcp_flag::syn, to_server_ - 1, 0));
    (void)bench_.frame(
        tcp_frame(server_, client_, tcp_flag::syn | tcp_flag::ack, to_client_ - 1, to_server_));
    (void)bench_.frame(tcp_frame(client_, server_, tcp_flag::ack, to_server_, to_client_));
  }
  engine::Verdict client(std::string_view data) {
    const auto verdict = bench_.frame(
        tcp_frame(client_, server_, tcp_flag::ack | tcp_flag::psh, to_server_, to_client_, data));
    to_server_ += static_cast<std::uint32_t>(data.size());
    (void)bench_.frame(tcp_frame(server_, client_, tcp_flag::ack, to_client_, to_server_));
    return verdict;
  }
  engine::Verdict server(std::string_view data) {
    const auto verdict = bench_.frame(
        tcp_frame(server_, client_, tcp_flag::ack | tcp_flag::psh, to_client_, to_server_, data));
    to_client_ += static_cast<std::uint32_t>(data.size());
    (void)bench_.frame(tcp_frame(client_, server_, tcp_flag::ack, to_server_, to_client_));
    return verdict;
  }
  void close() {
    (void)bench_.frame(tcp_frame(client_, server_, tcp_flag::fin | tcp_flag::ack, to_server_, to_client_));
    (void)bench_.frame(
        tcp_frame(server_, client_, tcp_flag::fin | tcp_flag::ack, to_client_, to_server_ + 1));
    (void)bench_.frame(tcp_frame(client_, server_, tcp_flag::ack, to_server_ + 1, to_client_ + 1));
  }

 private:
  ReloadBench& bench_;
  FrameAddress client_, server_;
  std::uint32_t to_server_ = 1001, to_client_ = 5001;
};

}  // namespace weir::test
