// LDAP over TCP and, without connection, UDP (RFC 4511, RFC 1798 and MS-ADTS 6.3.3).
//
// A request and the responses with its number are a transaction, which the last response ends; requests that nothing answers
// end at once, and an abandoned operation ends with its abandonment. Responses without a request are one, too, by their
// number. Messages behind a StartTLS request wait for its answer: if the server agrees, TLS follows. Behind a bind by SASL
// the sides may wrap what they send: such buffers are passed over. After a gap, and when a connection is joined midway,
// parsing goes on with the next bytes that look like a message.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decoders/app/ldap/transaction.h"
#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"

namespace weir::ldap {

struct LdapSettings {
  std::size_t max_tx = 256;  // open at one time on a connection

  static LdapSettings from(const Settings& s);
};

// A longer message is passed over as invalid.
inline constexpr std::size_t kMaxMessage = std::size_t{1} << 20U;
// Of more responses to one request the rest is only counted.
inline constexpr std::size_t kMaxResponses = 1024;
// So much may wait behind StartTLS for the server's answer; more is taken for further messages.
inline constexpr std::size_t kMaxBehindStartTls = 65536;

class LdapParser final : public AppParser {
 public:
  explicit LdapParser(const LdapSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  struct Open {
    std::uint32_t message_id;
    std::uint64_t tx_id;
  };

  ParseOutcome parse_datagram(const AppInput& in);
  RecordStep step(const AppInput& in, Bytes data);
  RecordStep wrapped(Bytes data);
  void on_message(Bytes bytes);
  [[nodiscard]] bool is_over(std::uint64_t tx_id) const;
  void on_request(Message&& message);
  void on_response(Message&& message);
  void abandon(std::uint32_t message_id);
  void end_start_tls(const Message& answer);
  LdapTransaction* open_operation(std::uint32_t message_id);
  LdapTransaction& open(std::uint32_t message_id);
  void complete(LdapTransaction& tx);
  void raise(Event e);

  RecordLoop records_;
  SlabVector<Open> open_;                   // operations that wait for responses, oldest first
  std::optional<std::uint64_t> start_tls_;  // transaction whose answer decides whether TLS follows
  bool wraps_ = false;                      // a bind by SASL has succeeded
  bool changes_ = false;                    // TLS follows
  std::array<bool, 2> lost_{};              // where the next message begins is not known
};

}  // namespace weir::ldap
