#include "output/flow/journal_accounts.h"

#include <algorithm>
#include <array>

#include "output/flow/varint.h"

namespace weir::output {

void append_account(std::vector<std::uint8_t>& to, const ExporterAccount& e) {
  const flow::Account& a = e.account;
  std::array<std::uint8_t, 256> bytes{};
  std::uint8_t* at = put_varint(bytes.data(), e.run);
  *at++ = e.exporter.family;
  at = std::copy(e.exporter.bytes.begin(), e.exporter.bytes.end(), at);
  *at++ = e.domain ? 1 : 0;
  at = put_varint(at, e.domain.value_or(0));
  for (const std::uint64_t n :
       {a.messages, a.bytes, a.records, a.options, a.lost, a.no_template, a.malformed, a.over_limit,
        zigzag(a.clock_offset_us), std::uint64_t{a.version}, zigzag(a.first_message), zigzag(a.last_message)})
    at = put_varint(at, n);
  to.insert(to.end(), bytes.data(), at);
}

bool take_account(ByteCursor& in, ExporterAccount& out) {
  flow::Account& a = out.account;
  out.run = take_varint(in);
  out.exporter = IpAddress{};
  out.exporter.family = in.u8();
  const Bytes address = in.take(out.exporter.bytes.size());
  std::copy(address.begin(), address.end(), out.exporter.bytes.begin());
  const bool has_domain = in.u8() != 0;
  const auto domain = static_cast<std::uint32_t>(take_varint(in));
  out.domain = has_domain ? std::optional{domain} : std::nullopt;
  for (std::uint64_t* const n :
       {&a.messages, &a.bytes, &a.records, &a.options, &a.lost, &a.no_template, &a.malformed, &a.over_limit})
    *n = take_varint(in);
  a.clock_offset_us = unzigzag(take_varint(in));
  a.version = static_cast<std::uint8_t>(take_varint(in));
  a.first_message = unzigzag(take_varint(in));
  a.last_message = unzigzag(take_varint(in));
  return !in.failed();
}

void AccountSums::add(const ExporterAccount& e) {
  last_[{e.exporter, e.domain, e.run}] = e.account;
}

std::vector<ExporterAccount> AccountSums::last() const {
  std::vector<ExporterAccount> out;
  out.reserve(last_.size());
  for (const auto& [key, account] : last_) out.push_back({key.run, key.exporter, key.domain, account});
  return out;
}

std::vector<ExporterAccount> AccountSums::sums() const {
  std::vector<ExporterAccount> out;
  for (const auto& [key, account] : last_) {
    if (flow::is_empty(account)) continue;
    if (out.empty() || out.back().exporter != key.exporter || out.back().domain != key.domain)
      out.push_back({0, key.exporter, key.domain, {}});
    out.back().account.add(account);
  }
  return out;
}

}  // namespace weir::output
