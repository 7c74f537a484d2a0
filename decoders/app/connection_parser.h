// The base of parsers for which the connection as a whole is the transaction (SSH, TLS).
#pragma once

#include <cassert>

#include "decoders/app/parser.h"

namespace weir {

// T is the transaction. It is made when a parser first asks for it, and let go once detection and logs are
// done with it: then nothing is left to learn of the connection, and none is made again.
template <class T>
class ConnectionParser : public AppParser {
 protected:
  // Not to be called when it is over().
  T& tx() {
    assert(!over());
    T* known = existing();
    return known != nullptr ? *known : transactions_.add<T>();
  }
  // Null: there is none yet, or none any more.
  [[nodiscard]] T* existing() { return tx_cast<T>(transactions_.find(0)); }
  [[nodiscard]] const T* existing() const { return tx_cast<T>(transactions_.find(0)); }
  [[nodiscard]] bool begun() const { return transactions_.next_id() != 0; }
  [[nodiscard]] bool over() const { return begun() && existing() == nullptr; }

  template <class Event>
  void raise(Event e) {
    tx().raise(static_cast<std::uint8_t>(e));
  }
};

}  // namespace weir
