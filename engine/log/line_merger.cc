#include "engine/log/line_merger.h"

namespace weir::engine {

void LineMerger::write_up_to(std::uint64_t packet) {
  for (;;) {
    const EventOrder* first = nullptr;
    std::size_t whose = 0;
    for (std::size_t worker = 0; worker < pending_.size(); ++worker) {
      if (pending_[worker].empty()) continue;
      const Pending& p = pending_[worker].front();
      const EventOrder& order = p.lines.groups[p.next_group].order;
      if (order.packet > packet || (first != nullptr && !(order < *first))) continue;
      first = &order;
      whose = worker;
    }
    if (first == nullptr) return;
    write_group(whose);
  }
}

void LineMerger::write_group(std::size_t worker) {
  Pending& p = pending_[worker].front();
  const OrderedLines::Group& group = p.lines.groups[p.next_group];
  const std::size_t end = group.end;
  if (group.condition != nullptr && !group.condition->holds()) p.offset = end;
  while (p.offset < end) {
    const std::size_t newline = p.lines.text.find('\n', p.offset);
    sink_.write_line(std::string_view(p.lines.text).substr(p.offset, newline - p.offset));
    p.offset = newline + 1;
  }
  if (++p.next_group != p.lines.groups.size()) return;
  done_[worker] += p.lines.text.size();
  pending_[worker].pop_front();
}

}  // namespace weir::engine
