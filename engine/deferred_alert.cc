#include "engine/deferred_alert.h"

#include <optional>

namespace weir::engine {
namespace {

class FlowAlerted final : public output::LineCondition {
 public:
  FlowAlerted(std::shared_ptr<FlowAlerts> alerts, bool wanted)
      : alerts_(std::move(alerts)), wanted_(wanted) {}
  bool holds() override { return alerts_->any_written() == wanted_; }

 private:
  std::shared_ptr<FlowAlerts> alerts_;
  bool wanted_;
};

}  // namespace

std::shared_ptr<output::LineCondition> FlowAlerts::condition(std::shared_ptr<FlowAlerts> alerts,
                                                             bool wanted) {
  return std::make_shared<FlowAlerted>(std::move(alerts), wanted);
}

bool FlowAlerts::any_written() const {
  for (const auto& alert : alerts_)
    if (alert->holds()) return true;
  return false;
}

class DeferredAlerts::Condition final : public output::LineCondition {
 public:
  Condition(DeferredAlerts& owner, const rules::Signature& signature, const rules::ThresholdTracker& tracker,
            TimeUs time)
      : owner_(owner), signature_(signature), tracker_(tracker), time_(time) {}

  bool holds() override {
    if (!decided_) {
      const auto decision = owner_.shared_.decide(signature_, tracker_, time_);
      decided_ = decision.alert && decision.act;
      ++(*decided_ ? owner_.counters_.detect_alert : owner_.counters_.detect_alerts_suppressed);
    }
    return *decided_;
  }

 private:
  DeferredAlerts& owner_;
  const rules::Signature& signature_;
  rules::ThresholdTracker tracker_;
  TimeUs time_;
  std::optional<bool> decided_;
};

std::shared_ptr<output::LineCondition> DeferredAlerts::about(const rules::Signature& signature,
                                                             const rules::ThresholdTracker& tracker,
                                                             TimeUs time) {
  return std::make_shared<Condition>(*this, signature, tracker, time);
}

}  // namespace weir::engine
