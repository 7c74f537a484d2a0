// DNS over UDP and TCP, and multicast DNS (RFC 6762) over UDP.
//
// Every message is a transaction of its own: a query one to the server, an answer one to the client. Over TCP
// each message stands behind its length in two bytes.
#pragma once

#include "decoders/app/dns/message.h"
#include "decoders/app/parser.h"
#include "decoders/app/protocol.h"

namespace weir::dns {

// Codes are indices of kEvents.
enum class Event : std::uint8_t {
  malformed_data,
  not_request,
  not_response,
  z_flag_set,
  invalid_opcode,
  name_too_long,
  infinite_loop,
  too_many_labels,
  invalid_additionals,
  invalid_authorities
};

// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr std::uint8_t kComplete = 1;

class DnsTransaction final : public Transaction {
 public:
  DnsTransaction(std::uint64_t tx_id, Direction d) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }

  Message message;
  bool valid = false;  // false: only the events count, the message could not be read or goes the wrong way
};

class DnsParser : public AppParser {
 public:
  ParseOutcome parse(const AppInput& in) final;
  bool on_gap(Direction d, std::uint64_t length) final;

 protected:
  // In multicast DNS either side asks and answers.
  explicit DnsParser(bool either_way = false) : either_way_(either_way) {}

 private:
  friend class DnsFactory;
  friend class MdnsFactory;
  ParseOutcome parse_stream(const AppInput& in);
  void add_message(Direction d, Bytes message);

  bool either_way_;
  // A gap was seen: the next bytes of that direction may start anywhere, so a message must make sense to
  // count.
  std::array<bool, 2> resynchronise_{};
};

}  // namespace weir::dns
