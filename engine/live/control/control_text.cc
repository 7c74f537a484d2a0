#include "engine/live/control/control_text.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

namespace weir::engine {
namespace {

namespace dom = simdjson::dom;
constexpr std::size_t kMaxDepth = 16, kIndent = 2;

bool is_plain(dom::element e) {
  return !e.is_object() && !e.is_array();
}

// What comes from the network cannot move the cursor.
std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '.');
  return out;
}

std::string plain_text(dom::element e) {
  std::string_view text;
  if (e.get(text) == simdjson::SUCCESS) return printable(text);
  return simdjson::minify(e);
}

std::string joined(dom::array list) {
  std::string out;
  for (const dom::element item : list) {
    if (!out.empty()) out += ", ";
    out += plain_text(item);
  }
  return out;
}

using Cells = std::vector<std::pair<std::string, std::string>>;  // column, text

void add_cells(const std::string& prefix, dom::object object, std::size_t depth, Cells& out) {
  if (depth == kMaxDepth) return;
  for (const auto& [key, value] : object) {
    const std::string name = prefix + printable(key);
    dom::object inner;
    dom::array list;
    if (value.get(inner) == simdjson::SUCCESS)
      add_cells({}, inner, depth + 1, out);
    else if (value.get(list) == simdjson::SUCCESS)
      out.emplace_back(name, joined(list));
    else
      out.emplace_back(name, plain_text(value));
  }
}

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  std::size_t column(const std::string& name) {
    const auto at =
        static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
    if (at == columns.size()) columns.push_back(name);
    return at;
  }
  void add(const Cells& cells) {
    std::vector<std::string> row;
    for (const auto& [name, text] : cells) {
      const std::size_t at = column(name);
      if (row.size() <= at) row.resize(at + 1);
      row[at] = text;
    }
    rows.push_back(std::move(row));
  }
  void print(std::size_t indent, std::string& out) const {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::size_t width = columns[c].size();
      for (const auto& row : rows)
        if (c < row.size()) width = std::max(width, row[c].size());
      widths.push_back(width);
    }
    print_row(columns, widths, indent, out);
    for (const auto& row : rows) print_row(row, widths, indent, out);
  }

 private:
  static void print_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                        std::size_t indent, std::string& out) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string_view text = row[c].empty() ? std::string_view("-") : std::string_view(row[c]);
      line += fmt::format("{:<{}}  ", text, widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
};

void print_list(dom::array list, std::size_t indent, std::string& out) {
  Table table;
  for (const dom::element item : list) {
    std::string_view text;
    dom::object object;
    if (item.get(object) != simdjson::SUCCESS) {
      out += std::string(indent, ' ') + plain_text(item) + '\n';
    } else if (object["text"].get(text) == simdjson::SUCCESS) {
      out += std::string(indent, ' ') + printable(text) + '\n';
    } else {
      Cells cells;
      add_cells({}, object, 0, cells);
      table.add(cells);
    }
  }
  if (!table.rows.empty()) table.print(indent, out);
}

void print_object(dom::object object, std::size_t indent, std::string& out) {
  if (indent > kMaxDepth * kIndent) return;
  for (const auto& [key, value] : object) {
    const std::string start = std::string(indent, ' ') + printable(key) + ":";
    dom::object inner;
    dom::array list;
    if (is_plain(value)) {
      out += start + ' ' + plain_text(value) + '\n';
    } else if (value.get(inner) == simdjson::SUCCESS) {
      out += start + '\n';
      print_object(inner, indent + kIndent, out);
    } else if (value.get(list) == simdjson::SUCCESS) {
      const bool plain = std::all_of(list.begin(), list.end(), [](dom::element e) { return is_plain(e); });
      out += start + (list.size() == 0 ? " none\n" : plain ? ' ' + joined(list) + '\n' : "\n");
      if (!plain) print_list(list, indent + kIndent, out);
    }
  }
}

}  // namespace

tl::expected<ControlAnswer, std::string> read_answer(std::string_view line) {
  dom::parser parser;
  dom::element document;
  std::string_view result;
  if (parser.parse(line.data(), line.size()).get(document) != simdjson::SUCCESS ||
      document["return"].get(result) != simdjson::SUCCESS)
    return tl::unexpected(std::string("what came back is not an answer"));
  ControlAnswer out{.ok = result == "OK"};
  dom::element message;
  if (document["message"].get(message) != simdjson::SUCCESS) return out;
  dom::object object;
  dom::array list;
  if (message.get(object) == simdjson::SUCCESS)
    print_object(object, 0, out.text);
  else if (message.get(list) == simdjson::SUCCESS)
    print_list(list, 0, out.text);
  else
    out.text = plain_text(message) + '\n';
  return out;
}

}  // namespace weir::engine
