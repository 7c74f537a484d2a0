// Other readings of a TCP connection: what receivers of other systems make of bytes that were sent twice and differ.
//
// Who is inspected by one reading alone is walked around by sending its sensor the other. From the first overlap on that a
// system of kOtherSystems resolves differently, the connection is followed a second time as that system reads it: a flow of
// its own, with its own streams, parser and rule state, that is in no table and writes no events but alerts, of rules that
// have not said the same of the connection before. Made and fed by the pipeline (pipeline_readings.cc), detect mode only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <boost/container/static_vector.hpp>

#include "decoders/slab.h"
#include "engine/flow/flow.h"
#include "engine/tcp/host_system.h"

namespace weir::engine {

// Those that differ from each other and from what is followed without any configuration, bsd.
inline constexpr std::array kOtherSystems{HostSystem::linux_, HostSystem::vista};

struct OtherReadings : Slabbed {
  static constexpr std::size_t kMostTold = 64;  // further rules may say the same twice

  std::array<std::unique_ptr<Flow>, kOtherSystems.size()>
      flows;                 // by kOtherSystems; null: does not differ so far
  std::uint64_t end_at = 0;  // bytes of both directions up to which they are followed
  // The rules that have alerted on the connection since: gid and sid.
  boost::container::static_vector<std::uint64_t, kMostTold> told;
};

}  // namespace weir::engine
