#include "rules/compile/rule_checks.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/language/content_text.h"
#include "rules/match/buffer_size_check.h"

namespace weir::rules {
namespace {

Compiled refuse_content(std::string reason, const Content& c) {
  return refuse(std::move(reason), pattern_text(c.pattern, c.negated));
}

bool is_number(const NumberOrVar& n) {
  return n.var < 0;
}

Compiled check_position(const Content& c) {
  const auto size = static_cast<std::int64_t>(c.pattern.size());
  const bool absolute = c.has_offset || c.has_depth;
  if (c.starts_with && (absolute || c.relative()))
    return refuse_content("startswith does not go with offset, depth, distance or within", c);
  if (absolute && c.relative())
    return refuse_content("offset and depth do not go with distance and within", c);
  if (c.has_depth && is_number(c.depth) && c.depth.value < size)
    return refuse_content(fmt::format("depth {} is shorter than the content ({} bytes)", c.depth.value, size),
                          c);
  if (c.has_within && is_number(c.within) && c.within.value < size)
    return refuse_content(
        fmt::format("within {} is shorter than the content ({} bytes)", c.within.value, size), c);
  return {};
}

Compiled check_fast_pattern(const Content& c) {
  const bool positioned = c.has_offset || c.has_depth || c.relative() || c.starts_with || c.ends_with;
  if (c.fast_pattern_only && (c.negated || positioned))
    return refuse_content("fast_pattern:only does not go with a negation or a position", c);
  if (c.fast_pattern && c.negated && positioned)
    return refuse_content("a negated content with a position cannot be the fast_pattern", c);
  if (c.fast_pattern_chop && std::size_t{c.chop_offset} + c.chop_length > c.pattern.size())
    return refuse_content("fast_pattern reaches beyond the end of the content", c);
  return {};
}

std::uint8_t to_upper(std::uint8_t b) {
  return b >= 'a' && b <= 'z' ? static_cast<std::uint8_t>(b - ('a' - 'A')) : b;
}

// Values of some buffers come in one case only, and their contents are taken for that, as Suricata takes them.
void fold_letters(BufferEngine& engine) {
  if (engine.buffer->form == nullptr || !engine.transforms.empty()) return;
  const ValueForm::Letters letters = engine.buffer->form->letters;
  if (letters == ValueForm::Letters::as_written) return;
  for (BufferOp& op : engine.chain) {
    auto* const c = std::get_if<Content>(&op);
    if (c == nullptr || c->nocase) continue;
    for (std::uint8_t& b : c->pattern) b = letters == ValueForm::Letters::lower ? to_lower(b) : to_upper(b);
  }
}

// The contents of one chain, which looks at `engine` (null: the payload).
Compiled check_contents(const BufferChain& chain, const BufferEngine* engine, unsigned& fast_patterns) {
  for (const BufferOp& op : chain) {
    const auto* const c = std::get_if<Content>(&op);
    if (c == nullptr) continue;
    if (auto ok = check_position(*c); !ok) return ok;
    if (auto ok = check_fast_pattern(*c); !ok) return ok;
    if (c->fast_pattern && ++fast_patterns > 1) return refuse_content("a rule has only one fast_pattern", *c);
    if (engine == nullptr) continue;
    std::string_view reason;
    if (engine->transforms.empty() && engine->buffer->validate != nullptr)
      reason = engine->buffer->validate(c->pattern, c->nocase);
    if (!engine->transforms.empty()) reason = engine->transforms.back()->refuses(c->pattern, c->nocase);
    if (!reason.empty()) return refuse_content(std::string(reason), *c);
  }
  return {};
}

// bsize against the contents of the same buffer. A size before a transform that changes it would mislead, but
// bsize stands behind the transform, too.
Compiled check_sizes(const Signature& s) {
  for (const BufferEngine& engine : s.buffers) {
    const std::int64_t least = least_size(engine.chain);
    for (const BufferOp& op : engine.chain) {
      if (std::holds_alternative<Base64Data>(op)) break;
      const auto* const check = std::get_if<BufferCheckOp>(&op);
      const auto* const size =
          check == nullptr ? nullptr : dynamic_cast<const BufferSizeCheck*>(check->check.get());
      if (size != nullptr && static_cast<std::uint64_t>(least) > size->most())
        return refuse(fmt::format("bsize allows {} bytes, but the contents need {}", size->most(), least));
    }
  }
  if (s.dsize && least_size(s.payload) > s.dsize->second)
    return refuse(fmt::format("dsize allows {} bytes, but the contents need {}", s.dsize->second,
                              least_size(s.payload)));
  return {};
}

Compiled check_flow(const FlowRequirement& f) {
  if (f.to_server && f.to_client) return refuse("flow: to_server and to_client exclude each other");
  if (static_cast<int>(f.established) + static_cast<int>(f.not_established) + static_cast<int>(f.stateless) >
      1)
    return refuse("flow: established, not_established and stateless exclude each other");
  if (f.only_stream && f.no_stream) return refuse("flow: only_stream and no_stream exclude each other");
  if (f.only_frag && f.no_frag) return refuse("flow: only_frag and no_frag exclude each other");
  return {};
}

struct Sides {
  bool to_server = false, to_client = false;
  void add(Direction d) { (d == Direction::to_server ? to_server : to_client) = true; }
};

// Where transactions of the rule's protocols have this buffer.
Sides sides_of(const BufferSpec& buffer, const HeaderMatch& header) {
  Sides sides;
  for (const BufferSource& source : buffer.sources)
    if (header.app_protocols.none() || header.app_protocols.test(static_cast<std::size_t>(source.protocol)))
      sides.add(source.direction);
  return sides;
}

// Buffers that exist on one side only give the rule its direction.
Compiled check_direction(Signature& s) {
  if (s.header.transactional) return {};
  Sides only;
  const auto take = [&](const Sides& here) {
    only.to_server = only.to_server || (here.to_server && !here.to_client);
    only.to_client = only.to_client || (here.to_client && !here.to_server);
  };
  for (const BufferEngine& engine : s.buffers) {
    if (engine.buffer->sources.empty()) continue;
    const Sides here = sides_of(*engine.buffer, s.header);
    take(here);
    if ((s.flow.to_client && !here.to_client) || (s.flow.to_server && !here.to_server))
      return refuse(fmt::format("the buffer is only there {}, but the rule says flow:{}",
                                here.to_server ? "to_server" : "to_client",
                                s.flow.to_server ? "to_server" : "to_client"),
                    engine.buffer->name);
  }
  for (const TxCheckEngine& check : s.tx_checks)
    take({check.progress_to_server.has_value(), check.progress_to_client.has_value()});
  if (only.to_server && only.to_client)
    return refuse("mixes keywords about the request with keywords about the response");
  if ((only.to_server && s.flow.to_client) || (only.to_client && s.flow.to_server))
    return refuse("a keyword of the rule contradicts its flow direction");
  s.flow.to_server = s.flow.to_server || only.to_server;
  s.flow.to_client = s.flow.to_client || only.to_client;
  return {};
}

bool looks_at_transactions(const Signature& s) {
  return !s.tx_checks.empty() || std::any_of(s.buffers.begin(), s.buffers.end(), [](const BufferEngine& e) {
    return !e.buffer->sources.empty();
  });
}

// Bits on a transaction say nothing of whose it is.
Compiled check_transactions(const Signature& s) {
  const auto of_any = [](const TxCheckEngine& t) { return t.protocol == AppProto::unknown; };
  if (s.header.app_protocols.none() && std::any_of(s.tx_checks.begin(), s.tx_checks.end(), of_any))
    return refuse(
        "bits on transactions are for rules that look at some, and nothing in this one names their protocol");
  return {};
}

Compiled check_packet_or_stream(Signature& s) {
  const bool wants_packet = s.payload_needs_packet;
  s.payload_needs_packet = wants_packet || s.header.packet_only || s.flow.no_stream;
  if (s.payload_needs_packet && (s.header.stream_only || s.flow.only_stream))
    return refuse("mixes packet keywords (dsize, flags, ttl ...) with tcp-stream or flow:only_stream");
  if (wants_packet && looks_at_transactions(s))
    return refuse("mixes packet keywords (dsize, flags, ttl ...) with keywords of an application protocol");
  if (s.header.packet_only && looks_at_transactions(s))
    return refuse("tcp-pkt does not go with keywords of an application protocol");
  return {};
}

// A frame is looked at by itself, so nothing else with bytes of its own can be asked of it.
Compiled check_frames(const Signature& s) {
  const BufferSpec* frame = nullptr;
  for (const BufferEngine& engine : s.buffers) {
    if (!engine.buffer->frame) continue;
    if (frame != nullptr && engine.buffer != frame)
      return refuse(fmt::format("a rule looks at frames of one type, and this one at {}", frame->name),
                    engine.buffer->name);
    frame = engine.buffer;
  }
  if (frame == nullptr) return {};
  if (!s.payload.empty()) return refuse("contents of the payload do not go with a frame", frame->name);
  if (looks_at_transactions(s))
    return refuse("keywords about transactions do not go with a frame", frame->name);
  if (s.payload_needs_packet)
    return refuse("packet keywords (dsize, flags, ttl ...) and tcp-pkt do not go with a frame", frame->name);
  return {};
}

}  // namespace

std::int64_t least_size(const BufferChain& chain) {
  std::int64_t end = 0, most = 0;
  for (const BufferOp& op : chain) {
    if (std::holds_alternative<Base64Data>(op)) break;
    const auto* const c = std::get_if<Content>(&op);
    if (c == nullptr || c->negated) continue;
    const auto size = static_cast<std::int64_t>(c->pattern.size());
    if (c->relative())
      end = std::max<std::int64_t>(0, end + (c->has_distance ? c->distance.value : 0)) + size;
    else
      end = (c->has_offset ? c->offset.value : 0) + size;
    most = std::max(most, end);
  }
  return most;
}

Compiled check_rule(Signature& s) {
  if (s.meta.sid == 0) return refuse("the rule has no sid");
  if (auto ok = check_flow(s.flow); !ok) return ok;
  for (BufferEngine& engine : s.buffers) fold_letters(engine);
  unsigned fast_patterns = 0;
  if (auto ok = check_contents(s.payload, nullptr, fast_patterns); !ok) return ok;
  for (const BufferEngine& engine : s.buffers)
    if (auto ok = check_contents(engine.chain, &engine, fast_patterns); !ok) return ok;
  if (auto ok = check_sizes(s); !ok) return ok;
  if (auto ok = check_direction(s); !ok) return ok;
  if (auto ok = check_transactions(s); !ok) return ok;
  if (auto ok = check_packet_or_stream(s); !ok) return ok;
  if (auto ok = check_frames(s); !ok) return ok;
  if (s.threshold && s.detection_filter) return refuse("a rule has either threshold or detection_filter");
  return {};
}

}  // namespace weir::rules
