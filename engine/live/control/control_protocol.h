// The language of the control socket: one JSON object a line, in and out, as on Suricata's.
//
//   {"version": "0.2"}                                      -> {"return": "OK"}            (optional
//   greeting)
//   {"command": "flows", "arguments": {"limit": 20}}        -> {"return": "OK", "message": {...}}
//   {"command": "nonsense"}                                 -> {"return": "NOK", "message": "..."}
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "output/json_writer.h"

namespace weir::engine {

inline constexpr std::size_t kMaxControlLine = 65536;
inline constexpr std::size_t kMaxControlArguments = 32;

// The arguments of a command by name: plain values only. Owns its texts.
class ControlArguments {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  void add(std::string name, Value value) { values_.emplace_back(std::move(name), std::move(value)); }
  [[nodiscard]] const std::vector<std::pair<std::string, Value>>& all() const { return values_; }
  [[nodiscard]] const Value* find(std::string_view name) const;
  // Each gives none when there is no such argument; the command table has checked that kinds are right.
  // Numbers and flags may come as text, for clients that know only text.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

struct ControlRequest {
  std::string version;  // of a greeting; then there is no command
  std::string command;
  ControlArguments arguments;
};

class ControlParser {
 public:
  ControlParser();
  ~ControlParser();
  // One line. Fails with a text for the client.
  tl::expected<ControlRequest, std::string> parse(std::string_view line);
  // Whether the text is a whole greeting although no newline follows: suricatasc sends it so.
  bool is_greeting(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Answers, with their newline.
std::string control_ok();
std::string control_ok(std::string_view message);
std::string control_nok(std::string_view message);
// `fill` writes the member "message", whatever it is.
template <class Fill>
std::string control_ok_message(const Fill& fill) {
  output::JsonWriter out;
  {
    const auto answer = out.object();
    out.string("return", "OK");
    fill(out);
  }
  return std::string(out.text()) + '\n';
}
// `fill` writes the members of the message's object.
template <class Fill>
std::string control_ok_object(const Fill& fill) {
  output::JsonWriter out;
  {
    const auto answer = out.object();
    out.string("return", "OK");
    const auto message = out.object("message");
    fill(out);
  }
  return std::string(out.text()) + '\n';
}

}  // namespace weir::engine
