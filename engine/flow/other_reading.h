// Other readings of a TCP connection: what other receivers make of bytes that were sent twice and differ, and of urgent ones.
//
// Who is inspected by one reading alone is walked around by sending its sensor the other. From the first packet on that one
// of kOtherReadings reads differently, the connection is followed a second time as it does: a flow of its own, with its own streams, parser and rule state, that is in no table and writes no events but alerts, of rules that
// have not said the same of the connection before. Who reads both kinds of differences otherwise is followed from the first
// packet on that two readings differ at (kCombinations). Made and fed by the pipeline (pipeline_readings.cc). Inline, bytes that were sent
// twice are made the same, so that only urgent ones are read twice; what rules decide of a reading counts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <boost/container/static_vector.hpp>

#include "decoders/slab.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

// Systems that differ from each other and from what is followed without any configuration, bsd, and who takes urgent bytes
// for ones like any others. They begin as copies of what is followed without them.
inline constexpr std::array kOtherReadings{TcpReading{.system = HostSystem::linux_},
                                           TcpReading{.system = HostSystem::vista},
                                           TcpReading{.urgent_stays = true}};

// Readings of the other systems with urgent bytes left in. Each begins as a copy of that one of the readings above which is
// there already, where the next difference comes.
struct ReadingCombination {
  std::size_t reading, from;  // places in OtherReadings::flows
  TcpReading change;          // in what it differs from that one
};
inline constexpr std::array kCombinations{
    ReadingCombination{3, 0, kOtherReadings[2]}, ReadingCombination{3, 2, kOtherReadings[0]},
    ReadingCombination{4, 1, kOtherReadings[2]}, ReadingCombination{4, 2, kOtherReadings[1]}};
inline constexpr std::size_t kMostOtherReadings = 5;  // of one connection

struct OtherReadings : Slabbed {
  static constexpr std::size_t kMostTold = 64;  // further rules may say the same twice

  // By kOtherReadings, then by kCombinations; null: does not differ so far.
  std::array<std::unique_ptr<Flow>, kMostOtherReadings> flows;
  std::uint64_t end_at = 0;  // bytes of both directions up to which they are followed
  // The rules that have alerted on the connection since: gid and sid.
  boost::container::static_vector<std::uint64_t, kMostTold> told;
};

}  // namespace weir::engine
