#include "engine/live/control/control_protocol.h"


#include <fmt/format.h>
#include <simdjson.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

namespace dom = simdjson::dom;
constexpr std::size_t kMaxDepth = 16;

tl::expected<ControlArguments::Value, std::string> plain_value(std::string_view name, dom::element value) {
  switch (value.type()) {
    case dom::element_type::BOOL: return value.get_bool().value_unsafe();
    case dom::element_type::INT64: return value.get_int64().value_unsafe();
    case dom::element_type::DOUBLE: return value.get_double().value_unsafe();
    case dom::element_type::STRING: return std::string(value.get_string().value_unsafe());
    case dom::element_type::UINT64:  // beyond INT64_MAX: no argument is that large
    default: return tl::unexpected(fmt::format("argument '{}' is not a plain value", name));
  }
}

tl::expected<ControlArguments, std::string> read_arguments(dom::element value) {
  ControlArguments out;
  if (value.is_null()) return out;
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS)
    return tl::unexpected(std::string("'arguments' is not an object"));
  if (object.size() > kMaxControlArguments) return tl::unexpected(std::string("too many arguments"));
  for (const auto& [name, element] : object) {
    auto plain = plain_value(name, element);
    if (!plain) return tl::unexpected(std::move(plain.error()));
    out.add(std::string(name), std::move(*plain));
  }
  return out;
}

std::string finish(const output::JsonWriter& out) {
  return std::string(out.text()) + '\n';
}

}  // namespace

const ControlArguments::Value* ControlArguments::find(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return &value;
  return nullptr;
}

std::optional<std::string> ControlArguments::text(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(value)) return *flag ? "true" : "false";
  return std::nullopt;
}

std::optional<std::uint64_t> ControlArguments::number(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::int64_t>(value))
    return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
  if (const auto* text = std::get_if<std::string>(value)) return parse_number<std::uint64_t>(*text);
  return std::nullopt;
}

std::optional<bool> ControlArguments::flag(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  if (const auto* text = std::get_if<std::string>(value)) {
    if (*text == "true" || *text == "yes") return true;
    if (*text == "false" || *text == "no") return false;
  }
  return std::nullopt;
}

struct ControlParser::Impl {
  dom::parser parser{kMaxControlLine};
  bool ready = parser.allocate(kMaxControlLine, kMaxDepth) == simdjson::SUCCESS;
};

ControlParser::ControlParser() : impl_(std::make_unique<Impl>()) {}
ControlParser::~ControlParser() = default;

tl::expected<ControlRequest, std::string> ControlParser::parse(std::string_view line) {
  if (!impl_->ready || line.size() > kMaxControlLine) return tl::unexpected(std::string("too long"));
  dom::element document;
  if (const auto error = impl_->parser.parse(line.data(), line.size()).get(document);
      error != simdjson::SUCCESS)
    return tl::unexpected(fmt::format("not JSON: {}", simdjson::error_message(error)));
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return tl::unexpected(std::string("not a JSON object"));
  ControlRequest out;
  std::string_view text;
  if (object["version"].get(text) == simdjson::SUCCESS) out.version = text;
  dom::element command;
  if (object["command"].get(command) != simdjson::SUCCESS) {
    if (!out.version.empty()) return out;
    return tl::unexpected(std::string("there is no 'command'"));
  }
  if (command.get(text) != simdjson::SUCCESS) return tl::unexpected(std::string("'command' is not a string"));
  out.version.clear();
  out.command = text;
  dom::element arguments;
  if (object["arguments"].get(arguments) != simdjson::SUCCESS) return out;
  auto read = read_arguments(arguments);
  if (!read) return tl::unexpected(std::move(read.error()));
  out.arguments = std::move(*read);
  return out;
}

bool ControlParser::is_greeting(std::string_view text) {
  constexpr std::size_t kLongestGreeting = 64;
  if (text.size() > kLongestGreeting || !text.ends_with('}')) return false;
  const auto request = parse(text);
  return request && request->command.empty();
}

std::string control_ok() {
  output::JsonWriter out;
  {
    const auto answer = out.object();
    out.string("return", "OK");
  }
  return finish(out);
}

std::string control_ok(std::string_view message) {
  output::JsonWriter out;
  {
    const auto answer = out.object();
    out.string("return", "OK");
    out.bytes("message", message);
  }
  return finish(out);
}

std::string control_nok(std::string_view message) {
  output::JsonWriter out;
  {
    const auto answer = out.object();
    out.string("return", "NOK");
    out.bytes("message", message);
  }
  return finish(out);
}

}  // namespace weir::engine
