#include "engine/query/clickhouse_query.h"

#include <array>
#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/address_text.h"

namespace weir::engine {
namespace {

using output::clickhouse::SentTable;

constexpr std::uint8_t kAllBits4 = 32, kAllBits6 = 128;

// A set of addresses and networks as a table, and as a condition on a column. An address is compared as text; a network of IPv4 by
// the number of its first bits, one of IPv6 by its first bytes: where it ends amid a byte, by all bytes that it can have there.
class SentSet {
 public:
  SentSet(std::string name, const AddressSet& set) : name_(std::move(name)) {
    for (const IpNetwork& network : set.networks()) {
      if (network.bits == (network.address.family == 6 ? kAllBits6 : kAllBits4))
        add_address(network.address);
      else if (network.address.family == 6)
        add_network6(network);
      else
        add_network4(network);
    }
  }

  [[nodiscard]] std::string condition(std::string_view column) const {
    std::vector<std::string> any;
    if (has_addresses_)
      any.push_back(fmt::format("{} IN (SELECT text FROM {} WHERE family = 0)", column, name_));
    // The functions get nothing but addresses of their family: newer servers fail with others.
    for (const unsigned bits : lengths4_)
      any.push_back(fmt::format(
          "(position({0}, ':') = 0 AND {0} != '' AND bitAnd(IPv4StringToNum(if(position({0}, ':') = 0 AND "
          "{0} "
          "!= '', {0}, '0.0.0.0')), {1}) IN (SELECT number FROM {2} WHERE family = 4 AND size = {3}))",
          column, mask_of(bits), name_, bits));
    for (const unsigned size : lengths6_)
      any.push_back(
          fmt::format("(position({0}, ':') != 0 AND hex(substring(IPv6StringToNum(if(position({0}, ':') != "
                      "0, {0}, '::')), "
                      "1, {1})) IN (SELECT text FROM {2} WHERE family = 6 AND size = {1}))",
                      column, size, name_));
    return fmt::format("({})", fmt::join(any, " OR "));
  }

  SentTable take() {
    return {.name = name_,
            .structure = "family UInt8,size UInt8,number UInt32,text String",
            .lines = std::move(lines_)};
  }

 private:
  static std::uint32_t mask_of(unsigned bits) {
    return bits == 0 ? 0 : ~std::uint32_t{0} << (kAllBits4 - bits);
  }
  void add_address(const IpAddress& address) {
    has_addresses_ = true;
    lines_ += fmt::format("0\t0\t0\t{}\n", ShortAddress(address).view());
  }
  void add_network4(const IpNetwork& network) {
    lengths4_.insert(network.bits);
    lines_ += fmt::format("4\t{}\t{}\t\n", network.bits, network.address.v4_host_order());
  }
  void add_network6(const IpNetwork& network) {
    const std::size_t size = (std::size_t{network.bits} + 7) / 8;
    lengths6_.insert(static_cast<unsigned>(size));
    const unsigned open_bits = static_cast<unsigned>(size) * 8 - network.bits;
    for (unsigned last = 0; last < 1U << open_bits; ++last) {
      lines_ += fmt::format("6\t{}\t0\t", size);
      for (std::size_t i = 0; i < size; ++i)
        lines_ += fmt::format("{:02X}", network.address.bytes[i] | (i + 1 == size ? last : 0));
      lines_ += '\n';
    }
  }

  std::string name_, lines_;
  bool has_addresses_ = false;
  std::set<unsigned> lengths4_, lengths6_;  // bits; bytes
};

void add_times(const RecordQuery& query, std::vector<std::string>& all) {
  if (query.to != std::numeric_limits<TimeUs>::max()) all.push_back(fmt::format("start < {}", query.to));
  if (query.from != std::numeric_limits<TimeUs>::min())
    all.push_back(fmt::format("start + duration_us >= {}", query.from));
}

void add_addresses(const RecordQuery& query, ClickHouseQuery& out, std::vector<std::string>& all) {
  const bool has_hosts = !query.hosts.empty(), has_others = !query.others.empty();
  if (!has_hosts && !has_others) return;
  // Names that no table of the database has: with `hosts` the server asked that of the user, or refused ours.
  SentSet hosts("weir_hosts", query.hosts), others("weir_others", query.others);
  const auto pair = [&](std::string_view host, std::string_view other) {
    if (!has_others) return hosts.condition(host);
    if (!has_hosts) return others.condition(other);
    return fmt::format("({} AND {})", hosts.condition(host), others.condition(other));
  };
  all.push_back(fmt::format("({} OR {})", pair("src_ip", "dest_ip"), pair("dest_ip", "src_ip")));
  if (has_hosts) out.tables.push_back(hosts.take());
  if (has_others) out.tables.push_back(others.take());
}

void add_ports(const RecordQuery& query, ClickHouseQuery& out, std::vector<std::string>& all) {
  if (query.ports.empty()) return;
  all.emplace_back(
      "isNull(icmp_type) AND (src_port IN (SELECT port FROM weir_ports) OR dest_port IN (SELECT "
      "port FROM weir_ports))");
  out.tables.push_back({.name = "weir_ports",
                        .structure = "port UInt16",
                        .lines = fmt::format("{}\n", fmt::join(query.ports, "\n"))});
}

}  // namespace

ClickHouseQuery clickhouse_query(const RecordQuery& query, const std::string& quoted_table,
                                 const std::vector<const output::RecordColumn*>& columns) {
  ClickHouseQuery out;
  for (const output::RecordColumn* column : columns) {
    out.select += out.select.empty() ? "SELECT " : ",";
    out.select += column->name;
  }
  out.select += " FROM " + quoted_table;
  std::vector<std::string> all;
  add_times(query, all);
  add_addresses(query, out, all);
  add_ports(query, out, all);
  if (!all.empty()) out.select += fmt::format(" WHERE {}", fmt::join(all, " AND "));
  out.select += " FORMAT Native";
  return out;
}

}  // namespace weir::engine
