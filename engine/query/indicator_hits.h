// Conversations of our hosts with those that feeds of indicators list: by address or network, and by the names and fingerprints that
// records tell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/conversations.h"
#include "rules/ioc/indicator_table.h"

namespace weir::engine {

inline constexpr std::size_t kMaxHits = 1'000'000;   // pairs of host and indicator
inline constexpr std::size_t kMaxHitAddresses = 16;  // that are named of one

struct Hit {
  IpAddress host;                               // ours: the other end
  const rules::Indicator* indicator = nullptr;  // the table's
};
struct HitSums {
  std::uint64_t flows = 0, answered = 0;
  std::uint64_t began_there = 0;  // flows that the listed one began
  std::uint64_t packets = 0, bytes_out = 0, bytes_in = 0;
  TimeUs first = 0, last = 0;
  std::vector<IpAddress> addresses;  // at the other end, in the order in which they were met
};

// The conversations of records with any indicator, in the window of the call. Reads: only records of listed addresses, but all of
// them, with their details, when there are names or fingerprints in the table.
class IndicatorHits {
 public:
  // `table` lives longer.
  IndicatorHits(QuestionCall& call, const rules::IndicatorTable& table);
  tl::expected<void, std::string> read();

  struct Row {
    Hit hit;
    HitSums sums;
  };
  // The greatest number of bytes that went out first.
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  using Numbers = std::unordered_map<const rules::Indicator*, std::uint32_t>;
  class Consumer;

  void take(const Conversation& c);
  void note(const Conversation& c, const IpAddress& host, const IpAddress& other,
            const rules::Indicator* indicator);

  QuestionCall& call_;
  const rules::IndicatorTable& table_;
  bool by_detail_;                                 // names or fingerprints
  AddressSet listed_;                              // addresses and networks
  std::vector<const rules::Indicator*> in_order_;  // as the table has them
  Numbers numbers_;                                // places in that
  std::map<std::pair<IpAddress, std::uint32_t>, HitSums> hits_;
  std::uint64_t left_out_ = 0;
};

}  // namespace weir::engine
