// A table for a person, that fits the terminal: heads, numbers to the right, what is too long cut with an ellipsis.
//
// The first kRowsToFit rows wait until it is known how wide the columns have to be; all later ones are written at once, with these
// widths, so that a table may go on for ever.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/query/record_output.h"

namespace weir::engine {

struct TableColumn {
  std::string head;
  bool is_number = false;    // to the right
  bool can_be_cut = false;   // text that says something when only its begin is there
  bool is_optional = false;  // left out, the last first, where the table is too wide
};

class TableWriter {
 public:
  static constexpr std::size_t kRowsToFit = 500;

  // `width`: columns of the terminal. `out` outlives it.
  TableWriter(std::vector<TableColumn> columns, std::size_t width, bool colours, LineTaker& out);
  // As many cells as columns, as they are to be seen: no line ends, no control characters.
  void row(std::vector<std::string> cells);
  // Writes what waits; a table without rows has no head.
  void finish();

 private:
  void fit();
  void write(const std::vector<std::string>& cells, bool is_head);

  std::vector<TableColumn> columns_;
  std::vector<std::size_t> widths_;  // 0: left out
  const std::size_t width_;
  const bool colours_;
  LineTaker& out_;
  bool is_fitted_ = false;
  std::vector<std::vector<std::string>> waiting_;
};

// How many columns of the terminal the text takes: its characters, each one wide.
std::size_t shown_width(std::string_view text);
// The begin of the text that takes so many columns, with an ellipsis when something is missing. At least one column.
std::string cut_to_width(std::string_view text, std::size_t width);

}  // namespace weir::engine
