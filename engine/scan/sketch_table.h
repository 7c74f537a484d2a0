// A sketch of what each source tried, for as many sources as there is room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/scan/scan_contact.h"
#include "engine/scan/source_sketch.h"

namespace weir::engine {

class SketchTable {
 public:
  // At most `sources` are told apart. At the limit those with the fewest targets without an answer go, half of them all. The seed is the
  // same for tables that are merged.
  SketchTable(std::uint64_t seed, std::size_t sources);

  // The source's sketch when the contact is a try that looks unanswered as yet, else null. Until the next call.
  const SourceSketch* note(const ScanContact& contact);
  // Adds what the other one has, which is empty then.
  void merge(SketchTable& other);
  void clear();

  // visit(address, sketch)
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_)
      if (slot.address.family != 0) visit(slot.address, slot.sketch);
  }
  // Sources that there was no room for, so far.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  struct Slot {
    IpAddress address;  // family 0: free
    SourceSketch sketch;
  };
  SourceSketch& sketch_of(const IpAddress& source);
  [[nodiscard]] std::size_t place_of(const IpAddress& source) const;
  void resize(std::size_t size);
  void forget_small();

  std::uint64_t seed_;
  std::size_t most_sources_;
  std::vector<Slot> slots_;  // open addressing, a power of two
  std::size_t used_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace weir::engine
