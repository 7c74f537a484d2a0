// One LDAP operation: a request and its responses; or responses whose request was never seen.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/ldap/message.h"
#include "decoders/app/transaction.h"

namespace weir::ldap {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/ldap/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/ldap/states.def"
#undef STATE
};
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

class LdapTransaction final : public Transaction {
 public:
  explicit LdapTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  std::optional<Message> request;
  SlabVector<Message> responses;     // the first ones, as many as are kept
  std::uint32_t response_count = 0;  // all of them

  [[nodiscard]] std::size_t held() const override { return held_; }
  void keep(Message&& response, std::size_t most) {
    ++response_count;
    if (responses.size() >= most) return;
    held_ += response.held() + sizeof(Message);
    responses.push_back(std::move(response));
  }
  void ask(Message&& asked) {
    held_ += asked.held();
    request = std::move(asked);
  }

 private:
  std::size_t held_ = 0;
};

}  // namespace weir::ldap
