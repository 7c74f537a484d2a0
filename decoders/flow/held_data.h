// Data of an exporter that came before its template. It waits, bounded in bytes, for the template to come; what waits longest
// makes room for what comes, and goes when it has waited too long. Looking for a template costs what waits for it, not what waits.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <utility>
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
  TimeUs received = 0;
  MessageFacts message;
  std::vector<std::uint8_t> body;
};

class HeldData {
 public:
  explicit HeldData(Budget& budget) : budget_(budget) {}
  ~HeldData() { budget_.give(bytes_); }
  HeldData(const HeldData&) = delete;
  HeldData& operator=(const HeldData&) = delete;

  // Keeps `set` with a copy of `body`, or nothing when there is no room for it.
  void add(HeldSet set, Bytes body);
  // Takes out what waits for this template, in the order in which it came.
  std::vector<HeldSet> take(std::uint32_t domain, TemplateKey key);
  // Drops what waits longest. False: nothing waits.
  bool drop_oldest();
  // Drops what came before, and what is of this domain.
  void expire(TimeUs before);
  void forget(std::uint32_t domain);

 private:
  using Sets = std::list<HeldSet>;
  using Waiting = std::pair<std::uint32_t, std::uint32_t>;  // domain, TemplateKey::packed()
  void give_back(Bytes body);

  Budget& budget_;
  Sets sets_;                                            // the oldest first
  std::map<Waiting, std::list<Sets::iterator>> by_key_;  // likewise; no list is empty
  std::size_t bytes_ = 0;
};

}  // namespace weir::flow
