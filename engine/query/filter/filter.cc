#include "engine/query/filter/filter.h"

#include <algorithm>

#include "engine/query/filter/narrowing.h"

namespace weir::engine {
namespace {

using filter::Subject;
using output::RollupKey, output::RollupKeys;

// What has two sides.
RollupKeys side_keys(filter::Ends ends, RollupKey source, RollupKey destination) {
  if (ends == filter::Ends::source) return {source};
  if (ends == filter::Ends::destination) return {destination};
  return {source, destination};
}

// What a rollup must keep for the test; none: it tells sums only. Flags and answers are always kept apart.
std::optional<RollupKeys> keys_for(const filter::Test& test) {
  switch (test.subject) {
    case Subject::any:
    case Subject::answered:
    case Subject::unanswered:
    case Subject::tcp_flags:
    case Subject::sampling: return RollupKeys{};
    case Subject::ipv4:
    case Subject::ipv6: return RollupKeys{RollupKey::source};
    case Subject::address: return side_keys(test.ends, RollupKey::source, RollupKey::destination);
    case Subject::exporter:
    case Subject::domain: return RollupKeys{RollupKey::exporter};
    case Subject::port:
      if (test.ends == filter::Ends::either || test.ends == filter::Ends::both)
        return RollupKeys{RollupKey::filtered_port};
      return side_keys(test.ends, RollupKey::filtered_source_port, RollupKey::filtered_destination_port);
    case Subject::icmp_type:
    case Subject::icmp_code: return RollupKeys{RollupKey::filtered_destination_port};
    case Subject::protocol: return RollupKeys{RollupKey::protocol};
    case Subject::autonomous_system:
      return side_keys(test.ends, RollupKey::source_as, RollupKey::destination_as);
    case Subject::interface: return side_keys(test.ends, RollupKey::in_interface, RollupKey::out_interface);
    case Subject::vlan: return RollupKeys{RollupKey::vlan};
    case Subject::tos:
    case Subject::dscp: return RollupKeys{RollupKey::tos};
    case Subject::application: return RollupKeys{RollupKey::application};
    case Subject::name: return RollupKeys{RollupKey::name};
    default: return std::nullopt;
  }
}

}  // namespace

using filter::Node;

Filter::Place Filter::compile(const Node& node, Place when_passed, Place when_not) {
  switch (node.kind) {
    case Node::Kind::negation: return compile(node.parts.front(), when_not, when_passed);
    case Node::Kind::test:
      if (node.test.subject == filter::Subject::any) return when_passed;
      steps_.push_back({node.test, when_passed, when_not});
      if (const auto keys = keys_for(node.test); keys && rollup_keys_)
        rollup_keys_->add(*keys);
      else
        rollup_keys_.reset();
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

// Each part says what hit it alone.
bool Filter::wants_whole_flows() const {
  const auto is_about_hits = [](const Step& step) {
    const Subject subject = step.test.subject;
    return subject == Subject::signature || subject == Subject::indicator || subject == Subject::feed;
  };
  return narrow_.fields.has(Field::counters) || narrow_.fields.has(Field::times) ||
         narrow_.fields.has(Field::tcp_flags) || std::any_of(steps_.begin(), steps_.end(), is_about_hits);
}

}  // namespace weir::engine
