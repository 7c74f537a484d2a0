#include "decoders/app/smb/settings.h"

#include <algorithm>

namespace weir::smb {

SmbSettings SmbSettings::from(const Settings& s) {
  SmbSettings out;
  const auto most = [](std::uint64_t number) { return std::clamp<std::uint64_t>(number, 1, 65536); };
  out.max_tx = most(s.number("max-tx", out.max_tx));
  out.stream_depth = s.bytes("stream-depth", out.stream_depth);
  out.read.most_bytes = s.bytes("max-read-size", out.read.most_bytes);
  out.read.most_waiting_bytes = s.bytes("max-read-queue-size", out.read.most_waiting_bytes);
  out.read.most_waiting_pieces = s.number("max-read-queue-cnt", out.read.most_waiting_pieces);
  out.write.most_bytes = s.bytes("max-write-size", out.write.most_bytes);
  out.write.most_waiting_bytes = s.bytes("max-write-queue-size", out.write.most_waiting_bytes);
  out.write.most_waiting_pieces = s.number("max-write-queue-cnt", out.write.most_waiting_pieces);
  out.most_names = most(s.number("max-guid-cache-size", out.most_names));
  out.most_reads = most(s.number("max-rec-offset-cache-size", out.most_reads));
  out.most_trees = most(s.number("max-tree-cache-size", out.most_trees));
  out.most_fragments = most(s.number("max-dcerpc-frag-cache-size", out.most_fragments));
  out.most_sessions = most(s.number("max-session-cache-size", out.most_sessions));
  return out;
}

}  // namespace weir::smb
