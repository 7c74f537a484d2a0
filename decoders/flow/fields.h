// Which members of a record somebody looks at, for who has to read them from somewhere.
#pragma once

#include <cstdint>

namespace weir::flow {

// Members that are read together; those that nobody asked for have their defaults.
enum class Field : std::uint32_t {
  times = 1U << 0U,      // first and last of both sides, times_of_message
  addresses = 1U << 1U,  // source and destination
  ports = 1U << 2U,      // and ICMP type and code
  protocol = 1U << 3U,
  counters = 1U << 4U,  // packets and bytes of both sides
  tcp_flags = 1U << 5U,
  part = 1U << 6U,      // part, end reason, flows and rollup
  exporter = 1U << 7U,  // with sampling and observed_at
  path = 1U << 8U,      // TOS, interfaces, VLAN, routing
  detail = 1U << 9U,    // all of it
  // Looked up for who asks for them, not read from anywhere, and none of all().
  country = 1U << 10U,  // of both addresses
  origin = 1U << 11U    // autonomous systems of both, where the record says none
};

class Fields {
 public:
  constexpr Fields() = default;
  constexpr Fields(Field field) : bits_(static_cast<std::uint32_t>(field)) {}  // NOLINT: a set of one
  static constexpr Fields all() { return Fields(kAll); }
  friend constexpr Fields operator|(Fields a, Fields b) { return Fields(a.bits_ | b.bits_); }
  [[nodiscard]] constexpr bool has(Field field) const {
    return (bits_ & static_cast<std::uint32_t>(field)) != 0;
  }

 private:
  static constexpr std::uint32_t kAll = (1U << 10U) - 1;
  constexpr explicit Fields(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};
constexpr Fields operator|(Field a, Field b) {
  return Fields(a) | Fields(b);
}

}  // namespace weir::flow
