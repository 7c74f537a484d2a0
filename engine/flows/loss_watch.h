// Tells once what exporters' accounts say again and again: what was lost since it was last told, and which templates do not come.
// Of an exporter and domain, and of a template, once a minute at most. Keeps as much as the accounts do. Used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/flow/decoder.h"

namespace weir::engine {

// Messages, flows or records did not arrive, as the protocol counts.
struct ExportGap {
  IpAddress exporter;
  std::uint32_t domain = 0;
  std::uint8_t version = 0;  // as in flow::Account
  std::uint64_t lost = 0;
};

// What the sequence numbers of a protocol count: "messages" or "records".
std::string_view lost_unit(std::uint8_t version);

struct TemplateAwaited {
  IpAddress exporter;
  std::uint32_t domain = 0;
  std::uint16_t number = 0;
  flow::MissingTemplate missing;
};

class LossWatch {
 public:
  // What is new since it was told; `all`: also what was told of less than a minute ago, for the end of a run. Losses of domains and
  // exporters that had to make room are not told of any more: they are in the accounts.
  std::vector<ExportGap> gaps(const flow::FlowDecoder& decoder, TimeUs now, bool all);
  // Those that data has come for since.
  std::vector<TemplateAwaited> awaited(const flow::FlowDecoder& decoder, TimeUs now, bool all);

 private:
  // Of a number that grows: how much of it was told, and when.
  struct Told {
    std::uint64_t count = 0;
    TimeUs when = 0;
  };
  using GapKey = std::pair<IpAddress, std::uint32_t>;   // exporter, domain
  using AwaitedKey = std::pair<GapKey, std::uint16_t>;  // and number of the template
  // How much of `count` has to be told now; `known` is what was told before, or null, `next` what is then.
  static std::uint64_t news(const Told* known, std::uint64_t count, TimeUs now, bool all, Told& next);

  std::map<GapKey, Told> gaps_;
  std::map<AwaitedKey, Told> awaited_;
};

}  // namespace weir::engine
