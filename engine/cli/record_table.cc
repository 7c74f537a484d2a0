#include "engine/cli/record_table.h"

#include <utility>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "engine/cli/answer_table.h"
#include "engine/cli/digest.h"
#include "engine/query/human_text.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

constexpr std::size_t kSource = 3, kDestination = 4;  // columns
constexpr std::size_t kMostWaiting = 500;

std::vector<TableColumn> record_columns(bool places) {
  std::vector<TableColumn> out{{.head = "Start"},
                               {.head = "Lasted", .is_number = true},
                               {.head = "Proto"},
                               {.head = "Source", .can_be_cut = true},
                               {.head = "Destination", .can_be_cut = true},
                               {.head = "Packets", .is_number = true},
                               {.head = "Bytes", .is_number = true},
                               {.head = "State", .is_optional = true},
                               {.head = "Application", .can_be_cut = true, .is_optional = true},
                               {.head = "Exporter", .can_be_cut = true, .is_optional = true}};
  if (!places) return out;
  out.push_back({.head = "Countries"});
  out.push_back({.head = "AS"});
  return out;
}

// There and back: "12/8".
std::string there_and_back(const std::string& ahead, const std::string& back) {
  return fmt::format("{}/{}", ahead, back);
}

std::string flags_text(std::uint8_t flags) {
  constexpr std::string_view kLetters = "FSRPAUEC";
  std::string out;
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    if ((flags >> i & 1U) != 0) out += kLetters[i];
  return out;
}

// Zeek's state where our meter said one, else the flags that were seen.
std::string state_text(const flow::Record& r) {
  if (r.detail != nullptr && !r.detail->state.empty()) return printable(r.detail->state);
  const std::string ahead = flags_text(r.sides[0].tcp_flags), back = flags_text(r.sides[1].tcp_flags);
  return ahead.empty() && back.empty() ? "" : there_and_back(ahead, back);
}

std::string application_text(const flow::Record& r) {
  if (r.detail == nullptr) return {};
  const std::string name = printable(r.detail->application), host = printable(r.detail->host);
  return name.empty() || host.empty() ? name + host : name + " " + host;
}

std::string exporter_text(const flow::Record& r) {
  if (r.exporter.address.family == 0 && r.exporter.domain == 0) return {};
  const ShortAddress address(r.exporter.address);
  const std::string name =
      fmt::format("{}/{}", address.view().empty() ? "file" : address.view(), r.exporter.domain);
  return r.sampling == 1 ? name : fmt::format("{} 1:{}", name, r.sampling);
}

std::string country_text(const flow::Country& country) {
  return country == flow::Country{} ? "--" : printable({country.data(), country.size()});
}

std::string end_text(const std::string& name, const IpAddress& address, const std::string& port) {
  const ShortAddress text(address);
  if (!name.empty()) return port.empty() ? printable(name) : printable(name) + ":" + port;
  if (port.empty()) return std::string(text.view());
  return address.family == 6 ? fmt::format("[{}]:{}", text.view(), port)
                             : fmt::format("{}:{}", text.view(), port);
}

}  // namespace

RecordTable::RecordTable(const Shows& shows, std::size_t width, bool colours, LineTaker& lines)
    : lines_(lines), shows_(shows), table_(record_columns(shows.places), width, colours, lines) {
  if (shows.names) names_.emplace();
}

void RecordTable::take(std::span<const flow::Record> records) {
  for (const flow::Record& r : records) {
    const auto [start, end] = times_of(r);
    const flow::Side &ahead = r.sides[0], &back = r.sides[1];
    Row row{.source = r.source,
            .destination = r.destination,
            .cells = {},
            .source_port = {},
            .destination_port = {}};
    if (!r.has_icmp && (r.source_port != 0 || r.destination_port != 0)) {
      row.source_port = fmt::format("{}", r.source_port);
      row.destination_port = fmt::format("{}", r.destination_port);
    }
    row.cells = {local_time_text(times_, start),
                 human_span(end - start),
                 std::string(output::flow_protocol_name(r.protocol)),
                 {},
                 {},
                 there_and_back(fmt::format("{}", ahead.packets), fmt::format("{}", back.packets)),
                 there_and_back(human_bytes(static_cast<double>(ahead.bytes)),
                                human_bytes(static_cast<double>(back.bytes))),
                 r.has_icmp ? fmt::format("type {} code {}", r.icmp_type, r.icmp_code) : state_text(r),
                 application_text(r),
                 exporter_text(r)};
    if (shows_.places) {
      row.cells.push_back(there_and_back(country_text(r.countries[0]), country_text(r.countries[1])));
      row.cells.push_back(there_and_back(fmt::format("{}", r.routing.source_as),
                                         fmt::format("{}", r.routing.destination_as)));
    }
    waiting_.push_back(std::move(row));
    if (!names_ || waiting_.size() >= kMostWaiting) flush();
  }
}

void RecordTable::flush() {
  if (names_) {
    std::vector<IpAddress> addresses;
    for (const Row& row : waiting_) addresses.insert(addresses.end(), {row.source, row.destination});
    names_->look_up(addresses);
  }
  const auto name = [&](const IpAddress& address) { return names_ ? (*names_)(address) : std::string{}; };
  for (Row& row : waiting_) {
    row.cells[kSource] = end_text(name(row.source), row.source, row.source_port);
    row.cells[kDestination] = end_text(name(row.destination), row.destination, row.destination_port);
    table_.row(std::move(row.cells));
  }
  waiting_.clear();
}

tl::expected<void, std::string> RecordTable::finish() {
  flush();
  table_.finish();
  if (names_) warn_of_names(*names_);
  return {};
}

}  // namespace weir::engine
