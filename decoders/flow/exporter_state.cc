#include "decoders/flow/exporter_state.h"

#include <algorithm>

namespace weir::flow {

void Account::add(const Account& other) {
  messages += other.messages;
  bytes += other.bytes;
  records += other.records;
  options += other.options;
  lost += other.lost;
  no_template += other.no_template;
  malformed += other.malformed;
  if (other.last_message < last_message) return;
  last_message = other.last_message;
  clock_offset_us = other.clock_offset_us;
  version = other.version;
  if (first_message == 0 || (other.first_message != 0 && other.first_message < first_message))
    first_message = other.first_message;
}

void LossCount::observe(std::uint16_t port, std::uint32_t number, std::uint32_t steps, bool known) {
  together_.observe(number, steps, known);
  auto* const end = ports_.begin() + port_count_;
  auto* of_port = std::find_if(ports_.begin(), end, [&](const OfPort& one) { return one.port == port; });
  if (of_port == end) {
    has_more_ports_ = has_more_ports_ || port_count_ == ports_.size();
    if (has_more_ports_) return;
    ++port_count_;
    of_port->port = port;
  }
  of_port->sequence.observe(number, steps, known);
}

std::uint64_t LossCount::lost() const {
  if (has_more_ports_) return together_.lost();
  std::uint64_t apart = 0;
  for (std::size_t i = 0; i < port_count_; ++i) apart += ports_[i].sequence.lost();
  return std::min(together_.lost(), apart);
}

Domain& ExporterState::domain(std::uint32_t id) {
  const auto found = domains_.find(id);
  if (found != domains_.end()) return *found->second;
  if (domains_.size() >= kMaxDomains) forget_silent_domain();
  return *domains_.emplace(id, std::make_unique<Domain>(budget_, id)).first->second;
}

// Its account stays, without its name.
void ExporterState::forget_silent_domain() {
  const auto silent = std::min_element(domains_.begin(), domains_.end(), [](const auto& a, const auto& b) {
    return a.second->account.last_message < b.second->account.last_message;
  });
  Account account = silent->second->account;
  account.lost = silent->second->loss.lost();
  without_domain.add(account);
  domains_.erase(silent);
}

bool ExporterState::make_room() {
  const auto greatest = std::max_element(domains_.begin(), domains_.end(), [](const auto& a, const auto& b) {
    return a.second->templates.size() < b.second->templates.size();
  });
  return greatest != domains_.end() && greatest->second->templates.drop_oldest();
}

bool ExporterState::learn(Domain& of, TemplateKey key, std::uint16_t port,
                          std::shared_ptr<const Template> made, TimeUs now) {
  std::size_t all = 0;
  for (const auto& [id, domain] : domains_) all += domain->templates.size();
  if (all >= kMaxTemplatesHeld) (void)make_room();
  return of.templates.learn(key, port, made, now) ||
         (make_room() && of.templates.learn(key, port, std::move(made), now));
}

void ExporterState::expire_templates(TimeUs before) {
  for (const auto& [id, domain] : domains_) domain->templates.expire(before);
}

std::uint32_t ExporterSampling::sampling(std::uint64_t sampler, std::uint32_t in_interface,
                                         std::uint32_t out_interface) const {
  if (!exporter_.says_sampling) return 1;
  std::uint32_t rate = domain_.options.rate(sampler, in_interface, out_interface);
  if (rate != 0) return rate;
  for (const auto& [id, other] : exporter_.domains()) {
    const std::uint32_t said = other->options.sampler_rate(sampler);
    if (said != 0 && rate != 0 && said != rate) return 1;
    if (said != 0) rate = said;
  }
  return std::max(rate, std::uint32_t{1});
}

}  // namespace weir::flow
