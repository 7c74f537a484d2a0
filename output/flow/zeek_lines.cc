#include "output/flow/zeek_lines.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include <fmt/format.h>
#include <xxhash.h>

#include "decoders/address_text.h"
#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

constexpr TimeUs kZeekSecond = 1'000'000;

struct ZeekColumn {
  std::string_view name, type;
};
constexpr std::array kZeekColumns{ZeekColumn{"ts", "time"},
                                  ZeekColumn{"uid", "string"},
                                  ZeekColumn{"id.orig_h", "addr"},
                                  ZeekColumn{"id.orig_p", "port"},
                                  ZeekColumn{"id.resp_h", "addr"},
                                  ZeekColumn{"id.resp_p", "port"},
                                  ZeekColumn{"proto", "enum"},
                                  ZeekColumn{"service", "string"},
                                  ZeekColumn{"duration", "interval"},
                                  ZeekColumn{"orig_bytes", "count"},
                                  ZeekColumn{"resp_bytes", "count"},
                                  ZeekColumn{"conn_state", "string"},
                                  ZeekColumn{"local_orig", "bool"},
                                  ZeekColumn{"local_resp", "bool"},
                                  ZeekColumn{"missed_bytes", "count"},
                                  ZeekColumn{"history", "string"},
                                  ZeekColumn{"orig_pkts", "count"},
                                  ZeekColumn{"orig_ip_bytes", "count"},
                                  ZeekColumn{"resp_pkts", "count"},
                                  ZeekColumn{"resp_ip_bytes", "count"},
                                  ZeekColumn{"tunnel_parents", "set[string]"},
                                  ZeekColumn{"community_id", "string"}};

std::string_view transport_name(std::uint8_t protocol) {
  switch (protocol) {
    case 1:
    case 58: return "icmp";
    case 6: return "tcp";
    case 17: return "udp";
    default: return "unknown_transport";
  }
}

// Zeek has names of its own for some protocols.
std::string_view service_name(std::string_view application) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{
      {{"tls", "ssl"}, {"krb5", "krb"}, {"dcerpc", "dce_rpc"}, {"pgsql", "postgresql"}}};
  for (const auto& [ours, theirs] : kNames)
    if (ours == application) return theirs;
  return application;
}

bool is_local(const IpAddress& address) {
  static const auto kNetworks = [] {
    constexpr std::array kTexts{"10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
                                "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
                                "fc00::/7",      "fe80::/10",      "::1/128"};
    std::array<IpNetwork, kTexts.size()> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = IpNetwork::parse(kTexts[i]).value_or(IpNetwork{});
    return out;
  }();
  return std::any_of(kNetworks.begin(), kNetworks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

// The same for the same record, in each run.
std::string uid_of(const flow::Record& r, TimeUs start) {
  std::array<std::uint64_t, 8> facts{
      static_cast<std::uint64_t>(start), std::uint64_t{r.source_port} << 32U | r.destination_port,
      std::uint64_t{r.icmp_type} << 8U | r.icmp_code, std::uint64_t{r.part} << 8U | r.protocol};
  std::memcpy(&facts[4], r.source.bytes.data(), r.source.bytes.size());
  std::memcpy(&facts[6], r.destination.bytes.data(), r.destination.bytes.size());
  const XXH128_hash_t hash = XXH3_128bits(facts.data(), sizeof(facts));
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out = "C";
  for (std::uint64_t half : {hash.low64, hash.high64})
    for (int i = 0; i < 9; ++i, half /= kDigits.size()) out += kDigits[half % kDigits.size()];
  return out;
}

// "-" when it says nothing; what would end the field, and bytes that are no letters, as \xHH.
void put_field(std::string& out, std::string_view text) {
  out += '\t';
  if (text.empty()) out += '-';
  if (text == "-") return void(out += "\\x2d");
  for (const char c : text) {
    if (c > 0x1f && c < 0x7f && c != '\\')
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
}
void put_count(std::string& out, std::uint64_t number, bool is_said = true) {
  if (is_said)
    fmt::format_to(std::back_inserter(out), "\t{}", number);
  else
    out += "\t-";
}

}  // namespace

// "2026-11-30-08-00-00", local.
std::string ZeekLines::time_text(TimeUs time) {
  std::array<char, TimestampFormatter::kIsoBytes> iso{};
  times_.iso(time, iso.data());
  std::string out(iso.data(), 19);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == 'T' || c == ':'; }, '-');
  return out;
}

std::string ZeekLines::head(TimeUs now) {
  std::string fields = "#fields", types = "#types";
  for (const ZeekColumn& column : kZeekColumns) {
    fields.append("\t").append(column.name);
    types.append("\t").append(column.type);
  }
  return fmt::format(
      "#separator "
      "\\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t{}\n{}\n{}",
      time_text(now), fields, types);
}

std::string ZeekLines::foot(TimeUs now) {
  return "#close\t" + time_text(now);
}

// ICMP has its type and code where others have ports.
void ZeekLines::put_ends(const flow::Record& r) {
  put_field(line_, ShortAddress(r.source).view());
  put_count(line_, r.has_icmp ? r.icmp_type : r.source_port);
  put_field(line_, ShortAddress(r.destination).view());
  put_count(line_, r.has_icmp ? r.icmp_code : r.destination_port);
}

void ZeekLines::put_sides(const flow::Record& r) {
  for (const flow::Side& side : r.sides) {
    put_count(line_, side.packets);
    put_count(line_, side.bytes);
  }
}

std::string_view ZeekLines::line(const flow::Record& r) {
  static const flow::Detail kNothing;
  const flow::Detail& d = r.detail != nullptr ? *r.detail : kNothing;
  const auto [start, end] = times_of(r);
  line_ = fmt::format("{}.{:06}", start / kZeekSecond, start % kZeekSecond);
  put_field(line_, uid_of(r, start));
  put_ends(r);
  put_field(line_, transport_name(r.protocol));
  put_field(line_, service_name(d.application));
  if (end > start)
    fmt::format_to(std::back_inserter(line_), "\t{}.{:06}", (end - start) / kZeekSecond,
                   (end - start) % kZeekSecond);
  else
    put_field(line_, {});
  const bool is_metered = !d.history.empty() || !d.state.empty();
  for (const flow::SideDetail& side : d.sides) put_count(line_, side.payload_bytes, is_metered);
  put_field(line_, d.state);
  put_field(line_, is_local(r.source) ? "T" : "F");
  put_field(line_, is_local(r.destination) ? "T" : "F");
  put_count(line_, d.sides[0].lost_bytes + d.sides[1].lost_bytes, is_metered);
  put_field(line_, d.history);
  put_sides(r);
  put_field(line_, {});
  put_field(line_, community_id_.of({.source = r.source,
                                     .destination = r.destination,
                                     .protocol = r.protocol,
                                     .has_ports = !r.has_icmp &&
                                                  (r.protocol == 6 || r.protocol == 17 || r.protocol == 132),
                                     .source_port = r.source_port,
                                     .destination_port = r.destination_port,
                                     .has_icmp = r.has_icmp,
                                     .icmp_type = r.icmp_type,
                                     .icmp_code = r.icmp_code}));
  return line_;
}

}  // namespace weir::output
