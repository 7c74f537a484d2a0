// How a parser or serialiser asks for its configuration without knowing the config file: a read-only view of
// one subtree, with Suricata's key names relative to it ("libhtp.default-config.request-body-limit").
// Lives as long as the engine's Config. Look-ups walk text: for load time, never per packet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/types.h"

namespace weir {

class Settings {
 public:
  virtual ~Settings() = default;
  // The scalar at a dotted path; none when the key is absent or not a scalar.
  [[nodiscard]] virtual std::optional<std::string> text(std::string_view path) const = 0;
  // The items of a sequence of scalars (or of one scalar); empty when absent.
  [[nodiscard]] virtual std::vector<std::string> list(std::string_view path) const = 0;
  [[nodiscard]] virtual bool has(std::string_view path) const = 0;

  // These three take what they cannot read for `fallback`, and say so with unreadable().
  // What parse_flag() reads.
  [[nodiscard]] bool flag(std::string_view path, bool fallback) const;
  [[nodiscard]] std::uint64_t number(std::string_view path, std::uint64_t fallback) const;
  // What parse_size() reads.
  [[nodiscard]] std::uint64_t bytes(std::string_view path, std::uint64_t fallback) const;

  // Says that the scalar at `path` is not `expected` (a text for people that lives as long as the program) and is not used:
  // once, with its place, when the configuration was read.
  virtual void unreadable(std::string_view path, const char* expected) const;
  // The same of item `index` of list(path).
  void unreadable_item(std::string_view path, std::size_t index, const char* expected) const;
};

// yes/true/on/1 and no/false/off/0 in any case; none for anything else.
std::optional<bool> parse_flag(std::string_view text);
// Bytes of "100kb", "32 MiB", "1gb", "17"; none for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);
// Microseconds of "5m", "1h30m", "90s", "2d", "1w"; none for anything else, and for no time at all.
std::optional<TimeUs> parse_span(std::string_view text);
inline constexpr const char* kSpanExpected = "a span such as 5m, 1h or 2d";

// A subtree with nothing in it: every look-up gives the fallback.
const Settings& no_settings();

}  // namespace weir
