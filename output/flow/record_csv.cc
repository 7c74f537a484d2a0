#include "output/flow/record_csv.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "output/csv.h"
#include "output/flow/flow_json.h"

namespace weir::output {
namespace {

using flow::Detail;
using flow::Record;

// Writes fields; what is not said is empty.
struct CsvFields {
  std::string& line;
  TimestampFormatter& times;

  void number(std::uint64_t n) const { fmt::format_to(std::back_inserter(line), "{}", n); }
  void said(std::uint64_t n) const {
    if (n != 0) number(n);
  }
  void text(std::string_view t) const { append_csv(line, t); }
  void country(const flow::Country& c) const {
    if (c != flow::Country{}) text({c.data(), c.size()});
  }
  void address(const IpAddress& a) const { line += ShortAddress(a).view(); }
  void time(TimeUs t) const {
    std::array<char, TimestampFormatter::kIsoBytes> iso{};
    times.iso(t, iso.data());
    line.append(iso.data(), iso.size());
  }
  void flags(const Record& r, std::size_t side) const {
    const std::uint8_t flags = r.sides[side].tcp_flags;
    if (r.protocol == 6 || flags != 0) fmt::format_to(std::back_inserter(line), "{:02x}", flags);
  }
};

struct CsvColumn {
  std::string_view name;
  void (*write)(const CsvFields& out, const Record& r, const Detail& d);
};

using F = const CsvFields&;
using R = const Record&;
using D = const Detail&;

constexpr std::array kCsvColumns{
    CsvColumn{"start", [](F out, R r, D) { out.time(times_of(r).first); }},
    CsvColumn{"end", [](F out, R r, D) { out.time(times_of(r).second); }},
    CsvColumn{"proto", [](F out, R r, D) { out.text(flow_protocol_name(r.protocol)); }},
    CsvColumn{"src_ip", [](F out, R r, D) { out.address(r.source); }},
    CsvColumn{"src_port", [](F out, R r, D) { return r.has_icmp ? void() : out.number(r.source_port); }},
    CsvColumn{"dest_ip", [](F out, R r, D) { out.address(r.destination); }},
    CsvColumn{"dest_port",
              [](F out, R r, D) { return r.has_icmp ? void() : out.number(r.destination_port); }},
    CsvColumn{"icmp_type", [](F out, R r, D) { return r.has_icmp ? out.number(r.icmp_type) : void(); }},
    CsvColumn{"icmp_code", [](F out, R r, D) { return r.has_icmp ? out.number(r.icmp_code) : void(); }},
    CsvColumn{"pkts_toserver", [](F out, R r, D) { out.number(r.sides[0].packets); }},
    CsvColumn{"pkts_toclient", [](F out, R r, D) { out.number(r.sides[1].packets); }},
    CsvColumn{"bytes_toserver", [](F out, R r, D) { out.number(r.sides[0].bytes); }},
    CsvColumn{"bytes_toclient", [](F out, R r, D) { out.number(r.sides[1].bytes); }},
    CsvColumn{"tcp_flags_ts", [](F out, R r, D) { out.flags(r, 0); }},
    CsvColumn{"tcp_flags_tc", [](F out, R r, D) { out.flags(r, 1); }},
    CsvColumn{"tos_toserver", [](F out, R r, D) { out.said(r.sides[0].tos); }},
    CsvColumn{"tos_toclient", [](F out, R r, D) { out.said(r.sides[1].tos); }},
    CsvColumn{"end_reason", [](F out, R r, D) { out.text(end_reason_name(r.end_reason)); }},
    CsvColumn{"part", [](F out, R r, D) { out.said(r.part); }},
    CsvColumn{"exporter", [](F out, R r, D) { out.address(r.exporter.address); }},
    CsvColumn{"domain", [](F out, R r, D) { out.said(r.exporter.domain); }},
    CsvColumn{"sampling", [](F out, R r, D) { out.number(r.sampling); }},
    CsvColumn{"in_interface", [](F out, R r, D) { out.said(r.in_interface); }},
    CsvColumn{"out_interface", [](F out, R r, D) { out.said(r.out_interface); }},
    CsvColumn{"vlan", [](F out, R r, D) { out.said(r.vlan); }},
    CsvColumn{"next_hop", [](F out, R r, D) { out.address(r.routing.next_hop); }},
    CsvColumn{"src_as", [](F out, R r, D) { out.said(r.routing.source_as); }},
    CsvColumn{"dest_as", [](F out, R r, D) { out.said(r.routing.destination_as); }},
    CsvColumn{"conn_state", [](F out, R, D d) { out.text(d.state); }},
    CsvColumn{"history", [](F out, R, D d) { out.text(d.history); }},
    CsvColumn{"application", [](F out, R, D d) { out.text(d.application); }},
    CsvColumn{"host", [](F out, R, D d) { out.text(d.host); }}};

constexpr std::array kPlaceColumns{
    CsvColumn{"src_country", [](F out, R r, D) { out.country(r.countries[0]); }},
    CsvColumn{"dest_country", [](F out, R r, D) { out.country(r.countries[1]); }}};

}  // namespace

std::string RecordCsv::head() const {
  std::string out;
  const auto append = [&](const CsvColumn& column) {
    out.append(out.empty() ? "" : ",").append(column.name);
  };
  for (const CsvColumn& column : kCsvColumns) append(column);
  if (with_places_)
    for (const CsvColumn& column : kPlaceColumns) append(column);
  return out;
}

std::string_view RecordCsv::line(const Record& r) {
  static const Detail kNothing;
  line_.clear();
  const CsvFields out{line_, times_};
  const auto append = [&](const CsvColumn& column) {
    if (&column != kCsvColumns.data()) line_ += ',';
    column.write(out, r, r.detail != nullptr ? *r.detail : kNothing);
  };
  for (const CsvColumn& column : kCsvColumns) append(column);
  if (with_places_)
    for (const CsvColumn& column : kPlaceColumns) append(column);
  return line_;
}

}  // namespace weir::output
