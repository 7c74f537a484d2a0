#include "engine/scan/scan_watch.h"

#include <algorithm>
#include <iterator>

#include "decoders/clock.h"
#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

constexpr TimeUs kMinute = 60'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;

// Without the targets from which on a source is a suspect: they are not among those that are counted.
std::uint64_t without_first(std::uint64_t threshold) {
  return threshold > ScanWatch::kSuspectAt ? threshold - ScanWatch::kSuspectAt : 1;
}

}  // namespace

ScanWatchSettings ScanWatchSettings::from(const Settings& root) {
  return {.on = root.flag("weir.flows.scans.enabled", false), .scan = ScanSettings::from(root)};
}

std::size_t ScanWatch::Hash::operator()(const IpAddress& address) const {
  return scan_hash(address, seed);
}

ScanWatch::ScanWatch(const ScanWatchSettings& settings, const ScanWatchLimits& limits)
    : settings_(settings),
      limits_(limits),
      seed_(random_scan_seed()),
      sketches_(seed_, limits.sources),
      budget_(limits.targets_in_all),
      by_address_(16, Hash{seed_}) {
  settings_.scan.hosts = without_first(settings.scan.hosts);
  settings_.scan.ports = without_first(settings.scan.ports);
}

void ScanWatch::take(std::span<const flow::Record> records) {
  const TimeUs now = wall_clock();
  for (const flow::Record& record : records) {
    clock_ = std::max(clock_, std::min(times_of(record).second, now));
    look(record);
  }
}

void ScanWatch::look(const flow::Record& record) {
  const bool no_probe = is_no_probe(record);
  if (no_probe && !by_address_.contains(record.source) && !by_address_.contains(record.destination)) return;
  for (const ScanContact& contact : scan_contacts_of(record)) {
    if (const auto known = by_address_.find(*contact.source); known != by_address_.end())
      note(known->second, contact, record);
    else if (const SourceSketch* const sketch = no_probe ? nullptr : sketches_.note(contact);
             sketch != nullptr && sketch->sampled_unanswered() >= kSuspectAt)
      begin_suspect(*contact.source);
  }
}

void ScanWatch::note(Suspects::iterator suspect, const ScanContact& contact, const flow::Record& record) {
  const auto exporter =
      static_cast<std::uint16_t>(scan_hash(record.exporter.address, record.exporter.domain));
  suspect->tally.note(contact, exporter, seed_, budget_, limits_.targets_of_suspect);
  if ((contact.flags & contact_flag::tried) != 0) {
    ++suspect->tries;
    suspect->active = std::max(suspect->active, clock_);
    suspects_.splice(suspects_.begin(), suspects_, suspect);
  }
  if (suspect->tally.estimate() == nullptr) return;
  // There is no room. It begins anew, and is told again when it still scans; when others have the room, one of them goes as well.
  suspect->tally.clear(budget_);
  if (budget_.left() > limits_.targets_of_suspect) return;
  if (const auto least = least_of_oldest(); least != suspect) drop(least);
}

ScanWatch::Suspects::iterator ScanWatch::least_of_oldest() {
  constexpr int kOldest = 8;
  auto least = std::prev(suspects_.end());
  auto at = least;
  for (int i = 1; i < kOldest && at != suspects_.begin(); ++i)
    if (--at; at->tries < least->tries) least = at;
  return least;
}

void ScanWatch::begin_suspect(const IpAddress& address) {
  if (suspects_.size() >= limits_.suspects) drop(least_of_oldest());
  suspects_.emplace_front();
  suspects_.front().address = address;
  suspects_.front().active = clock_;
  by_address_.emplace(address, suspects_.begin());
}

void ScanWatch::drop(Suspects::iterator suspect) {
  suspect->tally.clear(budget_);
  by_address_.erase(suspect->address);
  suspects_.erase(suspect);
}

void ScanWatch::drop_idle() {
  while (!suspects_.empty() && suspects_.back().active + settings_.scan.window < clock_)
    drop(std::prev(suspects_.end()));
  if (sketches_since_ != 0 && sketches_since_ + kDay > clock_) return;
  if (sketches_since_ != 0) sketches_.clear();
  sketches_since_ = clock_;
}

// With an eighth more tries, or after a minute with any: a look takes as long as there are targets.
bool ScanWatch::is_due(const Suspect& s) const {
  const auto waits = [&](const Told& told) { return told.since != 0 && told.since + kConfirm <= clock_; };
  const std::uint64_t more = s.tries - s.tries_looked_at;
  return std::any_of(s.told.begin(), s.told.end(), waits) ||
         more > std::max<std::uint64_t>(10, s.tries / 8) || (more != 0 && s.looked_at + kMinute <= clock_);
}

void ScanWatch::tell(const Visit& visit) {
  drop_idle();
  for (Suspect& suspect : suspects_)
    if (is_due(suspect)) judge(suspect, visit, false);
}

void ScanWatch::finish(const Visit& visit) {
  for (Suspect& suspect : suspects_) judge(suspect, visit, true);
}

void ScanWatch::judge(Suspect& suspect, const Visit& visit, bool last) {
  suspect.tries_looked_at = suspect.tries;
  suspect.looked_at = clock_;
  const std::vector<Scan> scans = scans_of(suspect.address, suspect.tally, settings_.scan);
  for (const ScanKind kind : {ScanKind::horizontal, ScanKind::vertical}) {
    Told& told = suspect.told[static_cast<std::size_t>(kind)];
    const auto scan = std::find_if(scans.begin(), scans.end(), [&](const Scan& s) { return s.kind == kind; });
    const bool is_new = scan != scans.end() && (told.at == 0 || scan->targets >= 2 * told.targets ||
                                                told.at + settings_.scan.window <= clock_);
    if (!is_new) {
      told.since = 0;
      continue;
    }
    if (told.since == 0) told.since = std::max<TimeUs>(clock_, 1);
    if (!last && told.since + kConfirm > clock_) continue;
    told = {.since = 0, .at = std::max<TimeUs>(clock_, 1), .targets = scan->targets};
    const TimeUs within = scan->fastest <= kMinute ? kMinute
                          : scan->fastest <= kHour ? kHour
                                                   : settings_.scan.window;
    visit(*scan, std::min(within, settings_.scan.window));
  }
}

}  // namespace weir::engine
