// Texts that the expressions of rules capture (pcre's flow:, pkt: and alert: lists and named groups).
//
// While a rule is looked at they wait in a CaptureList; once all of it matched they become variables of the flow
// (FlowVars), the packet or the alert (VariableList). Both own their bytes, in memory that is used again and again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/types.h"
#include "rules/match/content.h"

namespace weir::rules {

inline constexpr std::size_t kMaxCapturedBytes = 1024;  // of one text; what is longer is cut
inline constexpr std::size_t kMaxContextBytes =
    16384;  // of a JSON object, which is never cut: longer ones are not loaded
inline constexpr std::size_t kMaxCapturesAtOnce = 32;   // of one rule; further ones are not kept

// What the chains of one rule captured so far, in the order of the rule.
class CaptureList {
 public:
  void add(const Capture& what, Bytes text) {
    if (count_ == items_.size()) return;
    const std::size_t most = what.kind == Capture::Kind::alert_json ? kMaxContextBytes : kMaxCapturedBytes;
    const std::size_t size = std::min(text.size(), most);
    items_[count_++] = {what, static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(size)};
    bytes_.append(reinterpret_cast<const char*>(text.data()), size);
  }
  // The last ones did not lead to a match.
  void cut_to(std::size_t count) {
    if (count >= count_) return;
    bytes_.resize(items_[count].begin);
    count_ = count;
  }
  void clear() { cut_to(0); }
  [[nodiscard]] std::size_t size() const { return count_; }
  // Calls f(capture, text); the text lives until the list changes.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < count_; ++i)
      f(items_[i].what, std::string_view(bytes_).substr(items_[i].begin, items_[i].size));
  }

 private:
  struct Item {
    Capture what;
    std::uint32_t begin = 0, size = 0;  // in bytes_
  };
  std::array<Item, kMaxCapturesAtOnce> items_{};
  std::size_t count_ = 0;
  std::string bytes_;
};

// Names and values of a packet's or its alerts' variables, in the order in which they came.
class VariableList {
 public:
  // `json`: the value is a JSON object.
  void add(std::string_view name, std::string_view value, bool json = false) {
    if (entries_.size() == kMost) return;
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(name).append(value);
    entries_.push_back(
        {at, static_cast<std::uint32_t>(at + name.size()), static_cast<std::uint32_t>(bytes_.size()), json});
  }
  void clear() {
    entries_.clear();
    bytes_.clear();
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Name and value; they live until the list changes.
  [[nodiscard]] std::pair<std::string_view, std::string_view> operator[](std::size_t i) const {
    const Entry& e = entries_[i];
    const std::string_view all = bytes_;
    return {all.substr(e.name, e.value - e.name), all.substr(e.value, e.end - e.value)};
  }
  [[nodiscard]] bool is_json(std::size_t i) const { return entries_[i].json; }

 private:
  static constexpr std::size_t kMost = 256;  // of one packet
  struct Entry {
    std::uint32_t name, value, end;  // where they begin in bytes_, and where the value ends
    bool json;
  };
  std::vector<Entry> entries_;
  std::string bytes_;
};

}  // namespace weir::rules
