#include "decoders/flow/elements.h"

#include <algorithm>
#include <iterator>

namespace weir::flow {
namespace {

#define ELEMENT(number, name, type, slot, rank) Element{number, #name, DataType::type, Slot::slot, rank},
// No std::array: that has a limit to what it counts itself.
constexpr Element kElements[] = {
#include "decoders/flow/elements.def"
};
constexpr Element kCiscoElements[] = {
#include "decoders/flow/cisco_elements.def"
};
#undef ELEMENT

constexpr bool is_ordered(std::span<const Element> elements) {
  return std::adjacent_find(elements.begin(), elements.end(), [](const Element& a, const Element& b) {
           return a.number >= b.number;
         }) == elements.end();
}
static_assert(is_ordered(kElements) && is_ordered(kCiscoElements));

const Element* find_in(std::span<const Element> elements, std::uint16_t number) {
  const auto at = std::lower_bound(elements.begin(), elements.end(), number,
                                   [](const Element& e, std::uint16_t n) { return e.number < n; });
  return at != elements.end() && at->number == number ? &*at : nullptr;
}

}  // namespace

const Element* find_element(std::uint32_t enterprise, std::uint16_t number) {
  return enterprise == kIana || enterprise == kReverse ? find_in(kElements, number) : nullptr;
}

const Element* find_v9_element(std::uint16_t number) {
  const Element* const found = find_in(kElements, number);
  return found != nullptr ? found : find_in(kCiscoElements, number);
}

const Element* find_element(std::string_view name) {
  const auto* const at = std::find_if(std::begin(kElements), std::end(kElements),
                                      [&](const Element& e) { return e.name == name; });
  return at == std::end(kElements) ? nullptr : at;
}

std::span<const Element> all_elements() {
  return kElements;
}

}  // namespace weir::flow
