// What a decoder keeps of an exporter: its domains, with templates, options, accounts, and data that waits.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "decoders/flow/held_data.h"
#include "decoders/flow/option_tables.h"
#include "decoders/flow/record_filler.h"
#include "decoders/flow/sequence.h"
#include "decoders/flow/template_store.h"

namespace weir::flow {

// What came from a domain of an exporter. `no_template` goes down again when held data finds its template.
struct Account {
  std::uint64_t messages = 0, bytes = 0;
  std::uint64_t records = 0;      // of flows, those that are not kept for want of addresses included
  std::uint64_t options = 0;      // records that say something of the exporter
  std::uint64_t lost = 0;         // messages, flows or records, as the protocol counts
  std::uint64_t no_template = 0;  // sets that wait for their template, or had to go
  std::uint64_t malformed = 0;    // messages, sets, templates and records that are not what the protocol says
  std::uint64_t over_limit =
      0;  // messages, sets, templates, options, samples and their parts, and times that memory was short: limits.h has no room
  std::int64_t clock_offset_us =
      0;  // how far its clock was ahead of ours with the last message, its way here included
  std::uint8_t version = 0;  // of NetFlow; 10 is IPFIX, 105 is sFlow 5
  TimeUs first_message = 0, last_message = 0;
  void add(const Account& other);
};
inline constexpr std::uint8_t kSflowVersion = 105;
// Nothing came.
inline bool is_empty(const Account& account) {
  return account.malformed == 0 && account.messages == 0 && account.over_limit == 0;
}

// Counts by the numbers of messages, for all ports of the exporter together, and for each on its own: exporting processes may
// share one count or not. What both agree on is lost.
class LossCount {
 public:
  void observe(std::uint16_t port, std::uint32_t number, std::uint32_t steps, bool known);
  [[nodiscard]] std::uint64_t lost() const;

 private:
  struct OfPort {
    std::uint16_t port = 0;
    Sequence sequence;
  };
  Sequence* apart(std::uint16_t port);

  Sequence together_;
  std::uint16_t first_port_ = 0;
  bool has_port_ = false, has_more_ports_ = false;
  std::vector<OfPort> ports_;  // from the second one on, which brings the first with it
};

// Data for whose template somebody waits.
struct MissingTemplate {
  TimeUs since = 0;
  std::uint64_t sets = 0;
};

class Domain {
 public:
  // `is_charged`: its memory was taken from the budget, and goes back.
  Domain(Budget& budget, std::size_t& templates_of_exporter, std::uint32_t number, bool is_charged)
      : id(number),
        templates(budget, templates_of_exporter),
        options(budget),
        budget_(budget),
        is_charged_(is_charged) {}
  ~Domain();
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;
  static std::size_t memory_bytes();

  using ByUse = std::list<Domain*>;

  const std::uint32_t id;
  ByUse::iterator place;  // in its exporter's list
  TemplateStore templates;
  OptionTables options;
  LossCount loss;
  Account account;

  // A set has come whose template is not there. Named are kMaxMissingNamed of them.
  void note_missing(TemplateKey key, TimeUs now);
  void forget_missing(TemplateKey key);
  [[nodiscard]] const std::map<std::uint32_t, MissingTemplate>& missing() const {
    return missing_;
  }  // by TemplateKey::packed()

 private:
  Budget& budget_;
  const bool is_charged_;
  std::map<std::uint32_t, MissingTemplate> missing_;
};

class ExporterState {
 public:
  // `budget`: of all exporters together. `enterprise`: own_enterprise.
  ExporterState(const IpAddress& from, Budget& budget, std::uint32_t enterprise = kIana)
      : address(from), own_enterprise(enterprise), budget_(kMaxStateBytes, &budget), held(budget_) {}

  using ByUse = std::list<ExporterState*>;

  const IpAddress address;
  const std::uint32_t own_enterprise;  // whose elements are those of own_elements.h; kIana: nobody's
  ByUse::iterator place;  // in its decoder's list

 private:
  Budget budget_;  // what this one takes

 public:
  HeldData held;
  Account
      without_domain;  // of messages whose domain could not be read, and of domains that are no longer kept
  bool says_sampling = false;

  // Makes it when it is new; the one that was silent longest makes room, and what waits for its templates goes with it.
  Domain& domain(std::uint32_t id);
  [[nodiscard]] const std::map<std::uint32_t, std::unique_ptr<Domain>>& domains() const { return domains_; }
  // When it started, as the domain says, else domain 0, which stands for the exporter as a whole; 0: neither did.
  [[nodiscard]] TimeUs boot(const Domain& of) const;
  // Keeps a template of one of its domains, if need be in place of the one that was used longest ago. False: there is no room.
  bool learn(Domain& of, TemplateKey key, std::uint16_t port, std::shared_ptr<const Template> made,
             TimeUs now);
  // Forgets templates that were not sent since, and data that waits since.
  void expire(TimeUs templates_before, TimeUs held_before);

  [[nodiscard]] std::size_t state_bytes() const { return budget_.used(); }
  // Forgets what can be done without first, down to so many bytes: data that waits, templates, domains.
  void shrink(std::size_t bytes);

 private:
  void forget_silent_domain();
  bool make_room(Domain& learning);
  bool drop_from_greatest();

  std::map<std::uint32_t, std::unique_ptr<Domain>> domains_;
  Domain::ByUse by_use_;       // the one that was used last first
  std::size_t templates_ = 0;  // of all domains
};

// The rate that is known of a record's sampler, interface or template: by its domain, else by domain 0, which stands for the exporter
// as a whole (RFC 7011 3.1), and may say it of a domain. Nothing known is 1.
class ExporterSampling final : public SamplingSource {
 public:
  // Of records by this template.
  ExporterSampling(const ExporterState& exporter, const Domain& domain, std::uint16_t template_number)
      : exporter_(exporter), domain_(domain), template_(template_number) {}
  [[nodiscard]] std::uint32_t sampling(const SamplingKeys& keys) const override;

 private:
  const ExporterState& exporter_;
  const Domain& domain_;
  std::uint16_t template_;
};

}  // namespace weir::flow
