// What a form of HTTP whose messages come in frames says of one exchange beside its messages: numbers of the frames, by the side
// that sent them. Plain data, in the order in which it came; of each kind kMaxFacts are kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::http {

struct Setting {
  std::uint16_t id = 0;
  std::uint32_t value = 0;
};

struct FramedSide {
  SlabVector<std::uint8_t> types;
  SlabVector<std::uint32_t> errors;  // that ended the stream or the connection
  SlabVector<std::uint8_t> priorities;
  SlabVector<std::uint32_t> windows;  // how much more may be sent
  SlabVector<Setting> settings;
  SlabVector<std::uint64_t> table_sizes;  // of header compression, as header blocks set them
  SlabVector<std::uint8_t>
      carried;  // of a message of another protocol that this one carries, what has come of it

  [[nodiscard]] std::size_t held() const {
    return types.capacity() + 4 * errors.capacity() + priorities.capacity() + 4 * windows.capacity() +
           sizeof(Setting) * settings.capacity() + 8 * table_sizes.capacity() + carried.capacity();
  }
};

struct FramedExchange : Slabbed {
  static constexpr std::size_t kMaxFacts = 64;

  std::uint32_t stream = 0;         // 0: the connection as a whole
  std::array<FramedSide, 2> sides;  // by Direction

  [[nodiscard]] FramedSide& side(Direction d) { return sides[index(d)]; }
  [[nodiscard]] const FramedSide& side(Direction d) const { return sides[index(d)]; }
  // False: there is no room for it.
  template <class T>
  static bool keep(SlabVector<T>& list, T fact) {
    if (list.size() >= kMaxFacts) return false;
    list.push_back(fact);
    return true;
  }
};

}  // namespace weir::http
