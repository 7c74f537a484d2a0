// Commands about data sets, with the answers of Suricata's.
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/live/control/control_commands.h"
#include "rules/state/dataset_list.h"

namespace weir::engine {
namespace {

// The set that a request names; the reply says what is wrong with it when there is none.
std::shared_ptr<rules::Dataset> named_set(ControlTarget& target, const ControlArguments& arguments,
                                          const ControlReply& reply) {
  const auto name = arguments.text("setname"), type_name = arguments.text("settype");
  if (!name || !type_name) {
    reply.fail(!name ? "setname is not a string" : "settype is not a string");
    return nullptr;
  }
  const auto type = rules::dataset_type(*type_name);
  if (!type) {
    reply.fail("unknown settype");
    return nullptr;
  }
  const auto rules = target.rule_set();
  auto set = rules == nullptr ? nullptr : rules->find_dataset(*name);
  if (set != nullptr && set->type() == *type) return set;
  reply.fail("set not found or wrong type");
  return nullptr;
}

// The value as the set holds it. None: it is not written as the set's values are; empty: there is none, and that was said.
std::optional<std::string> given_value(const rules::Dataset& set, const ControlArguments& arguments,
                                       const ControlReply& reply) {
  const auto text = arguments.text("datavalue");
  if (text) return rules::decode_dataset_value(set.type(), *text);
  reply.fail("datavalue is not string");
  return std::string{};
}

void put(rules::Dataset& set, const std::optional<std::string>& value, std::string context,
         const ControlReply& reply) {
  const auto done =
      value ? set.put(*value, {.context = std::move(context)}) : rules::Dataset::Put::wrong_size;
  switch (done) {
    case rules::Dataset::Put::added: return reply.ok("data added");
    case rules::Dataset::Put::was_there: return reply.ok("data already in set");
    case rules::Dataset::Put::wrong_size:
    case rules::Dataset::Put::full: return reply.fail("failed to add data");
  }
}

}  // namespace

void ctl_dataset_add(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto set = named_set(target, arguments, reply);
  if (set == nullptr) return;
  const auto value = given_value(*set, arguments, reply);
  if (value && value->empty()) return;
  if (value && set->contains(*value)) return reply.ok("data already in set");  // with the facts that it has
  put(*set, value, {}, reply);
}

void ctl_dataset_add_json(ControlTarget& target, const ControlArguments& arguments,
                          const ControlReply& reply) {
  const auto set = named_set(target, arguments, reply);
  if (set == nullptr) return;
  const auto value = given_value(*set, arguments, reply);
  if (value && value->empty()) return;
  const auto json = arguments.text("datajson");
  if (!json) return reply.fail("datajson is not string");
  auto context = rules::parse_context(*json);
  if (!context) return reply.fail("datajson is no JSON object");
  put(*set, value, std::move(*context), reply);
}

void ctl_dataset_remove(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto set = named_set(target, arguments, reply);
  if (set == nullptr) return;
  const auto value = given_value(*set, arguments, reply);
  if (value && value->empty()) return;
  value && set->remove(*value) ? reply.ok("data removed") : reply.fail("failed to remove data");
}

void ctl_dataset_lookup(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto set = named_set(target, arguments, reply);
  if (set == nullptr) return;
  const auto value = given_value(*set, arguments, reply);
  if (value && value->empty()) return;
  value && set->contains(*value) ? reply.ok("item found in set") : reply.fail("item not found in set");
}

void ctl_dataset_clear(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto set = named_set(target, arguments, reply);
  if (set == nullptr) return;
  set->clear();
  reply.ok("dataset cleared");
}

void ctl_dataset_dump(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  std::vector<std::string> errors;
  if (const auto rules = target.rule_set(); rules != nullptr) rules->save_datasets(errors);
  errors.empty() ? reply.ok("datasets dump done") : reply.fail(fmt::format("{}", fmt::join(errors, "; ")));
}

}  // namespace weir::engine
