// Lines of flow logs that a virtual private cloud of AWS writes, versions 2 to 5 (and fields of later ones, which are passed over):
// a record of one direction each, with words between blanks.
//
//   version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
//   2 123456789010 eni-0a1b 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK
//
// A line of names says which fields follow, in which order; without one it is the default format of version 2. A time before the
// line, as exports of CloudWatch have it, is passed over.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "decoders/flow/record.h"

namespace weir::flow {

enum class VpcField : std::uint8_t {
  other,
  version,
  interface_id,
  source,
  destination,
  source_port,
  destination_port,
  protocol,
  packets,
  bytes,
  start,
  end,
  action,
  status,
  tcp_flags,
  packet_source,  // of the packet, where srcaddr is that of an intermediate layer
  packet_destination,
  direction,
  count_
};

inline constexpr std::size_t kMaxVpcFields = 64;       // of a line; a longer one is wrong
inline constexpr std::size_t kMaxVpcLineBytes = 8192;  // likewise

class VpcLog {
 public:
  enum class Line : std::uint8_t {
    record,   // one was added to the batch
    header,   // names of fields, or an empty line
    no_data,  // NODATA: nothing came in that time
    skipped,  // SKIPDATA: some records of that time were not written
    wrong,
  };
  // The record's texts are views into `line`. Of a wrong one problem() says what is wrong.
  Line read(std::string_view line, RecordBatch& batch);

  struct Problem {
    std::string_view what, text;
    std::uint32_t column = 1;  // from 1
  };
  [[nodiscard]] const Problem& problem() const { return problem_; }

 private:
  struct Word {
    std::string_view text;
    std::uint32_t column = 1;
  };
  using Words = std::array<Word, static_cast<std::size_t>(VpcField::count_)>;

  bool is_header(std::string_view line);
  bool split(std::string_view line, Words& out);
  Line wrong(std::string_view what, const Word& word);
  bool fill(const Words& words, Record& r);
  static void fill_detail(const Words& words, const Record& r, RecordBatch& batch);

  std::vector<VpcField> fields_;  // empty: the default format
  Problem problem_;
};

}  // namespace weir::flow
