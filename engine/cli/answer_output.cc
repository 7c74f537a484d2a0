#include "engine/cli/answer_output.h"

#include <array>
#include <cstdio>
#include <functional>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "engine/cli/answer_table.h"
#include "engine/cli/terminal.h"
#include "engine/query/address_names.h"
#include "engine/query/answer_addresses.h"
#include "output/csv.h"
#include "output/json_writer.h"
#include "output/timestamp.h"

namespace weir::engine {
namespace {

using output::JsonWriter;

struct JsonCell {
  JsonWriter& out;
  output::TimestampFormatter& times;
  const std::string& name;
  void operator()(std::monostate) const {}
  void operator()(bool value) const { out.boolean(name, value); }
  void operator()(std::uint64_t value) const { out.number(name, value); }
  void operator()(double value) const { out.real(name, value); }
  void operator()(const std::string& value) const { out.string(name, value); }
  void operator()(const IpAddress& value) const {
    if (value.family != 0) out.plain(name, ShortAddress(value).view());
  }
  void operator()(const When& value) const {
    if (value.us == 0) return;
    std::array<char, output::TimestampFormatter::kIsoBytes> text{};
    times.iso(value.us, text.data());
    out.plain(name, {text.data(), text.size()});
  }
  void operator()(const std::vector<std::uint64_t>& values) const {
    const auto list = out.array(name);
    for (const std::uint64_t value : values) out.number(value);
  }
  void operator()(const std::vector<std::string>& values) const {
    const auto list = out.array(name);
    for (const std::string& value : values) out.string(value);
  }
  void operator()(const std::vector<IpAddress>& values) const {
    const auto list = out.array(name);
    for (const IpAddress& value : values) out.string(ShortAddress(value).view());
  }
};

void write_json(const Answer& answer, LineTaker& out) {
  JsonWriter line;
  output::TimestampFormatter times;
  for (const auto& row : answer.rows) {
    line.clear();
    {
      const auto object = line.object();
      for (std::size_t i = 0; i < row.size(); ++i)
        std::visit(JsonCell{line, times, answer.columns[i].name}, row[i]);
    }
    out.line(line.text());
  }
}

// The text of a field, before it is quoted.
struct CsvCell {
  output::TimestampFormatter& times;
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const IpAddress& value) const { return std::string(ShortAddress(value).view()); }
  std::string operator()(const When& value) const {
    if (value.us == 0) return {};
    std::array<char, output::TimestampFormatter::kIsoBytes> text{};
    times.iso(value.us, text.data());
    return {text.data(), text.size()};
  }
  template <class T>
  std::string operator()(const std::vector<T>& values) const {
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) out.append(i == 0 ? "" : ";").append((*this)(values[i]));
    return out;
  }
};

void write_csv(const Answer& answer, LineTaker& out) {
  if (answer.columns.empty()) return;
  output::TimestampFormatter times;
  std::string line;
  const auto field = [&line](std::size_t i, std::string_view text) {
    if (i != 0) line += ',';
    output::append_csv(line, text);
  };
  for (std::size_t i = 0; i < answer.columns.size(); ++i) field(i, answer.columns[i].name);
  out.line(line);
  for (const auto& row : answer.rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) field(i, std::visit(CsvCell{times}, row[i]));
    out.line(line);
  }
}

void name_addresses(Answer& answer, bool is_table) {
  AddressNames names;
  names.look_up(addresses_of(answer));
  warn_of_names(names);
  if (is_table)
    show_names(answer, std::cref(names));
  else
    add_names(answer, std::cref(names));
}

}  // namespace

void write_answer(Answer answer, const QuestionOptions& options, output::CryptoPan* anonymiser,
                  LineTaker& out) {
  const bool is_table = !options.json && !options.csv;
  if (anonymiser != nullptr) anonymise(answer, [&](const IpAddress& a) { return (*anonymiser)(a); });
  if (options.names) name_addresses(answer, is_table);
  if (options.json) return write_json(answer, out);
  if (options.csv) return write_csv(answer, out);
  write_answer_table(answer, terminal_columns(stdout), wants_colours(options.colour, stdout), out);
}

}  // namespace weir::engine
