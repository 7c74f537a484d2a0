#include "engine/flows/loss_watch.h"

#include <algorithm>

namespace weir::engine {
namespace {

constexpr TimeUs kTellEvery = TimeUs{60} * 1'000'000;

template <class Map>
const typename Map::mapped_type* find(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::string_view lost_unit(std::uint8_t version) {
  return version == 9 || version == flow::kSflowVersion ? "messages" : "records";
}

// A count goes down when what had been lost came late, or when the one that it is of was forgotten and came back.
std::uint64_t LossWatch::news(const Told* known, std::uint64_t count, TimeUs now, bool all, Told& next) {
  if (known != nullptr) next = {std::min(known->count, count), known->when};
  const std::uint64_t more = count - next.count;
  if (more == 0 || (known != nullptr && !all && now - known->when < kTellEvery)) return 0;
  next = {count, now};
  return more;
}

std::vector<ExportGap> LossWatch::gaps(const flow::FlowDecoder& decoder, TimeUs now, bool all) {
  std::vector<ExportGap> out;
  std::map<GapKey, Told> next;
  decoder.for_each_account(
      [&](const IpAddress& exporter, std::optional<std::uint32_t> domain, const flow::Account& account) {
        if (!domain || account.lost == 0) return;
        const GapKey key{exporter, *domain};
        if (const std::uint64_t lost = news(find(gaps_, key), account.lost, now, all, next[key]); lost != 0)
          out.push_back({exporter, *domain, account.version, lost});
      });
  gaps_ = std::move(next);
  return out;
}

std::vector<TemplateAwaited> LossWatch::awaited(const flow::FlowDecoder& decoder, TimeUs now, bool all) {
  std::vector<TemplateAwaited> out;
  std::map<AwaitedKey, Told> next;
  decoder.for_each_missing([&](const IpAddress& exporter, std::uint32_t domain, std::uint16_t number,
                               const flow::MissingTemplate& missing) {
    const AwaitedKey key{{exporter, domain}, number};
    if (news(find(awaited_, key), missing.sets, now, all, next[key]) != 0)
      out.push_back({exporter, domain, number, missing});
  });
  awaited_ = std::move(next);
  return out;
}

}  // namespace weir::engine
