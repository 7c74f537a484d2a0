// The templates of one domain of an exporter, by protocol and number, and by the port that they came from: several exporting
// processes may share an address, and each has its own ones (RFC 7011 8.4).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "decoders/flow/template.h"
#include "decoders/types.h"

namespace weir::flow {

struct TemplateKey {
  Dialect dialect = Dialect::ipfix;
  std::uint16_t number = 0;
  bool operator==(const TemplateKey&) const = default;
  [[nodiscard]] std::uint32_t packed() const {
    return static_cast<std::uint32_t>(dialect) << 16U | std::uint32_t{number};
  }
};

class TemplateStore {
 public:
  // `total` counts the templates of several stores, and lives longer, as does the budget.
  TemplateStore(Budget& budget, std::size_t& total) : budget_(budget), total_(total) {}
  ~TemplateStore() {
    budget_.give(charged_);
    total_ -= entries_.size();
  }
  TemplateStore(const TemplateStore&) = delete;
  TemplateStore& operator=(const TemplateStore&) = delete;

  // Keeps it in place of the one that the port had. False: there is no room for it in the budget.
  bool learn(TemplateKey key, std::uint16_t port, std::shared_ptr<const Template> made, TimeUs now);
  // It is known to be so; then it is the newest, and nothing has to be made.
  bool refresh(TemplateKey key, std::uint16_t port, const TemplateUse& use,
               std::span<const FieldSpecifier> fields, TimeUs now);
  // That of the port, else the newest; null when there is none. Lives until the store is changed.
  const Template* find(TemplateKey key, std::uint16_t port);

  // The port's own one, or the newest where it has none.
  void withdraw(TemplateKey key, std::uint16_t port);
  // All of the dialect that the port may withdraw: those for options, or the others.
  void withdraw_all(Dialect dialect, bool of_options, std::uint16_t port);
  // Those that nobody has sent since.
  void expire(TimeUs before);
  // The one that was used longest ago. False: there is none.
  bool drop_oldest();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // visit(key, port, template) for each, those that were used longest ago first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
      for (const OfPort& one : entry->ports) visit(entry->key, one.port, *one.made);
  }

 private:
  struct OfPort {
    std::uint16_t port = 0;
    std::shared_ptr<const Template> made;
    TimeUs learned = 0;
  };
  struct Entry {
    TemplateKey key;
    std::vector<OfPort> ports;  // the newest last; never empty
  };
  using Entries = std::list<Entry>;
  static constexpr std::size_t kEntryBytes = 160;  // of list, map and vector

  Entries::iterator find_entry(TemplateKey key);
  bool charge(std::size_t bytes);
  void credit(std::size_t bytes);
  void erase(Entries::iterator entry);
  template <class Fits>
  void erase_ports(Entries::iterator entry, Fits fits);

  Budget& budget_;
  std::size_t& total_;
  std::size_t charged_ = 0;
  Entries entries_;  // the one that was used last first
  std::unordered_map<std::uint32_t, Entries::iterator> by_key_;
};

}  // namespace weir::flow
