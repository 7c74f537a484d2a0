// Lists in JSON: each item is an object with a value in it, and the object is what alerts show of the value.
#include <simdjson.h>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/match/captures.h"
#include "rules/state/dataset_list.h"

namespace weir::rules {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxJsonDepth = 32;

// What stands at a path such as "host.fqdn"; an empty path is the element itself.
simdjson::simdjson_result<dom::element> at_path(dom::element from, std::string_view path) {
  while (!path.empty()) {
    const auto next = from[cut(path, '.')];
    if (next.error() != simdjson::SUCCESS) return next.error();
    from = next.value_unsafe();
  }
  return from;
}

void write_key(std::string& out, std::string_view key) {
  out += '"';
  for (const char c : key) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') out += '\\';
    byte < 0x20 ? void(out += fmt::format("\\u{:04x}", byte)) : out.push_back(c);
  }
  out += "\":";
}

// The object without what stands at `path`. As deep as the path, which is the user's.
void write_without(std::string& out, dom::object object, std::string_view path) {
  std::string_view below = path;
  const std::string_view first = cut(below, '.');
  char separator = '{';
  for (const auto& [key, value] : object) {
    const bool on_path = key == first;
    if (on_path && below.empty()) continue;
    out += separator;
    separator = ',';
    write_key(out, key);
    dom::object inner;
    if (on_path && value.get(inner) == simdjson::SUCCESS)
      write_without(out, inner, below);
    else
      out += simdjson::minify(value);
  }
  out += separator == '{' ? "{}" : "}";
}

class JsonList {
 public:
  explicit JsonList(Dataset& set) : set_(set), source_(set.source()) {}

  // `number`: of the line or of the item. What has no value of that name is not about the set.
  void take(dom::element item, std::uint32_t number) {
    const auto found = at_path(item, source_.value_key);
    if (found.error() != simdjson::SUCCESS) {
      ++without_key_;
      return;
    }
    std::string_view text;
    if (found.value_unsafe().get(text) != simdjson::SUCCESS)
      return leave_out(number, fmt::format("{} is no string", source_.value_key), {});
    const auto value = source_.type == DatasetType::string
                           ? std::string(text)
                           : decode_dataset_value(source_.type, text).value_or("");
    std::string context = context_of(item);
    if (context.size() > kMaxContextBytes)
      return leave_out(number, fmt::format("what is known of it is longer than {} bytes", kMaxContextBytes),
                       text);
    put(value, std::move(context), number, text);
  }
  void leave_out(std::uint32_t number, std::string reason, std::string_view text) {
    const bool is_line = source_.format == DatasetFormat::ndjson;
    if (!is_line) reason = fmt::format("item {}: {}", number, reason);
    report_.leave_out({is_line ? number : 0, is_line ? 1U : 0U, std::move(reason), std::string(clip(text))});
  }
  tl::expected<ListReport, KeywordError> finish() {
    if (report_.taken == 0 && report_.left_out != 0) {
      const ListProblem& first = report_.problems.front();
      return refuse(fmt::format("nothing of the list can be used: {}{}",
                                first.line == 0 ? "" : fmt::format("line {}: ", first.line), first.reason),
                    first.offending);
    }
    if (report_.taken == 0)
      return refuse(without_key_ == 0 ? "the list is empty" : "nothing in the list has the value_key",
                    source_.value_key);
    report_.finish();
    if (without_key_ != 0)
      report_.problems.push_back({0, 0, fmt::format("items without the value_key: {}", without_key_),
                                  source_.value_key, Severity::warning});
    return std::move(report_);
  }

 private:
  [[nodiscard]] std::string context_of(dom::element item) const {
    dom::object object;
    if (!source_.remove_key || item.get(object) != simdjson::SUCCESS) return simdjson::minify(item);
    std::string out;
    write_without(out, object, source_.value_key);
    return out;
  }
  void put(const std::string& value, std::string context, std::uint32_t number, std::string_view text) {
    switch (set_.put(value, {.context = std::move(context)})) {
      case Dataset::Put::added:
      case Dataset::Put::was_there: ++report_.taken; return;
      case Dataset::Put::wrong_size:
        return leave_out(number, fmt::format("not a value of type {}", dataset_type_name(source_.type)),
                         text);
      case Dataset::Put::full: return leave_out(number, "the set is full: its memcap is too small", text);
    }
  }

  Dataset& set_;
  const DatasetSource& source_;
  ListReport report_;
  std::size_t without_key_ = 0;
};

tl::expected<ListReport, KeywordError> read_document(Dataset& set, std::string_view text,
                                                     dom::parser& parser) {
  dom::element document;
  if (const auto error = parser.parse(text.data(), text.size()).get(document); error != simdjson::SUCCESS)
    return refuse(fmt::format("the list is not JSON: {}", simdjson::error_message(error)));
  dom::array items;
  if (at_path(document, set.source().array_key).get(items) != simdjson::SUCCESS)
    return refuse(set.source().array_key.empty()
                      ? "the list is no JSON array: an array_key says where one stands in it"
                      : "the list has no array at the array_key",
                  set.source().array_key);
  JsonList list(set);
  std::uint32_t number = 0;
  for (const dom::element item : items) list.take(item, ++number);
  return list.finish();
}

tl::expected<ListReport, KeywordError> read_json_lines(Dataset& set, std::string_view text,
                                                       dom::parser& parser) {
  JsonList list(set);
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trim(cut(text, '\n'));
    if (line.empty()) continue;
    dom::element item;
    if (const auto error = parser.parse(line.data(), line.size()).get(item); error != simdjson::SUCCESS)
      list.leave_out(number, fmt::format("not JSON: {}", simdjson::error_message(error)), line);
    else
      list.take(item, number);
  }
  return list.finish();
}

}  // namespace

tl::expected<ListReport, KeywordError> read_dataset_json(Dataset& set, std::string_view text) {
  dom::parser parser;
  if (parser.allocate(text.size(), kMaxJsonDepth) != simdjson::SUCCESS)
    return refuse("the list is too large");
  return set.source().format == DatasetFormat::json ? read_document(set, text, parser)
                                                    : read_json_lines(set, text, parser);
}

std::optional<std::string> parse_context(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (json.size() > kMaxContextBytes || parser.allocate(json.size(), kMaxJsonDepth) != simdjson::SUCCESS ||
      parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
    return std::nullopt;
  return simdjson::minify(object);
}

}  // namespace weir::rules
