#include "rules/ioc/feed_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"
#include "rules/ioc/indicator_value.h"

namespace weir::rules {
namespace {

enum class Column : std::uint8_t { other, value, port, type, feed, confidence, expiry, tags };

struct ColumnName {
  std::string_view name;
  Column column;
};
// Ours, and those of feeds that many use.
constexpr std::array kColumnNames{ColumnName{"indicator", Column::value},
                                  ColumnName{"ioc", Column::value},
                                  ColumnName{"ioc_value", Column::value},
                                  ColumnName{"value", Column::value},
                                  ColumnName{"ip", Column::value},
                                  ColumnName{"ip_address", Column::value},
                                  ColumnName{"address", Column::value},
                                  ColumnName{"dst_ip", Column::value},
                                  ColumnName{"dstip", Column::value},
                                  ColumnName{"network", Column::value},
                                  ColumnName{"domain", Column::value},
                                  ColumnName{"hostname", Column::value},
                                  ColumnName{"fingerprint", Column::value},
                                  ColumnName{"ja3_md5", Column::value},
                                  ColumnName{"sha1", Column::value},
                                  ColumnName{"sha256", Column::value},
                                  ColumnName{"port", Column::port},
                                  ColumnName{"dst_port", Column::port},
                                  ColumnName{"dstport", Column::port},
                                  ColumnName{"type", Column::type},
                                  ColumnName{"ioc_type", Column::type},
                                  ColumnName{"indicator_type", Column::type},
                                  ColumnName{"feed", Column::feed},
                                  ColumnName{"source", Column::feed},
                                  ColumnName{"confidence", Column::confidence},
                                  ColumnName{"confidence_level", Column::confidence},
                                  ColumnName{"expiry", Column::expiry},
                                  ColumnName{"expires", Column::expiry},
                                  ColumnName{"expiration", Column::expiry},
                                  ColumnName{"valid_until", Column::expiry},
                                  ColumnName{"tags", Column::tags},
                                  ColumnName{"tag", Column::tags}};

Column column_named(std::string_view name) {
  const auto* const found = std::find_if(kColumnNames.begin(), kColumnNames.end(),
                                         [&](const ColumnName& c) { return equals_nocase(c.name, name); });
  return found == kColumnNames.end() ? Column::other : found->column;
}

// One column of a line: its text without quotes, and the place where it begins, from 1.
struct Cell {
  std::string text;
  std::uint32_t column = 1;
};

// A cell from the front of `rest`, up to a comma. False: a quote has no end, or something stands behind it.
bool take_cell(std::string_view line, std::string_view& rest, Cell& out) {
  rest = trim_left(rest);
  out.column = static_cast<std::uint32_t>(line.size() - rest.size() + 1);
  out.text.clear();
  if (!rest.starts_with('"')) {
    out.text = trim(cut(rest, ','));
    return true;
  }
  rest.remove_prefix(1);
  for (;;) {
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return false;
    out.text += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    out.text += '"';
    rest.remove_prefix(1);
  }
  return trim(cut(rest, ',')).empty();
}

// None: the line is no CSV.
std::optional<std::vector<Cell>> split_cells(std::string_view line) {
  std::vector<Cell> out;
  std::string_view rest = line;
  do {
    if (out.size() == kMaxFeedColumns || !take_cell(line, rest, out.emplace_back())) return std::nullopt;
  } while (!rest.empty());
  return out;
}

// Letters on the terminal, whatever a feed has.
std::string shown(std::string_view text) {
  std::string out(clip(text));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

std::string feed_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string_view out = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  for (const std::string_view end : {".gz", ".txt", ".csv", ".list", ".ipset", ".netset", ".ioc"})
    if (out.size() > end.size() && out.ends_with(end)) out.remove_suffix(end.size());
  return std::string(out);
}

// "sha256_hash", "url", "email": what is no address, name or fingerprint of a connection.
bool is_other_type(std::string_view type) {
  constexpr std::array<std::string_view, 7> kOthers{"hash", "file",  "filename", "url",
                                                    "mail", "email", "uri"};
  const std::string lower = lower_case(type);
  std::string_view rest = lower;
  bool other = false;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of("_-: |"));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word == "certificate" || word == "cert" || word == "tls") return false;
    other = other || std::find(kOthers.begin(), kOthers.end(), word) != kOthers.end();
  }
  return other;
}

class FeedText {
 public:
  FeedText(const std::string& file, IndicatorTable& into, std::string_view feed)
      : file_(file), table_(into), feed_(feed) {}

  void line(std::string_view line);
  FeedReport take() { return std::move(report_); }

 private:
  struct Draft {
    std::string_view value, port, type, feed, confidence, expiry, tags;
    std::uint32_t value_at = 1, port_at = 1, confidence_at = 1, expiry_at = 1;
  };

  bool take_header(std::string_view line, std::size_t least_known);
  void csv_line(std::string_view line);
  void plain_line(std::string_view line);
  void set(Draft& draft, Column column, const Cell& cell) const;
  void add(const Draft& draft);
  bool fill(const Draft& draft, Indicator& out);
  void wrong(std::uint32_t column, std::string reason, std::string_view offending);

  const std::string& file_;
  IndicatorTable& table_;
  std::string_view feed_;
  std::uint32_t number_ = 0;
  bool has_begun_ = false;       // a line that is no comment has come
  std::vector<Column> columns_;  // empty: a line an indicator
  bool is_full_ = false;
  FeedReport report_;
};

void FeedText::wrong(std::uint32_t column, std::string reason, std::string_view offending) {
  ++report_.wrong;
  if (report_.problems.size() >= kMaxFeedProblems) return;
  report_.problems.push_back({.file = file_,
                              .line = number_,
                              .column = column,
                              .keyword = {},
                              .reason = std::move(reason),
                              .offending = shown(offending),
                              .advice = {}});
}

void FeedText::line(std::string_view line) {
  ++number_;
  if (is_full_) return;
  if (line.size() > kMaxFeedLineBytes) return wrong(1, "the line is too long", line);
  if (number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  const std::string_view text = trim(line);
  if (text.empty()) return;
  if (text[0] == '#' || text[0] == ';') {
    std::string_view comment = text;
    while (!comment.empty() && (comment[0] == '#' || comment[0] == ';')) comment.remove_prefix(1);
    if (!has_begun_) (void)take_header(trim(comment), 2);  // prose has words of columns, too
    return;
  }
  const bool is_first = !std::exchange(has_begun_, true);
  if (is_first && take_header(text, 1)) return;
  columns_.empty() ? plain_line(line) : csv_line(line);
}

// True: it names columns, so many of which are known, and the indicator's among them.
bool FeedText::take_header(std::string_view line, std::size_t least_known) {
  const auto cells = split_cells(line);
  if (!cells) return false;
  std::vector<Column> columns;
  for (const Cell& cell : *cells) columns.push_back(column_named(cell.text));
  const auto others = static_cast<std::size_t>(std::count(columns.begin(), columns.end(), Column::other));
  if (columns.size() - others < least_known) return false;
  if (std::find(columns.begin(), columns.end(), Column::value) == columns.end()) return false;
  columns_ = std::move(columns);
  return true;
}

void FeedText::set(Draft& draft, Column column, const Cell& cell) const {
  switch (column) {
    case Column::value:
      if (!draft.value.empty()) break;  // of several such columns the first that says something
      draft.value = cell.text;
      draft.value_at = cell.column;
      break;
    case Column::port:
      draft.port = cell.text;
      draft.port_at = cell.column;
      break;
    case Column::type: draft.type = cell.text; break;
    case Column::feed: draft.feed = cell.text; break;
    case Column::confidence:
      draft.confidence = cell.text;
      draft.confidence_at = cell.column;
      break;
    case Column::expiry:
      draft.expiry = cell.text;
      draft.expiry_at = cell.column;
      break;
    case Column::tags: draft.tags = cell.text; break;
    case Column::other: break;
  }
}

void FeedText::csv_line(std::string_view line) {
  const auto cells = split_cells(line);
  if (!cells) return wrong(1, "a quote has no end, or there are too many columns", line);
  Draft draft;
  for (std::size_t i = 0; i < std::min(cells->size(), columns_.size()); ++i)
    set(draft, columns_[i], (*cells)[i]);
  if (is_other_type(draft.type)) {
    ++report_.other;
    return;
  }
  if (draft.value.empty()) return wrong(1, "there is no indicator", line);
  add(draft);
}

void FeedText::plain_line(std::string_view line) {
  std::string_view rest = trim_left(line);
  const auto column = static_cast<std::uint32_t>(line.size() - rest.size() + 1);
  const std::string_view value = take_word(rest);
  if (!rest.empty() && rest[0] != '#' && rest[0] != ';')
    return wrong(column + static_cast<std::uint32_t>(value.size()) + 1,
                 "only a comment may follow an indicator", rest);
  add({.value = value,
       .port = {},
       .type = {},
       .feed = {},
       .confidence = {},
       .expiry = {},
       .tags = {},
       .value_at = column});
}

// Numbers and dates. False: one is wrong, and told.
bool FeedText::fill(const Draft& draft, Indicator& out) {
  if (!draft.port.empty() && draft.port != "0" && out.port == 0) {
    const auto port = parse_number<std::uint16_t>(draft.port);
    if (!port) return wrong(draft.port_at, "the port is no number from 1 to 65535", draft.port), false;
    const bool has_ports = out.kind == IndicatorKind::address || out.kind == IndicatorKind::network;
    if (has_ports) out.port = *port;
  }
  if (!draft.confidence.empty()) {
    const auto confidence = parse_confidence(draft.confidence);
    if (!confidence)
      return wrong(draft.confidence_at, "the confidence is no number from 0 to 100", draft.confidence), false;
    out.confidence = *confidence;
  }
  if (!draft.expiry.empty()) {
    const auto expiry = parse_feed_time(draft.expiry);
    if (!expiry)
      return wrong(draft.expiry_at, "the expiry is no date, such as 2027-01-31", draft.expiry), false;
    out.expiry = *expiry;
  }
  return true;
}

std::vector<std::string_view> split_tags(std::string_view text) {
  std::vector<std::string_view> out;
  constexpr std::string_view kBetween = ",;| \t";
  while (!text.empty() && out.size() < kMaxIndicatorTags) {
    const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    if (end != 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void FeedText::add(const Draft& draft) {
  const auto value = parse_indicator(draft.value);
  if (!value) return wrong(draft.value_at, value.error().reason, value.error().offending);
  Indicator indicator{
      .kind = value->kind, .network = value->network, .port = value->port, .value = value->value, .tags = {}};
  if (!fill(draft, indicator)) return;
  std::string with_port;
  if (indicator.port != value->port) {
    const bool is_v6 = value->network.address.family == 6;
    with_port = is_v6 ? fmt::format("[{}]:{}", value->value, indicator.port)
                      : fmt::format("{}:{}", value->value, indicator.port);
    indicator.value = with_port;
  }
  indicator.feed = draft.feed.empty() ? feed_ : draft.feed;
  const auto tags = split_tags(draft.tags);
  indicator.tags = tags;
  switch (table_.add(indicator)) {
    case IndicatorTable::Added::yes: ++report_.indicators; break;
    case IndicatorTable::Added::known: ++report_.again; break;
    case IndicatorTable::Added::full:
      is_full_ = table_.size() >= kMaxIndicators;
      wrong(draft.value_at,
            is_full_ ? fmt::format("there are {} indicators already; this one and what follows is left out",
                                   kMaxIndicators)
                     : fmt::format("{} other feeds list it already", kMaxSameIndicators),
            draft.value);
      break;
  }
}

}  // namespace

FeedReport read_feed_text(std::string_view text, const std::string& file, IndicatorTable& into,
                          std::string_view name) {
  FeedText feed(file, into, name);
  while (!text.empty()) feed.line(cut(text, '\n'));
  return feed.take();
}

FeedReport read_feed(const std::string& path, IndicatorTable& into, std::string_view name) {
  const auto text = read_text_file(path, kMaxFeedBytes);
  const std::string feed = name.empty() ? feed_name(path) : std::string(name);
  if (text) return read_feed_text(*text, path, into, feed);
  FeedReport out;
  out.problems.push_back(
      {.file = path, .keyword = {}, .reason = text.error(), .offending = {}, .advice = {}});
  return out;
}

}  // namespace weir::rules
