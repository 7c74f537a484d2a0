#include "decoders/flow/option_tables.h"

#include <algorithm>
#include <limits>

#include "decoders/flow/field_value.h"

namespace weir::flow {

bool SamplingFields::take(const FieldStep& step, Bytes value) {
  switch (step.slot) {
    case Slot::sampling_interval:
      if (interval == 0) interval = to_number(value);
      return true;
    case Slot::sampled_packets: sampled = to_number(value); return true;
    case Slot::skipped_packets: skipped = to_number(value); return true;
    case Slot::sampling_size: size = to_number(value); return true;
    case Slot::sampling_population: population = to_number(value); return true;
    case Slot::sampling_probability: probability = to_float(value); return true;
    default: return false;
  }
}

std::uint32_t SamplingFields::rate() const {
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  double rate = 0;
  if (sampled != 0)
    rate = (static_cast<double>(sampled) + static_cast<double>(skipped)) / static_cast<double>(sampled);
  else if (interval != 0)
    rate = static_cast<double>(interval);
  else if (size != 0 && population >= size)
    rate = static_cast<double>(population) / static_cast<double>(size);
  else if (probability > 0 && probability <= 1)
    rate = 1 / probability;
  return static_cast<std::uint32_t>(std::min(rate + 0.5, kMost));
}

void OptionRecord::field(const FieldStep& step, Bytes value) {
  if (sampling.take(step, value)) return;
  switch (step.slot) {
    case Slot::sampler: sampler = to_number(value); break;
    case Slot::selection_sequence: sequence = to_number(value); break;
    case Slot::scope_template: template_number = to_number_of<std::uint16_t>(value); break;
    case Slot::scope_domain: domain = to_number_of<std::uint32_t>(value); break;
    case Slot::in_interface:
    case Slot::out_interface: interface = to_number_of<std::uint32_t>(value); break;
    case Slot::application_id: application = to_number(value); break;
    case Slot::interface_name:
      if (step.rank == 1 || interface_name.empty()) interface_name = to_text(value);
      break;
    case Slot::application_name: application_name = to_text(value); break;
    case Slot::boot_time: boot = to_time(step.type, value); break;
    default: break;
  }
}

bool OptionTables::learn(const OptionRecord& record) {
  bool kept = true;
  if (record.boot != 0) boot_ = record.boot;
  if (!record.interface_name.empty()) kept &= learn_interface(record.interface, record.interface_name);
  if (!record.application_name.empty())
    kept &= learn_application(record.application, record.application_name);
  const std::uint32_t rate = record.sampling.rate();
  if (rate != 0) return learn_sampling(record, rate) && kept;
  if (record.sequence != 0 && record.sampler != 0) kept &= learn_sequence(record.sequence, record.sampler);
  return kept;
}

// Of a scope and a sampler the sampler counts: the scope says no more than whose it is.
bool OptionTables::learn_sampling(const OptionRecord& record, std::uint32_t rate) {
  if (record.sampler != 0) return learn_rate(record.sampler, rate);
  if (record.interface != 0) return learn_interface_rate(record.interface, rate);
  if (record.domain != 0) return learn_domain_rate(record.domain, rate);
  if (record.template_number != 0) return learn_template_rate(record.template_number, rate);
  return learn_rate(0, rate);
}

std::uint32_t OptionTables::rate(const SamplingKeys& keys, std::uint16_t template_number) const {
  const std::uint64_t sampler = keys.sampler != 0 ? keys.sampler : get(sequences_, keys.sequence);
  std::uint32_t found = sampler != 0 ? get(sampler_rates_, sampler) : 0;
  if (found == 0) found = get(interface_rates_, keys.in_interface);
  if (found == 0) found = get(interface_rates_, keys.out_interface);
  if (found == 0) found = get(template_rates_, template_number);
  if (found == 0) found = get(sampler_rates_, 0);
  const bool names_none = !keys.has_sampler && sampler == 0;
  if (found == 0 && names_none && sampler_rates_.size() == 1) found = sampler_rates_.begin()->second;
  return found;
}

std::string_view OptionTables::interface_name(std::uint32_t interface) const {
  const auto found = interfaces_.find(interface);
  return found == interfaces_.end() ? std::string_view{} : found->second;
}

std::string_view OptionTables::application_name(std::uint64_t application) const {
  const auto found = applications_.find(application);
  return found == applications_.end() ? std::string_view{} : found->second;
}

template <class Values>
bool OptionTables::put(Values& values, std::uint64_t key, typename Values::mapped_type value,
                       std::size_t most) {
  const auto found = values.find(key);
  if (found != values.end()) {
    found->second = value;
    return true;
  }
  if (values.size() >= most || !charge(kEntryBytes)) return false;
  values.emplace(key, value);
  return true;
}

template bool OptionTables::put(Rates&, std::uint64_t, std::uint32_t, std::size_t);
template bool OptionTables::put(Sequences&, std::uint64_t, std::uint64_t, std::size_t);

bool OptionTables::put_name(Names& names, std::uint64_t key, std::string_view name, std::size_t most) {
  name = name.substr(0, kMaxNameBytes);
  const auto found = names.find(key);
  if (found != names.end()) {
    if (found->second != name) found->second = name;
    return true;
  }
  if (names.size() >= most || !charge(kEntryBytes + kMaxNameBytes)) return false;
  names.emplace(key, name);
  return true;
}

}  // namespace weir::flow
