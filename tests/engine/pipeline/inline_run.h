// Frames through a pipeline of prevent (or detect) mode with rules and configuration given as text: the verdicts, and
// the events as lines.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"
#include "output/eve_log.h"
#include "rules/load/rule_loader.h"
#include "rules/state/shared_state.h"
#include "tests/engine/frame_builder.h"

namespace weir::test {

class LinesSink final : public output::Sink {
 public:
  explicit LinesSink(std::vector<std::string>& lines) : lines_(lines) {}
  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) override {
    lines_.emplace_back(line);
  }
  void flush() override {}

 private:
  std::vector<std::string>& lines_;
};

// What takes a while to make and may serve several runs.
class InlineParts {
 public:
  // `settings` are lines of YAML; the outputs are there already.
  // `budget` is that of a packet, in ticks; `fail_open` that of a gateway.
  explicit InlineParts(std::string_view rule_text, std::string_view settings = "", bool prevent = true,
                       engine::Ticks budget = 0, bool fail_open = false)
      : config(parse(settings)),
        setup(*engine::PipelineSetup::make(config, prevent, fail_open)),
        rules(build(rule_text, prevent)) {
    setup.packet_budget = budget;
  }
  [[nodiscard]] std::vector<output::EveLog::TypeEntry> types() const {
    std::vector<output::EveLog::TypeEntry> out;
    for (const auto& item : config.items("outputs.0.eve-log.types"))
      out.push_back({item.name, item.settings});
    return out;
  }

  engine::Config config;
  engine::PipelineSetup setup;
  std::shared_ptr<const rules::RuleSet> rules;

 private:
  static engine::Config parse(std::string_view settings) {
    std::string text =
        "outputs: [{eve-log: {enabled: yes, types: [{alert: {verdict: yes}}, {drop: {alerts: yes, flows: "
        "all, "
        "verdict: yes}}, {flow: {exception-policy: yes}}, {dns: }, {http: }, {anomaly: }]}}]\n";
    auto config = engine::Config::parse(text.append(settings), "test.yaml", "");
    REQUIRE(config.has_value());
    return std::move(*config);
  }
  static std::shared_ptr<const rules::RuleSet> build(std::string_view text, bool prevent) {
    rules::RuleEnvironment environment;
    environment.inline_mode = prevent;
    rules::LoadedRules loaded;
    rules::load_rule_text(text, "test.rules", environment, loaded);
    for (const rules::RuleDiagnostic& d : loaded.diagnostics) FAIL(to_string(d));
    return rules::RuleSet::build(std::move(loaded.signatures), environment, {});
  }
};

class InlineRun {
 public:
  explicit InlineRun(std::shared_ptr<const InlineParts> parts)
      : parts_(std::move(parts)),
        eve_(parts_->config.sub("outputs.0.eve-log"), parts_->types()),
        sink_(lines),
        pipeline(parts_->setup, parts_->rules, shared_, {{&eve_, &sink_}}, position_) {
    pipeline.verify_checksums(false);
  }
  // As InlineParts.
  explicit InlineRun(std::string_view rule_text, std::string_view settings = "", bool prevent = true,
                     engine::Ticks budget = 0)
      : InlineRun(std::make_shared<const InlineParts>(rule_text, settings, prevent, budget)) {}

  // 'a'ccept, 'd'rop or 'r'eject.
  char play(const std::string& frame) {
    const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
    const engine::Verdict verdict =
        pipeline.inspect({bytes, static_cast<std::uint32_t>(bytes.size()), time_ += 1000, ++number_, 1});
    return verdict == engine::Verdict::accept ? 'a' : verdict == engine::Verdict::drop ? 'd' : 'r';
  }
  std::string play_all(const std::vector<std::string>& frames) {
    std::string out;
    for (const std::string& frame : frames) out += play(frame);
    return out;
  }
  // Nothing comes for so many seconds.
  void wait(int seconds) { time_ += TimeUs{seconds} * 1'000'000; }
  void finish() { pipeline.finish(); }
  // Lines with all of these texts.
  [[nodiscard]] std::size_t count(std::string_view text, std::string_view other = "") const {
    std::size_t n = 0;
    for (const std::string& line : lines)
      n += line.find(text) != std::string::npos && line.find(other) != std::string::npos ? 1 : 0;
    return n;
  }

  std::vector<std::string> lines;

 private:
  std::shared_ptr<const InlineParts> parts_;
  output::EveLog eve_;
  LinesSink sink_;
  rules::SharedState shared_;
  engine::RunPosition position_;
  TimeUs time_ = 1'700'000'000'000'000;
  std::uint64_t number_ = 0;

 public:
  engine::Pipeline pipeline;
};

// One connection: frames of its two sides, numbered as they go.
class Connection {
 public:
  explicit Connection(FrameAddress client = {0x0a000001, 40000}, FrameAddress server = {0x0a000002, 80})
      : client_(client), server_(server) {}
  std::vector<std::string> handshake() {
    std::vector<std::string> out{
        tcp_frame(client_, server_, tcp_flag::syn, next_client_ - 1, 0),
        tcp_frame(server_, client_, tcp_flag::syn | tcp_flag::ack, next_server_ - 1, next_client_),
        tcp_frame(client_, server_, tcp_flag::ack, next_client_, next_server_)};
    return out;
  }
  std::string client(std::string_view data, std::uint8_t flags = tcp_flag::ack | tcp_flag::psh) {
    const std::uint32_t at = next_client_;
    next_client_ += static_cast<std::uint32_t>(data.size());
    return tcp_frame(client_, server_, flags, at, next_server_, data);
  }
  // The client's bytes from `offset` on behind the last that it has sent, which do not count as sent yet.
  [[nodiscard]] std::string client_at(std::size_t offset, std::string_view data) const {
    return tcp_frame(client_, server_, tcp_flag::ack | tcp_flag::psh,
                     next_client_ + static_cast<std::uint32_t>(offset), next_server_, data);
  }
  void client_has_sent(std::size_t bytes) { next_client_ += static_cast<std::uint32_t>(bytes); }
  // The same of the server.
  [[nodiscard]] std::string server_at(std::size_t offset, std::string_view data) const {
    return tcp_frame(server_, client_, tcp_flag::ack | tcp_flag::psh,
                     next_server_ + static_cast<std::uint32_t>(offset), next_client_, data);
  }
  void server_has_sent(std::size_t bytes) { next_server_ += static_cast<std::uint32_t>(bytes); }
  std::string server(std::string_view data, std::uint8_t flags = tcp_flag::ack | tcp_flag::psh) {
    const std::uint32_t at = next_server_;
    next_server_ += static_cast<std::uint32_t>(data.size());
    return tcp_frame(server_, client_, flags, at, next_client_, data);
  }

 private:
  FrameAddress client_, server_;
  std::uint32_t next_client_ = 1001, next_server_ = 5001;
};

}  // namespace weir::test
