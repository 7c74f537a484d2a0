// app-layer.protocols.smb: what is taken of a connection, and how much of it is kept. Keys and usual values are Suricata's.
#pragma once

#include <cstdint>

#include "decoders/settings.h"

namespace weir::smb {

// Of the reads, or the writes, of a connection. 0: no limit.
struct TransferLimits {
  std::uint64_t most_bytes = std::uint64_t{16} << 20U;          // of one request
  std::uint64_t most_waiting_bytes = std::uint64_t{64} << 20U;  // that came before what is in front of them
  std::uint64_t most_waiting_pieces = 64;                       // the same, of a file
};

struct SmbSettings {
  std::size_t max_tx = 1024;  // open at one time on a connection
  std::uint64_t stream_depth = 0;
  TransferLimits read, write;
  // What is remembered of a connection.
  std::size_t most_names = 1024;     // of open files
  std::size_t most_reads = 128;      // that are not answered
  std::size_t most_trees = 512;      // that are connected
  std::size_t most_fragments = 128;  // of calls of DCERPC that are not whole
  std::size_t most_sessions = 512;   // requests that are not answered

  static SmbSettings from(const Settings& s);
};

}  // namespace weir::smb
