// What is known to be bad, from whatever feed: addresses and networks, each with a port or for all of them, names, and fingerprints
// of TLS. One table, in which a look-up costs the same however long the feeds are.
//
// Readers of feeds (feed_reader.h) add to it when a run starts; from then on it is immutable, and any number of threads may ask it
// without a lock or an allocation. Nothing in it knows of records or packets: whoever has an address, a name or a fingerprint asks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoders/ip_network.h"
#include "decoders/types.h"
#include "rules/values/text_pool.h"

namespace weir::rules {

enum class IndicatorKind : std::uint8_t { address, network, domain, fingerprint, count_ };
// "address", "network" ... Lives for ever.
std::string_view indicator_kind_name(IndicatorKind kind);

// Texts are the table's, or until it is added those of whoever adds it.
struct Indicator {
  IndicatorKind kind = IndicatorKind::address;
  IpNetwork network;       // of addresses (all their bits count) and networks
  std::uint16_t port = 0;  // of addresses and networks; 0: all
  std::string_view
      value;  // "192.0.2.1", "192.0.2.0/24:443", "evil.example", "t13d1516h2_8daaf6152771_e5627efa2ab1"
  std::string_view feed;        // where it comes from
  std::uint8_t confidence = 0;  // 1 to 100; 0: not said
  TimeUs expiry = 0;            // it says nothing from then on; 0: never
  std::span<const std::string_view> tags;
};

// Caps. What is beyond is refused.
inline constexpr std::size_t kMaxIndicators = 4'000'000;  // of all feeds
inline constexpr std::size_t kMaxSameIndicators = 16;     // of one value and port, in several feeds
inline constexpr std::size_t kMaxIndicatorTags = 16;      // of one
inline constexpr std::size_t kMaxIndicatorTagBytes = 64;  // of one tag; longer ones are cut
inline constexpr std::size_t kMaxDomainBytes = 253;       // RFC 1035 2.3.4, as text
inline constexpr std::size_t kMaxFingerprintBytes = 128;

class IndicatorTable {
 public:
  enum class Added : std::uint8_t { yes, known, full };  // known: the same value from the same feed
  // Copies its texts. Of kind, value and so on nothing is checked: see feed_reader.h.
  Added add(const Indicator& indicator);

  // What is listed at `now` (0: nothing has expired), the most telling one: of an address that with the port, else the address, else
  // the longest network with it in; of a name itself, else the nearest that it lies below. Of several feeds that with the greatest
  // confidence. Null: nothing. Costs a hash look-up, or two when there are ports, for each length of network in the table, and one for each
  // label of a name.
  [[nodiscard]] const Indicator* find_address(const IpAddress& address, std::uint16_t port, TimeUs now) const;
  // In any case, with or without a dot or a port ("host:8080") at its end.
  [[nodiscard]] const Indicator* find_domain(std::string_view name, TimeUs now) const;
  // The same of what a client asked for: a name, or an address ("192.0.2.1:8080", "[2001:db8::1]:443").
  [[nodiscard]] const Indicator* find_host(std::string_view host, TimeUs now) const;
  // In any case.
  [[nodiscard]] const Indicator* find_fingerprint(std::string_view fingerprint, TimeUs now) const;

  // Calls visit(indicator) for each, in the order in which they were added.
  template <class Visit>
  void each(Visit visit) const {
    for (const Entry& entry : indicators_) visit(entry.indicator);
  }
  [[nodiscard]] std::size_t size() const { return indicators_.size(); }
  [[nodiscard]] std::size_t size(IndicatorKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] bool has(IndicatorKind kind) const { return size(kind) != 0; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    Indicator indicator;
    std::uint32_t next = kNone;  // the same value and port, of another feed
  };
  struct NetworkKey {
    IpAddress address;  // bits beyond the prefix are 0
    std::uint8_t bits = 0;
    std::uint16_t port = 0;
    bool operator==(const NetworkKey&) const = default;
  };
  struct NetworkHash {
    std::size_t operator()(const NetworkKey& key) const;
  };
  using Texts = std::unordered_map<std::string_view, std::uint32_t>;  // to the first entry

  [[nodiscard]] const Indicator* best(std::uint32_t first, TimeUs now) const;
  [[nodiscard]] const Indicator* find_network(const NetworkKey& key, TimeUs now) const;
  [[nodiscard]] const Indicator* find_text(const Texts& texts, std::string_view text, TimeUs now) const;
  std::uint32_t& first_of(const Indicator& kept);
  std::span<const std::string_view> keep(std::span<const std::string_view> tags);

  TextPool texts_;
  std::vector<Entry> indicators_;
  std::vector<std::vector<std::string_view>> tag_lists_;  // each once
  std::unordered_map<std::string, std::size_t> tag_lists_by_text_;
  std::unordered_map<NetworkKey, std::uint32_t, NetworkHash> networks_;
  std::array<std::vector<std::uint8_t>, 2>
      lengths_;  // of prefixes that are there, by family (4, 6), the longest first
  std::size_t with_ports_ = 0;
  Texts domains_, fingerprints_;
  std::array<std::size_t, static_cast<std::size_t>(IndicatorKind::count_)> counts_{};
};

}  // namespace weir::rules
