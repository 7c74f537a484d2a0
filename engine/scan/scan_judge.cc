#include "engine/scan/scan_judge.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

std::uint16_t number_of(const flow::Exporter& exporter) {
  return static_cast<std::uint16_t>(scan_hash(exporter.address, exporter.domain) >> 16U);
}

}  // namespace

ScanJudge::ScanJudge(const std::vector<IpAddress>& candidates, const ScanSettings& settings,
                     const ScanLimits& limits)
    : settings_(settings),
      limits_(limits),
      seed_(random_scan_seed()),
      budget_(limits.targets_in_all),
      sources_(std::bit_ceil(std::max<std::size_t>(candidates.size() * 2, 2))) {
  for (const IpAddress& address : candidates) sources_[place_of(address)].address = address;
}

std::size_t ScanJudge::place_of(const IpAddress& source) const {
  const std::size_t mask = sources_.size() - 1;
  std::size_t place = scan_hash(source, seed_) & mask;
  while (sources_[place].address.family != 0 && sources_[place].address != source) place = (place + 1) & mask;
  return place;
}

bool ScanJudge::is_candidate(const IpAddress& source) const {
  return source.family != 0 && sources_[place_of(source)].address.family != 0;
}

void ScanJudge::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) {
    if (!is_candidate(record.source) && !is_candidate(record.destination)) continue;
    for (const ScanContact& contact : scan_contacts_of(record)) {
      const std::size_t place = place_of(*contact.source);
      Source& source = sources_[place];
      if (source.address.family == 0) continue;
      const std::lock_guard lock(locks_[place % locks_.size()]);
      source.tally.note(contact, number_of(record.exporter), seed_, budget_, limits_.targets_of_source);
    }
  }
}

std::vector<Scan> ScanJudge::scans() const {
  std::vector<Scan> out;
  for (const Source& source : sources_) {
    if (source.address.family == 0) continue;
    std::vector<Scan> found = scans_of(source.address, source.tally, settings_);
    std::move(found.begin(), found.end(), std::back_inserter(out));
  }
  std::sort(out.begin(), out.end(), [](const Scan& a, const Scan& b) {
    return std::tie(b.targets, a.source, a.kind) < std::tie(a.targets, b.source, b.kind);
  });
  return out;
}

}  // namespace weir::engine
