#include "decoders/flow/vpc_log.h"

#include <algorithm>

#include "decoders/flow/field_value.h"
#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::flow {
namespace {

struct FieldName {
  std::string_view name;
  VpcField field;
};
constexpr std::array kFieldNames{FieldName{"version", VpcField::version},
                                 FieldName{"interface-id", VpcField::interface_id},
                                 FieldName{"srcaddr", VpcField::source},
                                 FieldName{"dstaddr", VpcField::destination},
                                 FieldName{"srcport", VpcField::source_port},
                                 FieldName{"dstport", VpcField::destination_port},
                                 FieldName{"protocol", VpcField::protocol},
                                 FieldName{"packets", VpcField::packets},
                                 FieldName{"bytes", VpcField::bytes},
                                 FieldName{"start", VpcField::start},
                                 FieldName{"end", VpcField::end},
                                 FieldName{"action", VpcField::action},
                                 FieldName{"log-status", VpcField::status},
                                 FieldName{"tcp-flags", VpcField::tcp_flags},
                                 FieldName{"pkt-srcaddr", VpcField::packet_source},
                                 FieldName{"pkt-dstaddr", VpcField::packet_destination},
                                 FieldName{"flow-direction", VpcField::direction}};

constexpr std::array kDefaultFormat{VpcField::version,
                                    VpcField::other,
                                    VpcField::interface_id,
                                    VpcField::source,
                                    VpcField::destination,
                                    VpcField::source_port,
                                    VpcField::destination_port,
                                    VpcField::protocol,
                                    VpcField::packets,
                                    VpcField::bytes,
                                    VpcField::start,
                                    VpcField::end,
                                    VpcField::action,
                                    VpcField::status};

constexpr std::uint8_t kDenied = 3;  // firewallEvent of IANA's registry
constexpr std::uint8_t kAllowedVerdict = 1, kDroppedVerdict = 2;

VpcField field_named(std::string_view name) {
  const auto* const found = std::find_if(kFieldNames.begin(), kFieldNames.end(),
                                         [&](const FieldName& f) { return f.name == name; });
  return found == kFieldNames.end() ? VpcField::other : found->field;
}

bool is_said(std::string_view word) {
  return !word.empty() && word != "-";
}

// "2026-11-30T10:00:00.000Z"
bool is_time(std::string_view word) {
  return word.size() > 10 && word[4] == '-' && word[10] == 'T';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <class T>
bool read_number(std::string_view word, T& out) {
  if (!is_said(word)) return true;
  const auto number = parse_number<T>(word);
  if (number) out = *number;
  return number.has_value();
}

}  // namespace

VpcLog::Line VpcLog::wrong(std::string_view what, const Word& word) {
  problem_ = {what, word.text, word.column};
  return Line::wrong;
}

// Names of fields, none of which is that of a value: none begins with a digit, as some word of each record does.
bool VpcLog::is_header(std::string_view line) {
  std::array<VpcField, kMaxVpcFields> fields{};
  std::size_t count = 0, known = 0;
  while (!line.empty() && count < fields.size()) {
    const std::string_view word = take_word(line);
    if (word.empty() || !is_letter(word.front())) return false;
    fields[count] = field_named(word);
    known += fields[count++] != VpcField::other ? 1 : 0;
  }
  constexpr std::size_t kLeastKnown = 2;
  if (known < kLeastKnown || !line.empty()) return false;
  fields_.assign(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(count));
  return true;
}

// False: there are fewer or more words than fields.
bool VpcLog::split(std::string_view line, Words& out) {
  std::string_view rest = line;
  const auto format =
      fields_.empty() ? std::span<const VpcField>{kDefaultFormat} : std::span<const VpcField>{fields_};
  for (std::size_t i = 0; i < format.size(); ++i) {
    rest = trim_left(rest);
    const auto column = static_cast<std::uint32_t>(line.size() - rest.size() + 1);
    std::string_view word = take_word(rest);
    if (i == 0 && is_time(word)) word = take_word(rest);
    if (word.empty()) return false;
    out[static_cast<std::size_t>(format[i])] = {word, column};
  }
  return rest.empty();
}

VpcLog::Line VpcLog::read(std::string_view line, RecordBatch& batch) {
  line = trim_right(line);
  if (trim_left(line).empty()) return Line::header;
  if (line.size() > kMaxVpcLineBytes) return wrong("the line is too long", {line, 1});
  if (is_header(line)) return Line::header;
  Words words;
  if (!split(line, words)) return wrong("there are fewer or more words than fields", {line, 1});
  const std::string_view status = words[static_cast<std::size_t>(VpcField::status)].text;
  if (status == "NODATA") return Line::no_data;
  if (status == "SKIPDATA") return Line::skipped;
  Record& record = batch.add();
  if (!fill(words, record)) {
    batch.drop();
    return Line::wrong;
  }
  fill_detail(words, record, batch);
  return Line::record;
}

bool VpcLog::fill(const Words& words, Record& r) {
  const auto of = [&](VpcField field) -> const Word& { return words[static_cast<std::size_t>(field)]; };
  const auto fails = [&](std::string_view what, VpcField field) {
    (void)wrong(what, of(field));
    return false;
  };
  for (const VpcField field : {VpcField::source, VpcField::destination}) {
    const auto value = parse_address(of(field).text);
    if (!value) return fails("no address", field);
    (field == VpcField::source ? r.source : r.destination) = *value;
  }
  if (r.source.family != r.destination.family)
    return fails("not of the family of the source", VpcField::destination);
  Side& side = r.sides[0];
  std::uint64_t start = 0, end = 0;
  if (!read_number(of(VpcField::source_port).text, r.source_port))
    return fails("no port", VpcField::source_port);
  if (!read_number(of(VpcField::destination_port).text, r.destination_port))
    return fails("no port", VpcField::destination_port);
  if (!read_number(of(VpcField::protocol).text, r.protocol)) return fails("no protocol", VpcField::protocol);
  if (!read_number(of(VpcField::packets).text, side.packets)) return fails("no number", VpcField::packets);
  if (!read_number(of(VpcField::bytes).text, side.bytes)) return fails("no number", VpcField::bytes);
  if (!read_number(of(VpcField::tcp_flags).text, side.tcp_flags))
    return fails("no flags", VpcField::tcp_flags);
  if (!read_number(of(VpcField::start).text, start) || start > kMostSeconds)
    return fails("no time", VpcField::start);
  if (!read_number(of(VpcField::end).text, end) || end > kMostSeconds) return fails("no time", VpcField::end);
  side.first = static_cast<TimeUs>(start) * kUsPerSecond;
  side.last = std::max(side.first, static_cast<TimeUs>(end) * kUsPerSecond);
  const std::string_view direction = of(VpcField::direction).text;
  r.observed_at = direction == "ingress" ? 1 : direction == "egress" ? 2 : 0;
  return true;
}

void VpcLog::fill_detail(const Words& words, const Record& r, RecordBatch& batch) {
  const auto of = [&](VpcField field) { return words[static_cast<std::size_t>(field)].text; };
  Detail& d = batch.detail();
  if (is_said(of(VpcField::interface_id)))
    (r.observed_at == 2 ? d.out_interface_name : d.in_interface_name) = of(VpcField::interface_id);
  if (of(VpcField::action) == "ACCEPT") d.verdict = kAllowedVerdict;
  if (of(VpcField::action) == "REJECT") {
    d.verdict = kDroppedVerdict;
    d.firewall_event = kDenied;
  }
  const auto other = [&](VpcField field, const IpAddress& known) {
    const auto value = is_said(of(field)) ? parse_address(of(field)) : std::nullopt;
    return value && *value != known ? *value : IpAddress{};
  };
  d.nat_source = other(VpcField::packet_source, r.source);
  d.nat_destination = other(VpcField::packet_destination, r.destination);
}

}  // namespace weir::flow
