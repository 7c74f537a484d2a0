#include "engine/query/answer_addresses.h"

#include <algorithm>
#include <utility>

#include "decoders/address_text.h"
#include "engine/query/text_addresses.h"

namespace weir::engine {
namespace {

template <class T>
void for_each_of(Answer& answer, const std::function<void(T&)>& visit) {
  for (auto& row : answer.rows)
    for (Cell& cell : row)
      if (T* const value = std::get_if<T>(&cell)) visit(*value);
}

void replace_in(Answer& answer, const AddressReplacement& replacement) {
  for (auto* const lines : {&answer.before, &answer.behind})
    for (std::string& line : *lines) line = replace_addresses(line, replacement);
}

std::string name_or_address(const IpAddress& address, const NameOf& name) {
  std::string out = name(address);
  return out.empty() ? short_text(address) : out;
}

std::vector<std::string> names_of(const std::vector<IpAddress>& addresses, const NameOf& name,
                                  bool or_address) {
  std::vector<std::string> out;
  for (const IpAddress& address : addresses)
    out.push_back(or_address ? name_or_address(address, name) : name(address));
  return out;
}

struct CellOrder {
  const Cell& other;
  template <class T>
  bool operator()(const T& value) const {
    return value < std::get<T>(other);
  }
  bool operator()(std::monostate /*none*/) const { return false; }
  bool operator()(const When& value) const { return value.us < std::get<When>(other).us; }
};
bool comes_before(const Cell& a, const Cell& b) {
  return a.index() != b.index() ? a.index() < b.index() : std::visit(CellOrder{b}, a);
}
bool is_same(const Cell& a, const Cell& b) {
  return !comes_before(a, b) && !comes_before(b, a);
}

// By what the cells say, where what they are sorted by is the same.
void sort_equal_rows(Answer& answer) {
  if (!answer.sorted_by) return;
  auto& rows = answer.rows;
  const auto is_equal = [&](const auto& a, const auto& b) {
    return std::all_of(answer.sorted_by->begin(), answer.sorted_by->end(),
                       [&](std::size_t column) { return is_same(a[column], b[column]); });
  };
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [&](const auto& row) { return !is_equal(*begin, row); });
    std::sort(begin, end, [](const auto& a, const auto& b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), comes_before);
    });
    begin = end;
  }
}

// Whether a column has addresses in one of its rows.
bool has_addresses(const Answer& answer, std::size_t column) {
  return std::any_of(answer.rows.begin(), answer.rows.end(), [column](const auto& row) {
    return std::holds_alternative<IpAddress>(row[column]) ||
           std::holds_alternative<std::vector<IpAddress>>(row[column]);
  });
}

Cell name_cell(const Cell& cell, const NameOf& name) {
  if (const auto* const list = std::get_if<std::vector<IpAddress>>(&cell))
    return names_of(*list, name, false);
  const auto* const address = std::get_if<IpAddress>(&cell);
  std::string text = address != nullptr ? name(*address) : std::string{};
  return text.empty() ? Cell{} : Cell{std::move(text)};
}

}  // namespace

std::vector<IpAddress> addresses_of(const Answer& answer) {
  std::vector<IpAddress> out;
  for (const auto& row : answer.rows)
    for (const Cell& cell : row) {
      if (const auto* const one = std::get_if<IpAddress>(&cell)) out.push_back(*one);
      if (const auto* const list = std::get_if<std::vector<IpAddress>>(&cell))
        out.insert(out.end(), list->begin(), list->end());
    }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void anonymise(Answer& answer, const std::function<IpAddress(const IpAddress&)>& change) {
  for (std::size_t i = 0; i < answer.columns.size(); ++i)
    if (answer.columns[i].names_somebody)
      for (auto& row : answer.rows) row[i] = {};
  const AddressReplacement in_text = [&](const IpAddress& a) { return short_text(change(a)); };
  for_each_of<IpAddress>(answer, [&](IpAddress& a) { a = change(a); });
  for_each_of<std::vector<IpAddress>>(answer, [&](auto& list) {
    for (IpAddress& a : list) a = change(a);
    std::sort(list.begin(), list.end());
  });
  for_each_of<std::string>(answer, [&](std::string& text) { text = replace_addresses(text, in_text); });
  for_each_of<std::vector<std::string>>(answer, [&](auto& list) {
    for (std::string& text : list) text = replace_addresses(text, in_text);
  });
  replace_in(answer, in_text);
  sort_equal_rows(answer);
}

void show_names(Answer& answer, const NameOf& name) {
  for (auto& row : answer.rows)
    for (Cell& cell : row) {
      if (const auto* const address = std::get_if<IpAddress>(&cell))
        cell = name_or_address(*address, name);
      else if (const auto* const list = std::get_if<std::vector<IpAddress>>(&cell))
        cell = names_of(*list, name, true);
    }
  replace_in(answer, name);
}

void add_names(Answer& answer, const NameOf& name) {
  for (std::size_t i = answer.columns.size(); i-- > 0;) {
    if (!has_addresses(answer, i)) continue;
    const auto behind = static_cast<std::ptrdiff_t>(i + 1);
    answer.columns.insert(answer.columns.begin() + behind,
                          {.name = answer.columns[i].name + "_name", .head = {}, .look = Look::json_only});
    for (auto& row : answer.rows) row.insert(row.begin() + behind, name_cell(row[i], name));
  }
}

}  // namespace weir::engine
