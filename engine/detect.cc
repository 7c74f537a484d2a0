#include "engine/detect.h"

namespace weir::engine {

struct FlowDetect::Impl {};
FlowDetect::FlowDetect() = default;
FlowDetect::~FlowDetect() = default;

struct Detect::Impl {
  std::shared_ptr<const rules::RuleSet> rules;
  DetectResult result;
};

Detect::Detect(std::shared_ptr<const rules::RuleSet> rules, const DetectSettings&, rules::SharedState&)
    : impl_(std::make_unique<Impl>()) {
  impl_->rules = std::move(rules);
}
Detect::~Detect() = default;

const DetectResult& Detect::run(const DetectInput&) {
  impl_->result.alerts.clear();
  return impl_->result;
}

bool Detect::finished(const Transaction&, AppProto, Direction) const { return true; }
void Detect::replace_rules(std::shared_ptr<const rules::RuleSet> rules) { impl_->rules = std::move(rules); }

}  // namespace weir::engine
