#include "engine/query/indicator_hits.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/query/read_with.h"

namespace weir::engine {

// What is listed by address goes on as it is. What is listed by a name or a fingerprint gets the indicator's number as its tag.
class IndicatorHits::Consumer final : public flow::RecordConsumer {
 public:
  Consumer(IndicatorHits& hits, Conversations& into) : hits_(hits), into_(into) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      if (!hits_.by_detail_ || hits_.listed_.contains(r.source) || hits_.listed_.contains(r.destination))
        into_.add(r);
      if (hits_.by_detail_ && r.detail != nullptr) look_at_detail(r);
    }
  }

 private:
  void look_at_detail(const flow::Record& r) {
    const flow::Detail& d = *r.detail;
    const TimeUs at = times_of(r).second;
    const rules::IndicatorTable& table = hits_.table_;
    const std::array found{table.find_host(d.host, at), table.find_fingerprint(d.ja4, at),
                           table.find_fingerprint(d.certificate_sha256, at)};
    for (const auto* one = found.begin(); one != found.end(); ++one)
      if (*one != nullptr && std::find(found.begin(), one, *one) == one)
        into_.add(r, hits_.numbers_.at(*one) + 1);
  }

  IndicatorHits& hits_;
  ConversationConsumer into_;
};

IndicatorHits::IndicatorHits(QuestionCall& call, const rules::IndicatorTable& table)
    : call_(call),
      table_(table),
      by_detail_(table.has(rules::IndicatorKind::domain) || table.has(rules::IndicatorKind::fingerprint)) {
  in_order_.reserve(table.size());
  table.each([&](const rules::Indicator& i) {
    numbers_.emplace(&i, static_cast<std::uint32_t>(in_order_.size()));
    in_order_.push_back(&i);
    if (i.kind == rules::IndicatorKind::address || i.kind == rules::IndicatorKind::network)
      listed_.add(i.network);
  });
}

tl::expected<void, std::string> IndicatorHits::read() {
  Conversations conversations({.raw = call_.options.raw}, [&](const Conversation& c) { take(c); });
  RecordQuery query = window_of(call_);
  query.fields = by_detail_ ? kConversationFields | Field::detail : kConversationFields;
  if (!by_detail_) query.hosts = listed_;
  query.rollups = conversation_rollups();
  if (by_detail_) query.rollups->untold = "names, unless they keep sni, nor fingerprints";
  if (const auto done = read_with<Consumer>(call_, query, *this, conversations); !done)
    return tl::unexpected(done.error());
  finish(call_, conversations);
  if (left_out_ != 0)
    call_.warnings.push_back(
        fmt::format("more than {} pairs of host and indicator: {} conversations of others are left out",
                    kMaxHits, left_out_));
  return {};
}

void IndicatorHits::take(const Conversation& c) {
  if (c.tag != 0) return note(c, c.client, c.server, in_order_[c.tag - 1]);
  note(c, c.client, c.server, table_.find_address(c.server, c.server_port, c.last()));
  note(c, c.server, c.client, table_.find_address(c.client, c.client_port, c.last()));
}

void IndicatorHits::note(const Conversation& c, const IpAddress& host, const IpAddress& other,
                         const rules::Indicator* indicator) {
  if (indicator == nullptr) return;
  const std::pair key(host, numbers_.at(indicator));
  auto found = hits_.find(key);
  if (found == hits_.end() && hits_.size() >= kMaxHits) {
    ++left_out_;
    return;
  }
  if (found == hits_.end()) found = hits_.emplace(key, HitSums{}).first;
  HitSums& sums = found->second;
  const Seen &out = c.side(host == c.client ? Direction::to_server : Direction::to_client),
             &in = c.side(host == c.client ? Direction::to_client : Direction::to_server);
  sums.first = sums.flows == 0 ? c.first() : std::min(sums.first, c.first());
  sums.last = std::max(sums.last, c.last());
  sums.flows += c.flows;
  sums.answered += c.answered_flows;
  sums.began_there += host == c.server ? c.flows : 0;
  sums.packets += c.packets();
  sums.bytes_out += out.bytes;
  sums.bytes_in += in.bytes;
  if (sums.addresses.size() < kMaxHitAddresses &&
      std::find(sums.addresses.begin(), sums.addresses.end(), other) == sums.addresses.end())
    sums.addresses.push_back(other);
}

std::vector<IndicatorHits::Row> IndicatorHits::rows() const {
  std::vector<Row> out;
  for (const auto& [key, sums] : hits_)
    out.push_back({.hit = {.host = key.first, .indicator = in_order_[key.second]}, .sums = sums});
  for (Row& row : out) std::sort(row.sums.addresses.begin(), row.sums.addresses.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const Row& a, const Row& b) { return a.sums.bytes_out > b.sums.bytes_out; });
  return out;
}

}  // namespace weir::engine
