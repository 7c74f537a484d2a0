// Exports that lie in files: IPFIX files (RFC 5655), and captures of what exporters sent.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "engine/flows/collector.h"

namespace weir::engine {

struct ExportFileTotals {
  std::uint64_t messages = 0;     // of an IPFIX file; datagrams of a capture
  std::uint64_t passed_over = 0;  // packets of a capture that are no exports, or do not make one whole
};

// Reads the file to its end; gzip and zstd are unpacked. What it is its first bytes tell. In a capture exports are what goes to
// the ports that exporters use, or looks like nothing else; fragments are put together, and tunnels opened. Fails with
// "PATH: reason"; what came before counts.
tl::expected<ExportFileTotals, std::string> read_export_file(const std::string& path, Collector& collector);

// What was looked at, of a file without exports: "no export traffic found in N packets: ...".
std::string describe_no_exports(const ExportFileTotals& totals);

// A datagram that is one of a flow protocol by all that it says of itself.
bool looks_like_export(Bytes datagram);

}  // namespace weir::engine
