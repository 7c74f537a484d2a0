#include "engine/cli/table_writer.h"

#include <algorithm>
#include <utility>

#include "engine/cli/terminal.h"

namespace weir::engine {
namespace {

constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kLeastCut = 12;  // columns are not made narrower than this

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t table_width(const std::vector<std::size_t>& widths) {
  std::size_t out = 0;
  for (const std::size_t width : widths) out += width == 0 ? 0 : width + kColumnGap;
  return out == 0 ? 0 : out - kColumnGap;
}

}  // namespace

std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (shown_width(text) <= width) return std::string(text);
  std::size_t bytes = 0, characters = 0;
  for (; bytes < text.size(); ++bytes)
    if (begins_character(text[bytes]) && ++characters >= width) break;
  return std::string(text.substr(0, bytes)) + "…";
}

TableWriter::TableWriter(std::vector<TableColumn> columns, std::size_t width, bool colours, LineTaker& out)
    : columns_(std::move(columns)), width_(width), colours_(colours), out_(out) {}

void TableWriter::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  if (is_fitted_) return write(cells, false);
  waiting_.push_back(std::move(cells));
  if (waiting_.size() >= kRowsToFit) fit();
}

void TableWriter::finish() {
  if (!is_fitted_ && !waiting_.empty()) fit();
}

// What can be left out goes first; then the widest of those that can be cut gives way, as long as it is no use to leave it whole.
void TableWriter::fit() {
  is_fitted_ = true;
  for (const TableColumn& column : columns_) widths_.push_back(shown_width(column.head));
  for (const auto& cells : waiting_)
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], shown_width(cells[i]));
  for (std::size_t i = columns_.size(); i-- > 0 && table_width(widths_) > width_;)
    if (columns_[i].is_optional) widths_[i] = 0;
  while (table_width(widths_) > width_) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].can_be_cut && widths_[i] > kLeastCut &&
          (widest == columns_.size() || widths_[i] > widths_[widest]))
        widest = i;
    if (widest == columns_.size()) break;
    --widths_[widest];
  }
  std::vector<std::string> heads;
  for (const TableColumn& column : columns_) heads.push_back(column.head);
  write(heads, true);
  for (const auto& cells : std::exchange(waiting_, {})) write(cells, false);
}

void TableWriter::write(const std::vector<std::string>& cells, bool is_head) {
  std::string line;
  std::size_t behind = 0;  // blanks before the next cell
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t width = widths_[i];
    if (width == 0) continue;
    // A number that has become wider later is never cut: a wrong number is worse than a crooked line.
    const std::string cell = columns_[i].is_number ? cells[i] : cut_to_width(cells[i], width);
    const std::size_t rest = width - std::min(width, shown_width(cell));
    line.append(behind + (columns_[i].is_number ? rest : 0), ' ');
    line += is_head ? coloured(cell, "1", colours_ && !cell.empty()) : cell;
    behind = kColumnGap + (columns_[i].is_number ? 0 : rest);
  }
  out_.line(line);
}

}  // namespace weir::engine
