#include "decoders/flow/template.h"

#include <algorithm>
#include <optional>

#include "decoders/flow/own_elements.h"

namespace weir::flow {
namespace {

constexpr std::uint16_t kV9ScopeInterface = 2, kV9ScopeTemplate = 5;  // RFC 3954 6.1
constexpr std::uint16_t kTemplateId = 145, kObservationDomainId = 149;

// Of an element's values these lengths can be read. Counters and numbers may be shorter than their type (RFC 7011 6.2).
bool is_readable(DataType type, Slot slot, std::uint16_t length) {
  if (length == kVariableLength) return true;
  switch (type) {
    case DataType::ipv4Address: return length == 4;
    case DataType::ipv6Address: return length == 16;
    case DataType::macAddress: return length == 6;
    case DataType::dateTimeMicroseconds:
    case DataType::dateTimeNanoseconds: return length == 8;
    case DataType::float64: return length == 4 || length == 8;
    case DataType::string: return true;
    case DataType::octetArray:
      return slot == Slot::frame || slot == Slot::ip_packet || length <= sizeof(std::uint64_t);
    default: return length >= 1 && length <= sizeof(std::uint64_t);
  }
}

// A field that two elements of one template may say, where only the one of the lowest rank counts, even when it is zero: total
// and difference, before and after the router.
bool is_counter(Slot slot) {
  return slot == Slot::bytes || slot == Slot::packets;
}

// Of a scope. NetFlow v9 has numbers of its own for those; in IPFIX they are elements like others.
const Element* scope_meaning(Dialect dialect, const FieldSpecifier& field) {
  static constexpr Element kInterface{kV9ScopeInterface, "interface", DataType::unsigned32,
                                      Slot::in_interface, 1},
      kTemplate{kTemplateId, "templateId", DataType::unsigned16, Slot::scope_template, 1},
      kDomain{kObservationDomainId, "observationDomainId", DataType::unsigned32, Slot::scope_domain, 1};
  if (dialect == Dialect::netflow9)
    return field.number == kV9ScopeInterface  ? &kInterface
           : field.number == kV9ScopeTemplate ? &kTemplate
                                              : nullptr;
  if (field.enterprise == kIana && field.number == kTemplateId) return &kTemplate;
  if (field.enterprise == kIana && field.number == kObservationDomainId) return &kDomain;
  return find_element(field.enterprise, field.number);
}

// Null: nobody wants it.
const Element* meaning(Dialect dialect, const FieldSpecifier& field, bool is_scope) {
  const Element* const found = is_scope                       ? scope_meaning(dialect, field)
                               : dialect == Dialect::netflow9 ? find_v9_element(field.number)
                                                              : find_element(field.enterprise, field.number);
  if (found == nullptr || found->slot == Slot::none || !is_readable(found->type, found->slot, field.length))
    return nullptr;
  return found;
}

// How one of our own is read; none: it is another one, or of no use.
std::optional<FieldStep> own_step(const FieldSpecifier& field, std::uint32_t skip) {
  const auto own = find_own_element(field.number);
  if (!own || !is_readable(own->type, Slot::own, field.length)) return std::nullopt;
  return FieldStep{skip, field.length, Slot::own, own->type, 1, own->reverse, own->number};
}

// Whether an earlier step reads the same counter with the same or a lower rank; one with a higher rank is put out of use.
bool is_outranked(std::vector<FieldStep>& steps, const Element& element, bool reverse) {
  for (FieldStep& step : steps) {
    if (step.slot != element.slot || step.reverse != reverse) continue;
    if (step.rank <= element.rank) return true;
    step.slot = Slot::none;
  }
  return false;
}

}  // namespace

std::shared_ptr<const Template> Template::make(Dialect dialect, TemplateUse use,
                                               std::vector<FieldSpecifier> fields,
                                               std::uint32_t own_enterprise) {
  if (fields.empty() || fields.size() > kMaxFields || use.scopes > fields.size()) return nullptr;
  fields.shrink_to_fit();
  std::shared_ptr<Template> out(new Template(use, std::move(fields)));
  out->plan(dialect, own_enterprise);
  if (out->least_bytes_ == 0 || out->least_bytes_ > kMaxRecordBytes) return nullptr;
  return out;
}

void Template::plan(Dialect dialect, std::uint32_t own_enterprise) {
  std::uint32_t skip = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const FieldSpecifier& field = fields_[i];
    const bool is_variable = field.length == kVariableLength, reverse = field.enterprise == kReverse;
    least_bytes_ += is_variable ? 1 : field.length;
    const Element* element = meaning(dialect, field, i < use_.scopes);
    if (element != nullptr && is_counter(element->slot) && is_outranked(steps_, *element, reverse))
      element = nullptr;
    const bool is_own = own_enterprise != kIana && field.enterprise == own_enterprise &&
                        dialect == Dialect::ipfix && !reverse;
    const auto own = is_own ? own_step(field, skip) : std::nullopt;
    if (own)
      steps_.push_back(*own);
    else if (element != nullptr)
      steps_.push_back({skip, field.length, element->slot, element->type, element->rank, reverse});
    else if (is_variable)
      steps_.push_back({skip, field.length, Slot::none, DataType::octetArray, 1, false});
    else
      skip += field.length;
    if (own || element != nullptr || is_variable) skip = 0;
  }
  skip_at_end_ = skip;
  steps_.shrink_to_fit();
}

std::size_t Template::memory_bytes() const {
  return sizeof *this + fields_.capacity() * sizeof(FieldSpecifier) + steps_.capacity() * sizeof(FieldStep);
}

}  // namespace weir::flow
