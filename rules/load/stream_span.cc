#include "rules/load/stream_span.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "decoders/net/ip_protocol.h"

namespace weir::rules {
namespace {

std::int64_t number(const NumberOrVar& n) {
  return n.var < 0 ? n.value : 0;
}

// Reads a chain from front to back. What hangs together by relative positions is a group; it has a place in the stream
// when its first member has one.
class SpanReader {
 public:
  void operator()(const Content& c);
  void operator()(const PcreOp& op) {
    if (!op.relative) begin_group(0, 0);
  }
  void operator()(const ByteTest& op) { read(op.read, "byte_test", 0); }
  void operator()(const ByteExtract& op) { read(op.read, "byte_extract", 0); }
  void operator()(const ByteMath& op) { read(op.read, "byte_math", 0); }
  void operator()(const ByteJump& op) { read(op.read, "byte_jump", number(op.post_offset)); }
  void operator()(const IsDataAt& op) {
    const std::int64_t at = number(op.at);
    if (op.relative)
      reach(position_ + at, "isdataat", at);
    else
      take({at + 1, "isdataat", at});
  }
  void operator()(const Asn1Check& op) {
    if (op.relative) reach(position_ + op.offset, "asn1", op.offset);
  }
  void operator()(const Base64Decode& op) {
    if (op.relative) reach(position_ + op.offset + op.bytes, "base64_decode", op.bytes);
  }
  void operator()(const Base64Data&) {}
  void operator()(const BufferCheckOp&) {}

  [[nodiscard]] const StreamSpan& span() const { return widest_; }

 private:
  void place(const Content& c, std::int64_t size);
  void read(const ByteRead& r, std::string_view keyword, std::int64_t behind);
  void begin_group(std::int64_t at, std::int64_t size) {
    group_ = position_ = at;
    reach(at + size, {}, 0);
    position_ = at + size;
  }
  void reach(std::int64_t end, std::string_view keyword, std::int64_t number) {
    take({end - group_, keyword, number});
  }
  void take(const StreamSpan& span) {
    if (span.bytes > widest_.bytes) widest_ = span;
  }

  StreamSpan widest_;
  std::int64_t group_ = 0, position_ = 0;  // where the group begins, and where relative positions count from
  // Of contents that have a place in the stream.
  std::size_t placed_ = 0;
  std::int64_t first_ = 0;
  StreamSpan last_;  // from the start of the stream
};

void SpanReader::operator()(const Content& c) {
  const auto size = static_cast<std::int64_t>(c.pattern.size());
  if (!c.relative()) {
    if (c.has_offset || c.has_depth) place(c, size);
    return begin_group(0, size);
  }
  const std::int64_t distance = c.has_distance ? number(c.distance) : 0;
  const std::int64_t within = c.has_within ? std::max(number(c.within), size) : size;
  const std::int64_t end = position_ + distance + within;
  const bool by_within = c.has_within && within >= distance;
  reach(end, by_within ? "within" : "distance", by_within ? within : distance);
  if (!c.negated) position_ = std::max(group_, end);
}

// Two places in the stream relate what stands there; one alone may come at any time.
void SpanReader::place(const Content& c, std::int64_t size) {
  const std::int64_t offset = c.has_offset ? number(c.offset) : 0;
  const std::int64_t depth = c.has_depth ? std::max(number(c.depth), size) : size;
  first_ = placed_ == 0 ? offset : std::min(first_, offset);
  const bool by_depth = c.has_depth && depth >= offset;
  if (offset + depth > last_.bytes)
    last_ = {offset + depth, by_depth ? "depth" : "offset", by_depth ? depth : offset};
  if (++placed_ > 1) take({last_.bytes - first_, last_.keyword, last_.number});
}

void SpanReader::read(const ByteRead& r, std::string_view keyword, std::int64_t behind) {
  if (!r.relative) return;
  const std::int64_t end = position_ + number(r.offset) + number(r.count) + behind;
  reach(end, keyword, number(r.offset));
}

bool looks_at_streams(const Signature& s) {
  const bool tcp = s.header.any_ip_protocol || s.header.ip_protocols[ip_protocol::tcp];
  return tcp && !s.payload_needs_packet && !s.header.packet_only && !s.flow.no_stream;
}

}  // namespace

StreamSpan stream_span(const BufferChain& payload) {
  SpanReader reader;
  for (const BufferOp& op : payload) {
    if (std::holds_alternative<Base64Data>(op)) break;
    std::visit(reader, op);
  }
  return reader.span();
}

std::optional<RuleWarning> spans_more_than_a_chunk(const Signature& s, const RuleEnvironment& environment) {
  if (s.payload.empty() || !looks_at_streams(s)) return std::nullopt;
  const bool only_to_client = s.flow.to_client && !s.flow.to_server;
  const bool only_to_server = s.flow.to_server && !s.flow.to_client;
  const bool to_client =
      only_to_client || (!only_to_server && environment.chunk_to_client < environment.chunk_to_server);
  const std::uint32_t chunk = to_client ? environment.chunk_to_client : environment.chunk_to_server;
  const StreamSpan span = stream_span(s.payload);
  if (span.bytes <= chunk || span.keyword.empty()) return std::nullopt;
  return RuleWarning{
      .keyword = span.keyword,
      .argument = fmt::format("{}", span.number),
      .found = {},
      .reason = fmt::format("spans {} bytes of a stream, of which {} are surely looked at together",
                            span.bytes, chunk),
      .advice =
          fmt::format("with a smaller number, or stream.reassembly.{}-chunk-size as large, nothing is missed",
                      to_client ? "toclient" : "toserver")};
}

}  // namespace weir::rules
