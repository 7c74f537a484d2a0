// What detection remembers of flows when the rules are replaced: numbers of rules become those of the new
// set.
//
// Done for a flow when its next packet comes, not for all flows at the reload.
#include <algorithm>

#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"

namespace weir::engine {
namespace {

// Rules that are gone or have another text are forgotten: they are looked at from the beginning.
template <class List>
void renumber(List& list, const rules::RuleLineage& lineage) {
  auto keep = list.begin();
  for (PendingRule& waiting : list)
    if (const auto now = lineage.find(waiting.serial)) {
      waiting.rule = *now;
      *keep++ = waiting;
    }
  list.erase(keep, list.end());
  std::sort(list.begin(), list.end(),
            [](const PendingRule& a, const PendingRule& b) { return a.rule < b.rule; });
}

}  // namespace

// A side that is not complete is scanned again, for the new rules; those that have alerted on it do not
// again, and those that wait go on with what they have met. A side that is done stays so.
void Detect::Impl::meet(Flow& flow) const {
  if (flow.detect == nullptr) flow.detect = std::make_unique<FlowDetect>();
  flow.detect->generation = program->lineage.generation();
  if (flow.app == nullptr || flow.app->parser == nullptr) return;
  const TransactionList& list = flow.app->parser->transactions();
  for (Transaction* tx = list.first(); tx != nullptr; tx = TransactionList::next(*tx)) {
    if (tx->detection == nullptr) continue;
    auto& memory = static_cast<TxDetect&>(*tx->detection);
    renumber(memory.both_sides, program->lineage);
    for (TxDetect::Side& side : memory.sides) {
      renumber(side.pending, program->lineage);
      side.alerted.erase(std::remove_if(side.alerted.begin(), side.alerted.end(),
                                        [&](rules::RuleSerial s) { return !program->lineage.find(s); }),
                         side.alerted.end());
      side.started = false;
    }
  }
}

}  // namespace weir::engine
