// A factory of parsers that are made from a few values of the configuration.
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "decoders/app/parser.h"

namespace weir {

// Keeps the values; each parser's constructor gets references to them, valid as long as the factory is.
template <class Parser, class... Values>
class FactoryOf final : public ParserFactory {
 public:
  explicit FactoryOf(Values... values) : values_(std::move(values)...) {}
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::apply([](const Values&... v) { return std::make_unique<Parser>(v...); }, values_);
  }

 private:
  std::tuple<Values...> values_;
};

template <class Parser, class... Values>
std::unique_ptr<const ParserFactory> factory_of(Values... values) {
  return std::make_unique<FactoryOf<Parser, Values...>>(std::move(values)...);
}

}  // namespace weir
