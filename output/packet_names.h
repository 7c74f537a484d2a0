// How the files of a packet log are called: `filename` of `pcap-log`, with %n (1), %i (of the process) and %t (the time of the
// file's first frame) in it; without a %t it stands behind the name, "log.pcap.1760000000".
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "decoders/types.h"
#include "output/packet_log_settings.h"

namespace weir::output {

// For a file whose first frame is of this time. When there is a file of the name, or it is the one before, ".1", ".2" ... stand
// behind it: nothing that was there is written to.
std::string packet_file_name(const PacketLogSettings& settings, TimeUs first, std::string_view before);

// Files that earlier runs of these settings have left, oldest first by the time of their last change.
std::deque<std::string> earlier_packet_files(const PacketLogSettings& settings);

}  // namespace weir::output
