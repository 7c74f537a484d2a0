#include "engine/log/line_merger.h"

namespace weir::engine {

void LineMerger::write_up_to(std::uint64_t packet) {
  queues_.take_up_to(packet, [this](Pending& p) { write_group(p); });
}

void LineMerger::write_group(Pending& p) {
  const OrderedLines::Group& group = p.lines.groups[p.next_group];
  const std::size_t end = group.end;
  if (group.condition != nullptr && !group.condition->holds()) p.offset = end;
  while (p.offset < end) {
    const std::size_t newline = p.lines.text.find('\n', p.offset);
    write_line(std::string_view(p.lines.text).substr(p.offset, newline - p.offset), group.order);
    p.offset = newline + 1;
  }
  ++p.next_group;
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
