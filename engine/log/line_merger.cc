#include "engine/log/line_merger.h"

namespace weir::engine {

void LineMerger::write_up_to(std::uint64_t packet) {
  for (;;) {
    std::deque<Pending>* first = nullptr;
    for (std::deque<Pending>& queue : pending_) {
      if (queue.empty()) continue;
      const EventOrder& order = queue.front().lines.groups[queue.front().next_group].order;
      if (order.packet > packet) continue;
      if (first == nullptr || order < first->front().lines.groups[first->front().next_group].order)
        first = &queue;
    }
    if (first == nullptr) return;
    write_group(*first);
  }
}

void LineMerger::write_group(std::deque<Pending>& queue) {
  Pending& p = queue.front();
  const OrderedLines::Group& group = p.lines.groups[p.next_group];
  const std::size_t end = group.end;
  if (group.condition != nullptr && !group.condition->holds()) p.offset = end;
  while (p.offset < end) {
    const std::size_t newline = p.lines.text.find('\n', p.offset);
    sink_.write_line(std::string_view(p.lines.text).substr(p.offset, newline - p.offset));
    p.offset = newline + 1;
  }
  if (++p.next_group == p.lines.groups.size()) queue.pop_front();
}

}  // namespace weir::engine
