// What an exporter says of itself in options data: how it samples, and the names of its interfaces and applications. One a
// domain.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "decoders/flow/elements.h"
#include "decoders/flow/limits.h"
#include "decoders/flow/template.h"
#include "decoders/types.h"

namespace weir::flow {

// The ways in which a rate of sampling is said, in options and in records.
struct SamplingFields {
  std::uint64_t interval = 0;              // 1 of so many
  std::uint64_t sampled = 0, skipped = 0;  // so many, then so many not
  std::uint64_t size = 0, population = 0;  // so many of so many
  double probability = 0;
  // Takes the value when it is one of these; false: it is not.
  bool take(const FieldStep& step, Bytes value);
  // N of 1:N, rounded; 0 when nothing was said.
  [[nodiscard]] std::uint32_t rate() const;
};

// By what the rate of a record is looked up.
struct SamplingKeys {
  bool has_sampler = false;  // it says which, if only that there is none (0)
  std::uint64_t sampler = 0, sequence = 0;
  std::uint32_t in_interface = 0, out_interface = 0;
};

// One record of options data. Texts are views into it.
struct OptionRecord {
  SamplingFields sampling;
  std::uint64_t sampler = 0, sequence = 0, application = 0;
  std::uint32_t interface = 0;
  // Its scope, where it is no more than that: a template, an observation domain.
  std::uint16_t template_number = 0;
  std::uint32_t domain = 0;
  std::string_view interface_name, application_name;
  TimeUs boot = 0;  // systemInitTimeMilliseconds
  void field(const FieldStep& step, Bytes value);
};

class OptionTables {
 public:
  explicit OptionTables(Budget& budget) : budget_(&budget) {}
  ~OptionTables() { budget_->give(charged_); }
  OptionTables(const OptionTables&) = delete;
  OptionTables& operator=(const OptionTables&) = delete;

  // False: there was no room for some of it, which is not kept. Likewise those that follow.
  bool learn(const OptionRecord& record);
  bool learn_rate(std::uint64_t sampler, std::uint32_t rate) {
    return put(sampler_rates_, sampler, rate, kMaxSamplers);
  }
  bool learn_interface_rate(std::uint32_t interface, std::uint32_t rate) {
    return put(interface_rates_, interface, rate, kMaxInterfaces);
  }
  bool learn_template_rate(std::uint16_t number, std::uint32_t rate) {
    return put(template_rates_, number, rate, kMaxSamplers);
  }
  // Domain 0 says it of another one.
  bool learn_domain_rate(std::uint32_t domain, std::uint32_t rate) {
    return put(domain_rates_, domain, rate, kMaxDomains);
  }
  // Which sampler a selection sequence (RFC 5476) has, which is how PSAMP names it in records.
  bool learn_sequence(std::uint64_t sequence, std::uint64_t sampler) {
    return put(sequences_, sequence, sampler, kMaxSamplers);
  }

  // 0: nothing is known. By the sampler, or that of the selection sequence; by the interface that it came in or went out by; by
  // its template; else what was said of all, and where records name no sampler that of the only one that there is.
  [[nodiscard]] std::uint32_t rate(const SamplingKeys& keys, std::uint16_t template_number) const;
  // Some exporters name a domain and send all as domain 0: the only one that is named is that.
  [[nodiscard]] std::uint32_t domain_rate(std::uint32_t domain) const {
    return domain == 0 && domain_rates_.size() == 1 ? domain_rates_.begin()->second
                                                    : get(domain_rates_, domain);
  }
  // Empty when it is not known. Lives until the next learn().
  [[nodiscard]] std::string_view interface_name(std::uint32_t interface) const;
  [[nodiscard]] std::string_view application_name(std::uint64_t application) const;
  // When the exporter started; 0 when it did not say.
  [[nodiscard]] TimeUs boot() const { return boot_; }
  void set_boot(TimeUs boot) { boot_ = boot; }
  [[nodiscard]] bool has_names() const { return !interfaces_.empty() || !applications_.empty(); }

  using Rates = std::map<std::uint64_t, std::uint32_t>;  // keys are whatever exporters send: no hash
  using Sequences = std::map<std::uint64_t, std::uint64_t>;
  using Names = std::map<std::uint64_t, std::string>;
  [[nodiscard]] const Rates& sampler_rates() const { return sampler_rates_; }
  [[nodiscard]] const Rates& interface_rates() const { return interface_rates_; }
  [[nodiscard]] const Rates& template_rates() const { return template_rates_; }
  [[nodiscard]] const Rates& domain_rates() const { return domain_rates_; }
  [[nodiscard]] const Sequences& sequences() const { return sequences_; }
  [[nodiscard]] const Names& interfaces() const { return interfaces_; }
  [[nodiscard]] const Names& applications() const { return applications_; }
  bool learn_interface(std::uint64_t interface, std::string_view name) {
    return put_name(interfaces_, interface, name, kMaxInterfaces);
  }
  bool learn_application(std::uint64_t application, std::string_view name) {
    return put_name(applications_, application, name, kMaxApplications);
  }

 private:
  static constexpr std::size_t kEntryBytes = 64;  // of a map's node, about
  bool charge(std::size_t bytes) {
    if (!budget_->take(bytes)) return false;
    charged_ += bytes;
    return true;
  }
  bool learn_sampling(const OptionRecord& record, std::uint32_t rate);
  template <class Values>
  bool put(Values& values, std::uint64_t key, typename Values::mapped_type value, std::size_t most);
  bool put_name(Names& names, std::uint64_t key, std::string_view name, std::size_t most);
  template <class Values>
  [[nodiscard]] static typename Values::mapped_type get(const Values& values, std::uint64_t key) {
    if (values.empty()) return 0;
    const auto found = values.find(key);
    return found == values.end() ? 0 : found->second;
  }

  Budget* budget_;
  std::size_t charged_ = 0;
  Rates sampler_rates_, interface_rates_;  // key 0: said of all
  Rates template_rates_, domain_rates_;
  Sequences sequences_;
  Names interfaces_, applications_;
  TimeUs boot_ = 0;
};

}  // namespace weir::flow
