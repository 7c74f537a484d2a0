#include "engine/log/deferred_alert.h"

#include <optional>
#include <utility>

namespace weir::engine {
namespace {

class FlowAlerted final : public output::LineCondition {
 public:
  FlowAlerted(std::shared_ptr<FlowAlerts> alerts, bool wanted) : alerts_(std::move(alerts)), wanted_(wanted) {}
  bool holds() override { return alerts_->any_written == wanted_; }

 private:
  std::shared_ptr<FlowAlerts> alerts_;
  bool wanted_;
};

}  // namespace

std::shared_ptr<output::LineCondition> FlowAlerts::condition(std::shared_ptr<FlowAlerts> alerts, bool wanted) {
  return std::make_shared<FlowAlerted>(std::move(alerts), wanted);
}

// Decides when it is first asked.
class DeferredAlerts::Condition final : public output::LineCondition {
 public:
  Condition(DeferredAlerts& owner, const rules::Signature& signature, const rules::ThresholdTracker& tracker,
            TimeUs time, std::shared_ptr<FlowAlerts> flow)
      : owner_(owner), signature_(signature), tracker_(tracker), time_(time), flow_(std::move(flow)) {}

  bool holds() override {
    if (written_) return *written_;
    const auto decision = owner_.shared_.decide(signature_, tracker_, time_, rules::ThresholdUse::line);
    written_ = decision.alert && decision.act;
    ++(*written_ ? owner_.counters_.detect_alert : owner_.counters_.detect_alerts_suppressed);
    if (flow_ != nullptr && *written_) flow_->any_written = true;
    return *written_;
  }

 private:
  DeferredAlerts& owner_;
  const rules::Signature& signature_;
  rules::ThresholdTracker tracker_;
  TimeUs time_;
  std::shared_ptr<FlowAlerts> flow_;
  std::optional<bool> written_;
};

std::shared_ptr<output::LineCondition> DeferredAlerts::about(const rules::Signature& signature,
                                                             const rules::ThresholdTracker& tracker, TimeUs time,
                                                             std::shared_ptr<FlowAlerts> flow) {
  auto condition = std::make_shared<Condition>(*this, signature, tracker, time, std::move(flow));
  undecided_.add_condition(condition);
  return condition;
}

}  // namespace weir::engine
