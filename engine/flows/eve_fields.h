// Members of a JSON event, read as what they have to be. The first one that is something else is the problem; members that are not
// there change nothing.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/ip_address.h"
#include "decoders/packet.h"
#include "decoders/types.h"

namespace weir::engine {

// Texts of the records of a batch: they have to live as long as it, and what they are parsed from does not.
class TextStore {
 public:
  // Of one text, of all those of a record.
  static constexpr std::size_t kMaxTextBytes = 512, kMaxRecordBytes = 32 * kMaxTextBytes;

  TextStore() : bytes_(64 * kMaxRecordBytes / 8) {}
  // A copy, cut to kMaxTextBytes between two characters of UTF-8; empty when there is no room.
  std::string_view keep(std::string_view text);
  [[nodiscard]] bool has_room_for_record() const { return bytes_.size() - size_ >= kMaxRecordBytes; }
  // What was kept is gone.
  void clear() { size_ = 0; }

 private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

class EveFields {
 public:
  // "flow.start: expected a time"; empty: all was right so far.
  using Problem = std::string;

  EveFields(simdjson::dom::object object, std::string_view name, Problem& problem, TextStore& texts)
      : object_(object), name_(name), problem_(problem), texts_(texts) {}

  [[nodiscard]] bool has(const char* key) const;
  [[nodiscard]] std::size_t size() const { return object_.size(); }
  // None when it is not there.
  [[nodiscard]] std::optional<EveFields> object(const char* key) const;
  template <class T>
  bool number(const char* key, T& out) const {
    std::uint64_t value = 0;
    if (!wide_number(key, std::numeric_limits<T>::max(), value)) return false;
    out = static_cast<T>(value);
    return true;
  }
  // The first `most` objects of a list.
  [[nodiscard]] std::vector<EveFields> objects(const char* key, std::size_t most) const;
  // The first `most` of a list.
  [[nodiscard]] std::vector<std::uint64_t> numbers(const char* key, std::uint64_t most_value,
                                                   std::size_t most) const;
  bool real(const char* key, double& out) const;
  bool flag(const char* key, bool& out) const;
  // Kept in the store.
  bool text(const char* key, std::string_view& out) const;
  // A text that was made of several, kept in the store.
  [[nodiscard]] std::string_view keep(std::string_view text) const { return texts_.keep(text); }
  // As long as the event.
  [[nodiscard]] std::string_view word(const char* key) const;
  bool hex(const char* key, std::string_view& out) const;  // bytes, kept in the store
  bool hex_byte(const char* key, std::uint8_t& out) const;
  bool address(const char* key, IpAddress& out) const;
  bool time(const char* key, TimeUs& out) const;
  bool mac(const char* key, MacAddress& out) const;
  // The first of a list.
  bool first_mac(const char* key, MacAddress& out) const;

  void expected(const char* key, std::string_view what) const;

 private:
  bool wide_number(const char* key, std::uint64_t most, std::uint64_t& out) const;
  bool raw_text(const char* key, std::string_view& out) const;
  bool mac_of(const char* key, std::string_view text, MacAddress& out) const;

  simdjson::dom::object object_;
  std::string_view name_;  // of the object in the event; empty: the event itself
  Problem& problem_;
  TextStore& texts_;
};

}  // namespace weir::engine
