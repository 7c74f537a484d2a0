#include "engine/scan/scan_candidates.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace weir::engine {

void ScanCandidates::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) {
    if (is_no_probe(record)) continue;
    for (const ScanContact& contact : scan_contacts_of(record)) table_.note(contact);
  }
}

std::vector<IpAddress> ScanCandidates::list(std::uint64_t least, std::size_t most) const {
  std::vector<std::pair<std::uint64_t, IpAddress>> found;
  table_.for_each([&](const IpAddress& address, const SourceSketch& sketch) {
    if (const std::uint64_t targets = sketch.unanswered(); targets != 0 && targets >= least / 2)
      found.emplace_back(targets, address);
  });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(b.first, a.second) < std::tie(a.first, b.second);
  });
  found.resize(std::min(found.size(), most));
  std::vector<IpAddress> out;
  out.reserve(found.size());
  for (const auto& [targets, address] : found) out.push_back(address);
  return out;
}

}  // namespace weir::engine
