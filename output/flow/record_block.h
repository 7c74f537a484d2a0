// Copies of records with all that they point to, for records that outlive the call that hands them on.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "decoders/flow/record.h"
#include "output/flow/detail_fields.h"
#include "output/flow/record_codec.h"

namespace weir::output {

// Owns what it holds, some 50 kB in one piece: adding allocates nothing. Texts are cut to kMaxRecordTextBytes.
class RecordBlock {
 public:
  static constexpr std::size_t kRecords = 32;

  RecordBlock() = default;
  RecordBlock(const RecordBlock&) = delete;
  RecordBlock& operator=(const RecordBlock&) = delete;

  // False: there is no room, and nothing was added. There is always some for the first one.
  bool add(const flow::Record& record) {
    if (size_ == kRecords) return false;
    flow::Record& copy = records_[size_];
    copy = record;
    if (record.detail != nullptr) {
      flow::Detail& detail = details_[size_];
      detail = *record.detail;
      TextKeeper keeper{std::span{texts_}.subspan(text_bytes_)};
      visit_detail(detail, keeper);
      if (keeper.full) return false;
      text_bytes_ += keeper.used;
      copy.detail = &detail;
    }
    ++size_;
    return true;
  }
  [[nodiscard]] std::span<const flow::Record> records() const { return std::span{records_}.first(size_); }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void clear() { size_ = text_bytes_ = 0; }

 private:
  static constexpr std::size_t kTextBytes = std::size_t{16} << 10U;
  // A visitor of details that copies the texts, and makes them views of the copies.
  struct TextKeeper {
    std::span<char> room;
    std::size_t used = 0;
    bool full = false;
    template <class T>
    void number(const T&) {}
    void address(const IpAddress&) {}
    void text(std::string_view& value) {
      if (value.empty()) return;
      const std::string_view kept = value.substr(0, kMaxRecordTextBytes);
      full = full || kept.size() > room.size() - used;
      if (full) return;
      std::memcpy(room.data() + used, kept.data(), kept.size());
      value = {room.data() + used, kept.size()};
      used += kept.size();
    }
  };

  std::array<flow::Record, kRecords> records_;
  std::array<flow::Detail, kRecords> details_;
  std::array<char, kTextBytes> texts_;
  std::size_t size_ = 0, text_bytes_ = 0;
};

}  // namespace weir::output
