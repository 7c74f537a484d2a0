#include "rules/ioc/indicator_table.h"

#include <algorithm>
#include <type_traits>

#include <xxhash.h>

#include "decoders/text.h"

namespace weir::rules {
namespace {

constexpr std::size_t kLongestText = std::max(kMaxDomainBytes, kMaxFingerprintBytes);

// A text in lower case, without heap memory; nothing of one that is too long to be listed.
class LowerText {
 public:
  explicit LowerText(std::string_view text) {
    if (text.size() > text_.size()) return;
    size_ = text.size();
    std::transform(text.begin(), text.end(), text_.begin(), to_lower<char>);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, kLongestText> text_;
  std::size_t size_ = 0;
};

std::size_t family_index(const IpAddress& address) {
  return address.family == 6 ? 1 : 0;
}

// Without a port or the dot of the root behind it.
std::string_view plain_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && name.find(':') == colon) name = name.substr(0, colon);
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool is_better(const Indicator& a, const Indicator& b) {
  return a.confidence != b.confidence ? a.confidence > b.confidence : a.expiry == 0 && b.expiry != 0;
}

}  // namespace

std::string_view indicator_kind_name(IndicatorKind kind) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(IndicatorKind::count_)> kNames{
      "address", "network", "domain", "fingerprint"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::size_t IndicatorTable::NetworkHash::operator()(const NetworkKey& key) const {
  static_assert(std::has_unique_object_representations_v<NetworkKey>);
  return XXH3_64bits(&key, sizeof key);
}

std::span<const std::string_view> IndicatorTable::keep(std::span<const std::string_view> tags) {
  if (tags.empty()) return {};
  std::string joined;
  for (const std::string_view tag : tags.first(std::min(tags.size(), kMaxIndicatorTags))) {
    joined += tag.substr(0, kMaxIndicatorTagBytes);
    joined += '\n';
  }
  const auto [place, is_new] = tag_lists_by_text_.emplace(joined, tag_lists_.size());
  if (is_new) {
    auto& list = tag_lists_.emplace_back();
    std::string_view rest = joined;
    while (!rest.empty()) list.push_back(texts_.keep(cut(rest, '\n')));
  }
  return tag_lists_[place->second];
}

// Where the number of the first entry of its value and port stands; kNone in a new place.
std::uint32_t& IndicatorTable::first_of(const Indicator& kept) {
  if (kept.kind == IndicatorKind::domain) return domains_.try_emplace(kept.value, kNone).first->second;
  if (kept.kind == IndicatorKind::fingerprint)
    return fingerprints_.try_emplace(kept.value, kNone).first->second;
  const IpAddress& address = kept.network.address;
  auto& lengths = lengths_[family_index(address)];
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), kept.network.bits, std::greater<>{});
  if (place == lengths.end() || *place != kept.network.bits) lengths.insert(place, kept.network.bits);
  with_ports_ += kept.port != 0 ? 1 : 0;
  const NetworkKey key{IpNetwork::prefix(address, kept.network.bits), kept.network.bits, kept.port};
  return networks_.try_emplace(key, kNone).first->second;
}

IndicatorTable::Added IndicatorTable::add(const Indicator& indicator) {
  if (indicators_.size() >= kMaxIndicators) return Added::full;
  Indicator kept = indicator;
  kept.value = texts_.keep(LowerText(indicator.value).view());
  kept.feed = texts_.keep(indicator.feed);
  kept.tags = keep(indicator.tags);
  std::uint32_t& first = first_of(kept);
  std::size_t same = 0;
  for (std::uint32_t at = first; at != kNone; at = indicators_[at].next, ++same)
    if (Indicator& known = indicators_[at].indicator; known.feed == kept.feed) {
      if (known.expiry != 0) known.expiry = kept.expiry == 0 ? 0 : std::max(known.expiry, kept.expiry);
      known.confidence = std::max(known.confidence, kept.confidence);
      return Added::known;
    }
  if (same >= kMaxSameIndicators) return Added::full;
  indicators_.push_back({kept, first});
  first = static_cast<std::uint32_t>(indicators_.size() - 1);
  ++counts_[static_cast<std::size_t>(kept.kind)];
  return Added::yes;
}

const Indicator* IndicatorTable::best(std::uint32_t first, TimeUs now) const {
  const Indicator* out = nullptr;
  for (std::uint32_t at = first; at != kNone; at = indicators_[at].next) {
    const Indicator& one = indicators_[at].indicator;
    if (one.expiry != 0 && now != 0 && one.expiry <= now) continue;
    if (out == nullptr || is_better(one, *out)) out = &one;
  }
  return out;
}

const Indicator* IndicatorTable::find_network(const NetworkKey& key, TimeUs now) const {
  const auto found = networks_.find(key);
  return found == networks_.end() ? nullptr : best(found->second, now);
}

const Indicator* IndicatorTable::find_address(const IpAddress& address, std::uint16_t port,
                                              TimeUs now) const {
  if (address.family == 0) return nullptr;
  for (const std::uint8_t bits : lengths_[family_index(address)]) {
    NetworkKey key{IpNetwork::prefix(address, bits), bits, port};
    if (port != 0 && with_ports_ != 0)
      if (const Indicator* const found = find_network(key, now); found != nullptr) return found;
    key.port = 0;
    if (const Indicator* const found = find_network(key, now); found != nullptr) return found;
  }
  return nullptr;
}

const Indicator* IndicatorTable::find_text(const Texts& texts, std::string_view text, TimeUs now) const {
  const auto found = texts.find(text);
  return found == texts.end() ? nullptr : best(found->second, now);
}

const Indicator* IndicatorTable::find_domain(std::string_view name, TimeUs now) const {
  if (domains_.empty()) return nullptr;
  const LowerText lower(plain_name(name));
  // A name has at most kMaxDomainBytes, and a label at least a byte and a dot.
  for (std::string_view rest = lower.view(); !rest.empty(); (void)cut(rest, '.'))
    if (const Indicator* const found = find_text(domains_, rest, now); found != nullptr) return found;
  return nullptr;
}

const Indicator* IndicatorTable::find_host(std::string_view host, TimeUs now) const {
  std::string_view address = host;
  if (address.starts_with('[')) address = address.substr(1, address.find(']') - 1);
  for (const std::string_view text : {address, plain_name(host)})
    if (const auto found = parse_address(text)) return find_address(*found, 0, now);
  return find_domain(host, now);
}

const Indicator* IndicatorTable::find_fingerprint(std::string_view fingerprint, TimeUs now) const {
  return fingerprints_.empty() ? nullptr : find_text(fingerprints_, LowerText(fingerprint).view(), now);
}

}  // namespace weir::rules
