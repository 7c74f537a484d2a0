// Data of an exporter that came before its template. It waits, bounded in bytes, for the template to come; what waits longest
// makes room for what comes.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "decoders/flow/limits.h"
#include "decoders/flow/record_filler.h"
#include "decoders/flow/template_store.h"
#include "decoders/types.h"

namespace weir::flow {

// The body of a set, and what its message said.
struct HeldSet {
  std::uint32_t domain = 0;
  TemplateKey key;
  std::uint16_t port = 0;
  MessageFacts message;
  std::vector<std::uint8_t> body;
};

class HeldData {
 public:
  explicit HeldData(Budget& budget) : budget_(budget) {}
  ~HeldData() { budget_.give(bytes_); }
  HeldData(const HeldData&) = delete;
  HeldData& operator=(const HeldData&) = delete;

  // Keeps a copy of `body`, or nothing when there is no room for it.
  void add(std::uint32_t domain, TemplateKey key, std::uint16_t port, const MessageFacts& message,
           Bytes body);
  // Takes out what waits for this template, in the order in which it came.
  std::vector<HeldSet> take(std::uint32_t domain, TemplateKey key);
  [[nodiscard]] bool empty() const { return sets_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Sets that had to make room, or found none.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void drop_oldest();

  Budget& budget_;
  std::deque<HeldSet> sets_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace weir::flow
