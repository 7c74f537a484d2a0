#include "decoders/flow/exporter_state.h"

#include <algorithm>
#include <utility>

namespace weir::flow {
namespace {

constexpr std::size_t kMissingBytes = 80;  // of a map's node, about

}  // namespace

void Account::add(const Account& other) {
  messages += other.messages;
  bytes += other.bytes;
  records += other.records;
  options += other.options;
  lost += other.lost;
  no_template += other.no_template;
  malformed += other.malformed;
  over_limit += other.over_limit;
  if (first_message == 0 || (other.first_message != 0 && other.first_message < first_message))
    first_message = other.first_message;
  if (other.last_message < last_message) return;
  last_message = other.last_message;
  clock_offset_us = other.clock_offset_us;
  version = other.version;
}

// Null: there is only one port, whose count is that of all together.
Sequence* LossCount::apart(std::uint16_t port) {
  if (ports_.empty() && port == first_port_) return nullptr;
  if (ports_.empty()) ports_.push_back({first_port_, together_});
  const auto known =
      std::find_if(ports_.begin(), ports_.end(), [&](const OfPort& one) { return one.port == port; });
  if (known != ports_.end()) return &known->sequence;
  has_more_ports_ = has_more_ports_ || ports_.size() == kMaxPortsCounted;
  if (has_more_ports_) return nullptr;
  return &ports_.emplace_back(OfPort{port, {}}).sequence;
}

void LossCount::observe(std::uint16_t port, std::uint32_t number, std::uint32_t steps, bool known) {
  if (!std::exchange(has_port_, true)) first_port_ = port;
  if (Sequence* const of_port = apart(port); of_port != nullptr) of_port->observe(number, steps, known);
  together_.observe(number, steps, known);
}

std::uint64_t LossCount::lost() const {
  if (has_more_ports_ || ports_.empty()) return together_.lost();
  std::uint64_t apart = 0;
  for (const OfPort& one : ports_) apart += one.sequence.lost();
  return std::min(together_.lost(), apart);
}

std::size_t Domain::memory_bytes() {
  constexpr std::size_t kNodeBytes = 96;  // of its place in the exporter's map
  return sizeof(Domain) + kNodeBytes;
}

Domain::~Domain() {
  budget_.give(missing_.size() * kMissingBytes + (is_charged_ ? memory_bytes() : 0));
}

void Domain::note_missing(TemplateKey key, TimeUs now) {
  const auto known = missing_.find(key.packed());
  if (known != missing_.end())
    ++known->second.sets;
  else if (missing_.size() < kMaxMissingNamed && budget_.take(kMissingBytes))
    missing_[key.packed()] = {now, 1};
}

void Domain::forget_missing(TemplateKey key) {
  if (missing_.erase(key.packed()) != 0) budget_.give(kMissingBytes);
}

Domain& ExporterState::domain(std::uint32_t id) {
  const auto found = domains_.find(id);
  if (found != domains_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second->place);
    return *found->second;
  }
  bool is_charged = domains_.size() < kMaxDomains && budget_.take(Domain::memory_bytes());
  if (!is_charged && !domains_.empty()) {
    forget_silent_domain();
    is_charged = budget_.take(Domain::memory_bytes());
  }
  // An exporter's first one is made in any case: there are no more of them than exporters.
  Domain& made =
      *domains_.emplace(id, std::make_unique<Domain>(budget_, templates_, id, is_charged)).first->second;
  by_use_.push_front(&made);
  made.place = by_use_.begin();
  return made;
}

TimeUs ExporterState::boot(const Domain& of) const {
  if (of.options.boot() != 0) return of.options.boot();
  const auto whole = domains_.find(0);
  return whole == domains_.end() ? 0 : whole->second->options.boot();
}

// Its account stays, without its name.
void ExporterState::forget_silent_domain() {
  const Domain& silent = *by_use_.back();
  Account account = silent.account;
  account.lost = silent.loss.lost();
  without_domain.add(account);
  held.forget(silent.id);
  by_use_.pop_back();
  domains_.erase(silent.id);
}

bool ExporterState::drop_from_greatest() {
  const auto greatest = std::max_element(domains_.begin(), domains_.end(), [](const auto& a, const auto& b) {
    return a.second->templates.size() < b.second->templates.size();
  });
  return greatest != domains_.end() && greatest->second->templates.drop_oldest();
}

// A domain that has its share makes room itself, so that nobody has to be looked for.
bool ExporterState::make_room(Domain& learning) {
  const bool has_share =
      learning.templates.size() >= std::max(kMaxTemplatesHeld / domains_.size(), std::size_t{1});
  return has_share ? learning.templates.drop_oldest() : drop_from_greatest();
}

bool ExporterState::learn(Domain& of, TemplateKey key, std::uint16_t port,
                          std::shared_ptr<const Template> made, TimeUs now) {
  if (templates_ >= kMaxTemplatesHeld) (void)make_room(of);
  return of.templates.learn(key, port, made, now) ||
         (make_room(of) && of.templates.learn(key, port, std::move(made), now));
}

void ExporterState::expire(TimeUs templates_before, TimeUs held_before) {
  for (const auto& [id, domain] : domains_) domain->templates.expire(templates_before);
  held.expire(held_before);
}

void ExporterState::shrink(std::size_t bytes) {
  const auto is_above = [&] { return state_bytes() > bytes; };
  if (is_above()) ++without_domain.over_limit;
  while (is_above() && held.drop_oldest()) {
  }
  while (is_above() && !by_use_.empty()) forget_silent_domain();
}

std::uint32_t ExporterSampling::sampling(const SamplingKeys& keys) const {
  if (!exporter_.says_sampling) return 1;
  std::uint32_t rate = domain_.options.rate(keys, template_);
  const auto whole = exporter_.domains().find(0);
  if (rate == 0 && whole != exporter_.domains().end()) {
    const OptionTables& options = whole->second->options;
    rate = options.domain_rate(domain_.id);
    // Template numbers are a domain's own.
    if (rate == 0) rate = options.rate(keys, 0);
  }
  return std::max(rate, std::uint32_t{1});
}

}  // namespace weir::flow
