#include "engine/query/filter/filter.h"

#include <algorithm>

#include "engine/query/filter/narrowing.h"

namespace weir::engine {

using filter::Node;

Filter::Place Filter::compile(const Node& node, Place when_passed, Place when_not) {
  switch (node.kind) {
    case Node::Kind::negation: return compile(node.parts.front(), when_not, when_passed);
    case Node::Kind::test:
      if (node.test.subject == filter::Subject::any) return when_passed;
      steps_.push_back({node.test, when_passed, when_not});
      narrow_.fields = narrow_.fields | filter::info_of(node.test.subject).fields;
      return static_cast<Place>(steps_.size() - 1);
    default: break;
  }
  // From the last part to the first, as each has to know where the next one begins.
  const bool wants_all = node.kind == Node::Kind::all;
  Place next = compile(node.parts.back(), when_passed, when_not);
  for (std::size_t i = node.parts.size() - 1; i-- > 0;)
    next = wants_all ? compile(node.parts[i], next, when_not) : compile(node.parts[i], when_passed, next);
  return next;
}

tl::expected<Filter, std::string> Filter::parse(std::string_view text) {
  const auto tree = filter::parse_filter(text);
  if (!tree) return tl::unexpected(describe(tree.error(), text));
  Filter out;
  out.entry_ = out.compile(*tree, kTake, kLeave);
  filter::narrow(*tree, out.narrow_);
  return out;
}

bool Filter::matches(const flow::Record& record) const {
  Place at = entry_;
  while (at < kLeave) {
    const Step& step = steps_[at];
    at = filter::passes(step.test, record) ? step.when_passed : step.when_not;
  }
  return at == kTake;
}

bool Filter::wants_whole_flows() const {
  return narrow_.fields.has(Field::counters) || narrow_.fields.has(Field::times) ||
         narrow_.fields.has(Field::tcp_flags);
}

}  // namespace weir::engine
