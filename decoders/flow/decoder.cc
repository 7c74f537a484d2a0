#include "decoders/flow/decoder.h"

#include <algorithm>

#include "decoders/byte_cursor.h"

namespace weir::flow {
namespace {

template <class Visit>
void for_each_account_of(const ExporterState& exporter, Visit visit) {
  for (const auto& [id, domain] : exporter.domains()) {
    Account account = domain->account;
    account.lost = domain->loss.lost();
    visit(std::optional<std::uint32_t>{id}, account);
  }
  const Account& rest = exporter.without_domain;
  if (!is_empty(rest)) visit(std::optional<std::uint32_t>{}, rest);
}

}  // namespace

Domain& count_message(const Datagram& in, std::uint32_t id, std::uint8_t version, std::size_t bytes) {
  Domain& domain = in.exporter.domain(id);
  Account& account = domain.account;
  ++account.messages;
  account.bytes += bytes;
  account.version = version;
  account.last_message = in.received;
  if (account.first_message == 0) account.first_message = in.received;
  return domain;
}

void note_clock(Domain& domain, TimeUs exported, TimeUs received) {
  domain.account.clock_offset_us = exported - received;
}

ExporterState& FlowDecoder::exporter(const IpAddress& address) {
  const auto found = exporters_.find(address);
  if (found != exporters_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second->place);
    return *found->second;
  }
  if (exporters_.size() >= kMaxExporters) {
    const ExporterState& silent = *by_use_.back();
    for_each_account_of(silent, [this](auto, const Account& account) { forgotten_.add(account); });
    by_use_.pop_back();
    exporters_.erase(silent.address);
  }
  ExporterState& made =
      *exporters_.emplace(address, std::make_unique<ExporterState>(address, budget_, own_enterprise_))
           .first->second;
  by_use_.push_front(&made);
  made.place = by_use_.begin();
  return made;
}

// Nobody who sends much can take the room of the others.
void FlowDecoder::make_room() {
  while (budget_.is_tight()) {
    const auto greatest = std::max_element(
        exporters_.begin(), exporters_.end(),
        [](const auto& a, const auto& b) { return a.second->state_bytes() < b.second->state_bytes(); });
    if (greatest == exporters_.end() || greatest->second->state_bytes() == 0) return;
    greatest->second->shrink(greatest->second->state_bytes() / 2);
  }
}

void FlowDecoder::datagram(const Source& source, TimeUs received, Bytes bytes) {
  constexpr std::uint32_t kSflow5 = 5;
  ExporterState& from = exporter(source.address);
  const Datagram in{from, batch_, source.port, received, bytes};
  ByteCursor head{bytes};
  const std::uint16_t version = head.be16();
  const bool is_sflow = version == 0 && head.be16() == kSflow5;
  if (is_sflow) {
    read_sflow(in);
  } else {
    switch (version) {
      case 1:
      case 5:
      case 7: read_netflow_fixed(in, version); break;
      case 9: read_netflow9(in); break;
      case 10: read_ipfix(in); break;
      default: ++from.without_domain.malformed; break;
    }
  }
  batch_.flush();
  make_room();
}

void FlowDecoder::tick(TimeUs now) {
  for (const auto& [address, exporter] : exporters_)
    exporter->expire(now - kTemplateLifetime, now - kHeldLifetime);
}

void FlowDecoder::for_each_account(const VisitAccount& visit) const {
  Account nameless = forgotten_;
  for (const auto& [address, exporter] : exporters_)
    for_each_account_of(*exporter,
                        [&, &from = address](std::optional<std::uint32_t> domain, const Account& account) {
                          if (from.family != 0 || domain)
                            visit(from, domain, account);
                          else
                            nameless.add(account);
                        });
  if (!is_empty(nameless)) visit({}, std::nullopt, nameless);
}

void FlowDecoder::for_each_missing(const VisitMissing& visit) const {
  for (const auto& [address, exporter] : exporters_)
    for (const auto& [id, domain] : exporter->domains())
      for (const auto& [key, missing] : domain->missing())
        visit(address, id, static_cast<std::uint16_t>(key), missing);
}

}  // namespace weir::flow
