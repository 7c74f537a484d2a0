// Accounts of exporters as the journal keeps them: the state of those that changed, again and again while a collector runs. A
// reader takes the last one of each run and adds the runs up. An account that was added to that of all that are no longer kept
// is written once more, with nothing in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "decoders/flow/exporter_state.h"
#include "decoders/ip_address.h"

namespace weir::output {

struct ExporterAccount {
  std::uint64_t run = 0;  // of the collector that counted
  IpAddress exporter;
  std::optional<std::uint32_t> domain;
  flow::Account account;
};

// As bytes of a block.
void append_account(std::vector<std::uint8_t>& to, const ExporterAccount& e);
// False: the bytes are no account, and `in` has failed.
bool take_account(ByteCursor& in, ExporterAccount& out);

// Sums up what a journal has.
class AccountSums {
 public:
  void add(const ExporterAccount& e);
  // The last state of each, with its run.
  [[nodiscard]] std::vector<ExporterAccount> last() const;
  // By exporter and domain, without the run and without those that have nothing in them.
  [[nodiscard]] std::vector<ExporterAccount> sums() const;

 private:
  struct Key {
    IpAddress exporter;
    std::optional<std::uint32_t> domain;
    std::uint64_t run = 0;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, flow::Account> last_;
};

}  // namespace weir::output
