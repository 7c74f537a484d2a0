// Keywords that compare a number, as rows: a row says where the number is found, the rest is shared.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "decoders/app/app_proto.h"
#include "decoders/app/transaction.h"
#include "decoders/number_name.h"
#include "decoders/types.h"
#include "rules/language/diagnostic.h"
#include "rules/match/inspection.h"

namespace weir::rules {

class RuleBuilder;

using Number = std::optional<std::uint64_t>;  // none: there is no such field

// A number of a transaction: dns.opcode, tls.cert_chain_len ... One of `get` and `nth` is set.
struct TxNumber {
  std::string_view name;  // of the keyword
  std::string_view summary;
  AppProto protocol{};
  std::uint64_t most = UINT64_MAX;  // the largest value that the field can have
  // From which progress of each side it is there; a side that has no such number has no value.
  std::optional<std::uint8_t> progress_to_server, progress_to_client;
  Number (*get)(const Transaction&, Direction) = nullptr;
  Number (*nth)(const Transaction&, Direction,
                std::uint32_t index) = nullptr;      // of several; none behind the last
  std::span<const NumberName> (*names)() = nullptr;  // words that a rule may write for values
  std::span<const NumberName> (*bits)() = nullptr;   // words that a rule may write for bits; only with `get`
};

// A number of the packet or its flow: ttl, itype, vlan.id, flow.age ...
struct PacketNumber {
  std::string_view name;
  std::string_view summary;
  std::string_view alias;  // another spelling, or empty
  std::uint64_t most = UINT64_MAX;
  Number (*get)(const PacketContext&) = nullptr;
  Number (*nth)(const PacketContext&, std::uint32_t index) = nullptr;
  std::size_t most_of_them = 0;  // with `nth`: how many there can be
  // Makes the rule a packet rule, as header keywords do: its payload conditions look at this packet alone.
  bool of_packet = true;
  // Only packets of this IP version (0: any) and of one of these protocols (0 0: any) have it.
  std::uint8_t ip_version = 0;
  std::array<std::uint8_t, 2> ip_protocols{};
  bool on_records = false;  // as PacketCheck's
};

Compiled compile_number(RuleBuilder& rule, const TxNumber& row, std::string_view argument);
Compiled compile_number(RuleBuilder& rule, const PacketNumber& row, std::string_view argument);

}  // namespace weir::rules
