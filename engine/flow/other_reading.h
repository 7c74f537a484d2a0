// Other readings of a TCP connection: what other receivers make of bytes that were sent twice and differ, and of urgent ones.
//
// Who is inspected by one reading alone is walked around by sending its sensor the other. From the first packet on that one
// of kOtherReadings reads differently, the connection is followed a second time as it does: a flow of its own, with its own streams, parser and rule state, that is in no table and writes no events but alerts, of rules that
// have not said the same of the connection before. Made and fed by the pipeline (pipeline_readings.cc). Inline, bytes that were sent
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
// for ones like any others.
inline constexpr std::array kOtherReadings{TcpReading{.system = HostSystem::linux_},
                                           TcpReading{.system = HostSystem::vista},
                                           TcpReading{.urgent_stays = true}};

struct OtherReadings : Slabbed {
  static constexpr std::size_t kMostTold = 64;  // further rules may say the same twice

  std::array<std::unique_ptr<Flow>, kOtherReadings.size()>
      flows;                 // by kOtherReadings; null: does not differ so far
  std::uint64_t end_at = 0;  // bytes of both directions up to which they are followed
  // The rules that have alerted on the connection since: gid and sid.
  boost::container::static_vector<std::uint64_t, kMostTold> told;
};

}  // namespace weir::engine
