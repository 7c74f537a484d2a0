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
    write_line(std::string_view(p.lines.text).substr(p.offset, newline - p.offset), group.order);
    p.offset = newline + 1;
  }
  if (++p.next_group != p.lines.groups.size()) return;
  done_[worker] += p.lines.text.size();
  pending_[worker].pop_front();
}

// Without a name the member goes, which is never the first one of its object.
void LineMerger::write_line(std::string_view line, const EventOrder& order) {
  const std::size_t at = files_ != nullptr ? line.find(output::kNamedLater) : std::string_view::npos;
  if (at == std::string_view::npos) return sink_.write_line(line);
  const std::string_view name = files_->at(order);
  const std::size_t before = name.empty() ? line.rfind(',', at) : at;
  named_.assign(line.substr(0, before)).append(name).append(line.substr(at + 1));
  sink_.write_line(named_);
}

}  // namespace weir::engine
