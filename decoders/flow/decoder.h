// From datagrams of NetFlow v1, v5, v7, v9, IPFIX and sFlow v5 to records.
//
// It keeps what those protocols need to be kept: templates, options, data that waits for its template, accounts (limits.h says
// how much of each). No datagram can make it loop, copy or allocate beyond those limits, whatever is in it. It says nothing to
// exporters. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/flow/exporter_state.h"
#include "decoders/flow/limits.h"
#include "decoders/flow/record.h"

namespace weir::flow {

// Who sent a datagram.
struct Source {
  IpAddress address;  // family 0: a file
  std::uint16_t port = 0;
};

class FlowDecoder {
 public:
  // The consumer lives as long as the decoder. `state_bytes`: of all that is kept for exporters. `own_enterprise`: the number under
  // which exporters of ours send what IANA's registry has no elements for (own_elements.h); kIana: that is not read.
  explicit FlowDecoder(RecordConsumer& consumer, std::size_t state_bytes = kMaxStateBytes,
                       std::uint32_t own_enterprise = kIana)
      : own_enterprise_(own_enterprise), budget_(state_bytes), batch_(consumer) {}

  // One datagram, or IPFIX messages in a row as a file has them. Records of it are with the consumer when the call returns.
  void datagram(const Source& source, TimeUs received, Bytes bytes);

  // Forgets templates that were not sent again for so long, and data that waits for one. To be called now and then.
  void tick(TimeUs now);

  // visit(exporter, domain, account), once each: `domain` is none for what could not be told, and for domains that are no longer
  // kept; an exporter of family 0 without a domain stands for those that are no longer kept, too.
  using VisitAccount = std::function<void(const IpAddress&, std::optional<std::uint32_t>, const Account&)>;
  void for_each_account(const VisitAccount& visit) const;
  // visit(exporter, domain, number of the template, since when, sets)
  using VisitMissing =
      std::function<void(const IpAddress&, std::uint32_t, std::uint16_t, const MissingTemplate&)>;
  void for_each_missing(const VisitMissing& visit) const;
  // What its limits count.
  [[nodiscard]] std::size_t state_bytes() const { return budget_.used(); }

  // Templates, rates of sampling and names as lines of text, and back, so that a decoder that starts anew can read what comes
  // at once. `put` gets them in pieces of whole lines, about kSavedPiece each; the same state gives the same pieces. A line that
  // is wrong is passed over and changes nothing: loading gives how many there were.
  using PutText = std::function<void(std::string_view)>;
  void save(const PutText& put) const;
  static constexpr std::size_t kSavedPiece = std::size_t{64} << 10U;
  std::size_t load(std::string_view lines, TimeUs now);

 private:
  static constexpr TimeUs kTemplateLifetime = TimeUs{24 * 3600} * 1'000'000;

  ExporterState& exporter(const IpAddress& address);
  void make_room();
  bool load_line(std::string_view rest, TimeUs now);

  const std::uint32_t own_enterprise_;
  Budget budget_;
  RecordBatch batch_;
  std::map<IpAddress, std::unique_ptr<ExporterState>> exporters_;
  ExporterState::ByUse by_use_;  // the one that sent last first
  Account forgotten_;  // of exporters that had to make room
};

// The protocols. Each reads one datagram of `exporter`, whose first two bytes (sFlow: four) say that it is this one, and counts
// it; records go to the batch, which is not flushed.
struct Datagram {
  ExporterState& exporter;
  RecordBatch& batch;
  std::uint16_t port;
  TimeUs received;
  Bytes bytes;
};
void read_netflow_fixed(const Datagram& in, std::uint16_t version);  // 1, 5, 7
void read_netflow9(const Datagram& in);
void read_ipfix(const Datagram& in);
void read_sflow(const Datagram& in);

// Counts a message of this domain, whose header is whole.
Domain& count_message(const Datagram& in, std::uint32_t id, std::uint8_t version, std::size_t bytes);
// Its clock is that far from ours.
void note_clock(Domain& domain, TimeUs exported, TimeUs received);

}  // namespace weir::flow
