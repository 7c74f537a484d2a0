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

// One record of options data. Texts are views into it.
struct OptionRecord {
  SamplingFields sampling;
  std::uint64_t sampler = 0, application = 0;
  std::uint32_t interface = 0;
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

  // 0: nothing is known. By the sampler, which is 0 when the record names none; by the interface that it came in or went out by;
  // else what was said of all.
  [[nodiscard]] std::uint32_t rate(std::uint64_t sampler, std::uint32_t in_interface,
                                   std::uint32_t out_interface) const;
  // Empty when it is not known. Lives until the next learn().
  [[nodiscard]] std::string_view interface_name(std::uint32_t interface) const;
  [[nodiscard]] std::string_view application_name(std::uint64_t application) const;
  // When the exporter started; 0 when it did not say.
  [[nodiscard]] TimeUs boot() const { return boot_; }
  void set_boot(TimeUs boot) { boot_ = boot; }
  [[nodiscard]] bool has_names() const { return !interfaces_.empty() || !applications_.empty(); }

  using Rates = std::map<std::uint64_t, std::uint32_t>;  // keys are whatever exporters send: no hash
  using Names = std::map<std::uint64_t, std::string>;
  [[nodiscard]] const Rates& sampler_rates() const { return sampler_rates_; }
  [[nodiscard]] const Rates& interface_rates() const { return interface_rates_; }
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
  bool put(Rates& rates, std::uint64_t key, std::uint32_t rate, std::size_t most);
  bool put_name(Names& names, std::uint64_t key, std::string_view name, std::size_t most);
  [[nodiscard]] static std::uint32_t get(const Rates& rates, std::uint64_t key) {
    if (rates.empty()) return 0;
    const auto found = rates.find(key);
    return found == rates.end() ? 0 : found->second;
  }

  Budget* budget_;
  std::size_t charged_ = 0;
  Rates sampler_rates_, interface_rates_;  // key 0: said of all
  Names interfaces_, applications_;
  TimeUs boot_ = 0;
};

}  // namespace weir::flow
