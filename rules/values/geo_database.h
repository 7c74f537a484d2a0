// A database of MaxMind's format that says which country an address belongs to, or which autonomous system: for rules, and for questions
// about flow records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/ip_address.h"

namespace weir::rules {

// Immutable; look-ups may come from any thread. The file is mapped: one that is replaced goes on being read as it was.
class GeoDatabase {
 public:
  // Fails with a text that says what is wrong with the file.
  static tl::expected<std::shared_ptr<const GeoDatabase>, std::string> open(const std::string& path);
  // Two letters of ISO 3166-1, a view into the file; empty: it is not known. Costs a walk of at most 128 steps, and no memory.
  [[nodiscard]] std::string_view country(const IpAddress& address) const;
  // 0: it is not known, or the database says nothing of them. Costs the same.
  [[nodiscard]] std::uint32_t autonomous_system(const IpAddress& address) const;

 private:
  struct Handle;
  struct Found;
  [[nodiscard]] Found find(const IpAddress& address, const char* const* path) const;
  struct Closer {
    void operator()(Handle* handle) const;
  };
  std::unique_ptr<Handle, Closer> handle_;
};

}  // namespace weir::rules
