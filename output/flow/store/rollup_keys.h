// By what rollups add records up (rollup_keys.def): which members of a record they keep, and so what they can be asked.
//
// Whatever the keys are, records are kept apart by what answers hang on: whether the destination answered, TCP flags of both sides, why the
// record was written, whether it is the first part of a flow, and sampling.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"

namespace weir::output {

enum class RollupKey : std::uint8_t {
#define ROLLUP_KEY(word, name, meaning) name,
#include "output/flow/store/rollup_keys.def"
#undef ROLLUP_KEY
  // What is asked for only, by filters that look at ports: `service_port` is enough, as nobody means a client's.
  filtered_port,
  filtered_source_port,
  filtered_destination_port,
};

class RollupKeys {
 public:
  RollupKeys() = default;
  RollupKeys(std::initializer_list<RollupKey> keys) {
    for (const RollupKey key : keys) add(key);
  }
  // "src,dst,proto,port"; blanks beside the words do not matter. Fails with a text that names the word.
  static tl::expected<RollupKeys, std::string> parse(std::string_view text);
  // Without further ones: for answers to all of the questions that count conversations.
  static RollupKeys usual();

  void add(RollupKey key) { bits_ |= bit(key); }
  void add(const RollupKeys& keys) { bits_ |= keys.bits_; }
  [[nodiscard]] bool has(RollupKey key) const { return (bits_ & bit(key)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  // What of `wanted` a rollup by these keys can tell (both ports tell that of the service), and what it cannot.
  [[nodiscard]] RollupKeys told_of(const RollupKeys& wanted) const;
  [[nodiscard]] RollupKeys missing(const RollupKeys& wanted) const;
  // "src,dst,proto,port"
  [[nodiscard]] std::string text() const;

  // `out` becomes what is kept of a record, without counters and times; `detail` is its detail where it has one. Texts are the record's.
  void keep(const flow::Record& record, flow::Record& out, flow::Detail& detail) const;

 private:
  static constexpr std::uint32_t bit(RollupKey key) { return 1U << static_cast<unsigned>(key); }
  [[nodiscard]] bool tells(RollupKey key) const;
  void keep_ports(const flow::Record& record, flow::Record& out) const;
  std::uint32_t bits_ = 0;
};

}  // namespace weir::output
