#include "engine/cli/answer_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "engine/cli/digest.h"
#include "engine/cli/table_writer.h"
#include "engine/query/human_text.h"

namespace weir::engine {
namespace {

struct HumanCell {
  output::TimestampFormatter& times;
  Look look;

  std::string operator()(std::monostate) const { return "-"; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::uint64_t value) const {
    if (look == Look::bytes) return human_bytes(static_cast<double>(value));
    if (look == Look::duration)
      return human_span(static_cast<TimeUs>(std::min(value, std::uint64_t{1} << 62U)));
    return fmt::format("{}", value);
  }
  std::string operator()(double value) const {
    if (look == Look::ratio) return human_ratio(value);
    if (look == Look::bytes) return human_bytes(value);
    if (look == Look::duration) return human_span(static_cast<TimeUs>(std::min(value, 1e15)));
    return fmt::format("{:.4g}", value);
  }
  std::string operator()(const std::string& value) const { return printable(value); }
  std::string operator()(const IpAddress& value) const { return std::string(ShortAddress(value).view()); }
  std::string operator()(const When& value) const {
    return value.us == 0 ? "-" : local_time_text(times, value.us);
  }
  template <class T>
  std::string operator()(const std::vector<T>& values) const {
    std::string out;
    for (const T& value : values) out.append(out.empty() ? "" : ", ").append((*this)(value));
    return out.empty() ? "-" : out;
  }
};

bool is_number(const Cell& cell) {
  return std::holds_alternative<std::uint64_t>(cell) || std::holds_alternative<double>(cell);
}
// Half an address says nothing; of a list or a name the begin does.
bool can_be_cut(const Cell& cell) {
  return !is_number(cell) && !std::holds_alternative<IpAddress>(cell) &&
         !std::holds_alternative<When>(cell) && !std::holds_alternative<bool>(cell) &&
         !std::holds_alternative<std::monostate>(cell);
}

}  // namespace

void warn_of_names(const AddressNames& names) {
  if (names.without_answer() != 0)
    fmt::print(stderr, "weir: warning: --names: not all names could be asked for, or came in time\n");
}

std::string local_time_text(output::TimestampFormatter& times, TimeUs time) {
  constexpr std::size_t kDateBytes = 10, kTimeAt = 11, kTimeBytes = 8;
  std::array<char, output::TimestampFormatter::kIsoBytes> iso{};
  times.iso(time, iso.data());
  const std::string_view text(iso.data(), iso.size());
  return fmt::format("{} {}", text.substr(0, kDateBytes), text.substr(kTimeAt, kTimeBytes));
}

void write_answer_table(const Answer& answer, std::size_t width, bool colours, LineTaker& out) {
  for (const std::string& line : answer.before) out.line(printable(line));
  std::vector<std::size_t> shown;
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < answer.columns.size() && !answer.only_text; ++i) {
    const AnswerColumn& column = answer.columns[i];
    if (column.look == Look::json_only) continue;
    const auto any = [&](bool (*has)(const Cell&)) {
      return std::any_of(answer.rows.begin(), answer.rows.end(),
                         [&](const auto& row) { return has(row[i]); });
    };
    shown.push_back(i);
    columns.push_back({.head = column.head.empty() ? column.name : column.head,
                       .is_number = any(is_number),
                       .can_be_cut = any(can_be_cut)});
  }
  output::TimestampFormatter times;
  TableWriter table(std::move(columns), width, colours, out);
  for (const auto& row : answer.rows) {
    if (shown.empty() || out.has_failed()) break;
    std::vector<std::string> cells;
    for (const std::size_t i : shown)
      cells.push_back(std::visit(HumanCell{times, answer.columns[i].look}, row[i]));
    table.row(std::move(cells));
  }
  table.finish();
  for (const std::string& line : answer.behind) out.line(printable(line));
}

}  // namespace weir::engine
