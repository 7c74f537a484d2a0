// Messages that wait for a connection, in their order.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "output/flow/export/export_message.h"

namespace weir::output {

class MessageQueue {
 public:
  struct Entry {
    std::size_t bytes = 0;
    ExportTotals flows;
    std::uint32_t data_records = 0;
    bool is_head = false;
    std::uint64_t session = 0;
  };

  void push(const ExportMessage& m, std::uint64_t session) {
    bytes_.insert(bytes_.end(), m.bytes.begin(), m.bytes.end());
    entries_.push_back({m.bytes.size(), m.flows, m.data_records, m.is_head, session});
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size() - begin_; }
  [[nodiscard]] const Entry& front() const { return entries_.front(); }
  [[nodiscard]] std::span<std::uint8_t> front_bytes() {
    return std::span(bytes_).subspan(begin_, entries_.front().bytes);
  }
  void pop() {
    begin_ += entries_.front().bytes;
    entries_.pop_front();
    if (!entries_.empty() && begin_ < kMove) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  void clear() {
    bytes_.clear();
    entries_.clear();
    begin_ = 0;
  }

 private:
  static constexpr std::size_t kMove = std::size_t{1} << 20U;  // so much is moved up at once
  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace weir::output
