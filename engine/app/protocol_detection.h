// Which application protocol do the first bytes of a direction belong to?
//
// Patterns first (those of all ProtocolInfo rows), then the probe functions of the protocols that live on one of the
// flow's ports. Immutable after make(), shared by all workers. Cost: a look at the few places where a pattern can stand,
// and a few probes a call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/app/app_proto.h"
#include "decoders/app/probe.h"
#include "decoders/settings.h"
#include "decoders/types.h"
#include "engine/app/first_bytes.h"
#include "engine/flow/direction_probe.h"

namespace weir::engine {

enum class Transport : std::uint8_t { tcp = 0, udp = 1 };

class ProtocolDetector {
 public:
  // `protocols` is the configuration's app-layer.protocols: which are on, and detection-ports. Fails with a
  // text when a port list is wrong.
  static tl::expected<std::unique_ptr<const ProtocolDetector>, std::string> make(const Settings& protocols);

  struct Input {
    Transport transport = Transport::tcp;
    Direction direction = Direction::to_server;
    Bytes data;  // from the first byte of the direction, or one datagram
    std::uint16_t client_port = 0, server_port = 0;
    bool either_way = false;  // who opened the flow is not sure: also try the other side's patterns
  };
  struct Found {
    AppProto protocol{};
    bool reversed = false;  // it is, but client and server are the other way round
    bool weak = false;      // only a weak pattern says so
  };
  Found detect(const Input& in, DirectionProbe& tried) const;

  // A protocol is on (enabled: yes) and may have a parser; detection-only ones are found but not parsed.
  [[nodiscard]] bool parsed(AppProto p, Transport t) const {
    return parsed_[index_of(t)][static_cast<std::size_t>(p)];
  }

  static constexpr std::size_t kMaxProbeBytes = 4096;  // a probe that wants more than this is not asked again

 private:
  struct Row {  // one pattern
    AppProto protocol{};
    std::uint16_t length = 0;
    bool weak = false;
    ProbeFunction confirm = nullptr;
  };
  struct Table {                         // of one transport
    std::array<FirstBytes, 2> patterns;  // by direction; their numbers are indexes of rows
    std::vector<Row> rows;
    // Port of the server (detection-ports dp) or of the client (sp) -> index into port_lists; 0: none.
    std::vector<std::uint8_t> server_ports, client_ports;
    std::vector<std::vector<AppProto>> port_lists;
  };
  ProtocolDetector() = default;
  static constexpr std::size_t index_of(Transport t) { return static_cast<std::size_t>(t); }

  tl::expected<void, std::string> fill(Transport t, const Settings& protocols);
  tl::expected<void, std::string> add_ports(Table& table, std::vector<std::uint8_t>& lists, AppProto p,
                                            const std::string& ports);
  Found by_pattern(const Table& table, const Input& in, DirectionProbe& tried) const;
  Found by_pattern_at_start(const Table& table, const Input& in, DirectionProbe& tried) const;
  Found by_probe(const Table& table, const Input& in, DirectionProbe& tried) const;
  // None: the protocol does not agree.
  static std::optional<bool> are_sides_swapped(const Table& table, const Input& in, AppProto p,
                                               ProbeResult answer);

  std::array<Table, 2> tables_;
  std::array<std::array<bool, kMaxAppProtos>, 2> parsed_{};
};

}  // namespace weir::engine
