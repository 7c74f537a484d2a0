// Records that a test made up, as a source for questions, and the answers as texts to compare.
#pragma once

#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/ip_network.h"
#include "engine/query/answers.h"
#include "engine/query/record_source.h"

namespace weir::engine {

inline constexpr TimeUs kMidnight = TimeUs{1'700'006'400} * 1'000'000;  // 2023-11-15 00:00:00 UTC
inline constexpr TimeUs kSecondOfDay = 1'000'000, kMinuteOfDay = 60 * kSecondOfDay,
                        kHourOfDay = 60 * kMinuteOfDay;

inline IpAddress address(std::string_view text) {
  return parse_address(text).value();
}

// Two one-way records of a conversation, as a router sends them, at each of the points.
struct Talk {
  std::string_view client, server;
  std::uint16_t client_port = 40000, server_port = 443;
  std::uint8_t protocol = 6;
  TimeUs at = 0;  // since midnight
  std::uint64_t packets = 6, bytes = 900;
  bool is_answered = true;
  std::vector<std::uint32_t> domains{1};
  std::vector<std::uint32_t> reply_domains;  // empty: the same
  TimeUs span = 800'000, reply_after = 1000;
  std::uint8_t client_flags = 0x1b, server_flags = 0x1b;
};

class KeptRecords final : public RecordSource {
 public:
  std::vector<flow::Record> records;
  std::vector<RecordQuery> asked;

  flow::Record& add(std::string_view from, std::uint16_t from_port, std::string_view to,
                    std::uint16_t to_port, std::uint8_t protocol) {
    flow::Record& r = records.emplace_back();
    r.source = address(from);
    r.destination = address(to);
    r.source_port = from_port;
    r.destination_port = to_port;
    r.protocol = protocol;
    r.exporter = {.address = address("192.0.2.1"), .domain = 1};
    return r;
  }
  void talk(const Talk& t) {
    const bool is_tcp = t.protocol == 6;
    for (const std::uint32_t domain : t.domains) {
      flow::Record& r = add(t.client, t.client_port, t.server, t.server_port, t.protocol);
      r.exporter = point(domain);
      const int flags = is_tcp ? (t.is_answered ? t.client_flags : 0x02) : 0;
      r.sides[0] = {.packets = t.packets,
                    .bytes = t.bytes,
                    .first = kMidnight + t.at,
                    .last = kMidnight + t.at + t.span,
                    .tcp_flags = static_cast<std::uint8_t>(flags)};
    }
    if (!t.is_answered) return;
    for (const std::uint32_t domain : t.reply_domains.empty() ? t.domains : t.reply_domains) {
      flow::Record& r = add(t.server, t.server_port, t.client, t.client_port, t.protocol);
      r.exporter = point(domain);
      r.sides[0] = {.packets = t.packets,
                    .bytes = t.bytes * 3,
                    .first = kMidnight + t.at + t.reply_after,
                    .last = kMidnight + t.at + t.span,
                    .tcp_flags = is_tcp ? t.server_flags : std::uint8_t{0}};
    }
  }
  static flow::Exporter point(std::uint32_t domain) {
    return {.address = address(fmt::format("192.0.2.{}", domain)), .domain = domain};
  }

  // By turns to each of the consumers, so that the two directions of a conversation come by different ones.
  tl::expected<ReadReport, std::string> read(const RecordQuery& query,
                                             std::span<flow::RecordConsumer* const> consumers) override {
    asked.push_back(query);
    ReadReport report;
    for (const flow::Record& r : records) {
      if (!fits(query, r)) continue;
      flow::Record handed = r;
      if (!query.fields.has(Field::detail)) handed.detail = nullptr;
      consumers[report.records++ % consumers.size()]->take({&handed, 1});
    }
    return report;
  }
};

// A question to them.
struct Asking {
  std::vector<std::string> words;
  std::vector<std::uint16_t> ports;
  TimeUs from = std::numeric_limits<TimeUs>::min(), to = std::numeric_limits<TimeUs>::max();
  std::vector<std::string> feeds;
  bool raw = false;
  std::string by{}, sort{}, step{};
  std::optional<std::size_t> limit{};
  RecordOutput* records = nullptr;
};
using Answering = tl::expected<Answer, std::string> (*)(QuestionCall&);

struct Asked {
  Answer answer;
  std::vector<std::string> warnings;

  // A cell as text: lists with commas between; "-" for none.
  [[nodiscard]] std::string cell(std::size_t row, std::string_view column) const;
  // The cells of some columns of all rows, "a b; a b".
  [[nodiscard]] std::string cells(const std::vector<std::string_view>& columns) const;
  // The lines for a person.
  [[nodiscard]] const std::vector<std::string>& lines() const { return answer.before; }
};

inline tl::expected<Asked, std::string> try_asking(Answering question, RecordSource& source,
                                                   const Asking& what) {
  QuestionOptions options;
  options.words = what.words;
  options.feeds = what.feeds;
  options.raw = what.raw;
  options.by = what.by;
  options.sort = what.sort;
  options.step = what.step;
  options.limit = what.limit;
  QuestionCall call{.options = options,
                    .source = source,
                    .from = what.from,
                    .to = what.to,
                    .ports = what.ports,
                    .warnings = {},
                    .report = {},
                    .records = what.records};
  auto answer = question(call);
  if (!answer) return tl::unexpected(answer.error());
  for (const auto& row : answer->rows)
    if (row.size() != answer->columns.size())
      throw std::logic_error("a row of another width than the columns");
  return Asked{.answer = std::move(*answer), .warnings = call.warnings};
}
inline Asked ask(Answering question, RecordSource& source, const Asking& what) {
  auto asked = try_asking(question, source, what);
  if (!asked) throw std::runtime_error(asked.error());
  return std::move(*asked);
}

struct CellText {
  std::string operator()(std::monostate) const { return "-"; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const IpAddress& value) const { return short_text(value); }
  // Milliseconds since midnight.
  std::string operator()(const When& value) const {
    return value.us == 0 ? "-" : std::to_string((value.us - kMidnight) / 1000);
  }
  template <class T>
  std::string operator()(const std::vector<T>& values) const {
    std::string out;
    for (const T& value : values) out += (out.empty() ? "" : ",") + (*this)(value);
    return out.empty() ? "-" : out;
  }
};

inline std::string Asked::cell(std::size_t row, std::string_view column) const {
  for (std::size_t i = 0; i < answer.columns.size(); ++i)
    if (answer.columns[i].name == column) return std::visit(CellText{}, answer.rows.at(row)[i]);
  throw std::logic_error("no column " + std::string(column));
}
inline std::string Asked::cells(const std::vector<std::string_view>& columns) const {
  std::string out;
  for (std::size_t row = 0; row < answer.rows.size(); ++row)
    for (std::size_t i = 0; i < columns.size(); ++i)
      out += (i != 0 ? " " : row != 0 ? "; " : "") + cell(row, columns[i]);
  return out;
}

}  // namespace weir::engine
