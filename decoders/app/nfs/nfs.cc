#include "decoders/app/nfs/nfs.h"

#include <algorithm>
#include <utility>

namespace weir::nfs {
namespace {

constexpr std::size_t kLooked = 24;  // bytes of a message that probe_message looks at

}  // namespace

NfsSettings NfsSettings::from(const Settings& s) {
  NfsSettings out;
  out.max_tx = std::clamp<std::uint64_t>(s.number("max-tx", out.max_tx), 1, 65536);
  return out;
}

// RFC 5531 9
ProbeResult probe_message(Direction d, Bytes message) {
  constexpr std::uint32_t kRpcVersion = 2, kMaxFlavor = 13;
  ByteCursor in{message};
  in.skip(4);
  const std::uint32_t type = in.be32(), first = in.be32(), second = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  const bool is_call = type == 0;
  if (is_call && (first != kRpcVersion || (second != kNfsProgram && second != kNfsAclProgram)))
    return ProbeResult::no;
  if (!is_call && (type != 1 || first > 1 || second > kMaxFlavor)) return ProbeResult::no;
  return is_call == (d == Direction::to_server) ? ProbeResult::yes : ProbeResult::yes_reversed;
}

NfsParser::NfsParser(const NfsSettings& settings) : dialogue_(transactions_) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome NfsParser::parse(const AppInput& in) {
  frames_ = in.frames;
  dialogue_.begin_call(in);
  if (in.is_datagram) {
    frames_.begin(FrameKind::rpc_pdu, in.data, in.data.size());
    frames_.begin(FrameKind::rpc_hdr, in.data, kMessageHeader);
    Side side;
    Bytes rest = in.data;
    do {
      rest = rest.subspan(
          deliver(in.direction, side, {.front = rest, .length = rest.size(), .frames = frames_}));
    } while (side.is_behind && !rest.empty());
    if (side.at == Side::At::data) dialogue_.raise(Event::malformed_data);
    dialogue_.end_message(in.direction);
    return {.consumed = in.data.size()};
  }
  ParseOutcome outcome =
      records_.run(in.direction, in.data, 0, [&](Bytes data) { return step(in.direction, data); });
  outcome.flush_stream_inspection =
      outcome.consumed != 0 && sides_[index(in.direction)].at == Side::At::record;
  if (in.eof && !outcome.paused) dialogue_.transfers().end_of(in.direction);
  return outcome;
}

bool NfsParser::begin_midway() {
  for (Side& side : sides_) side.at = Side::At::search;
  return true;
}

RecordStep NfsParser::step(Direction d, Bytes data) {
  Side& side = sides_[index(d)];
  const bool is_full = transactions_.batch_full() || frames_.full();
  switch (side.at) {
    case Side::At::search: return search(d, side, data);
    case Side::At::record: return frames_.full() ? RecordStep::pause() : record(d, side, data);
    case Side::At::message: return is_full ? RecordStep::pause() : message(d, side, data);
    case Side::At::fragments: return is_full ? RecordStep::pause() : fragments(d, side, data);
    case Side::At::data: return piece(d, side, data);
    case Side::At::skip: return take(d, side, std::min<std::uint64_t>(data.size(), side.left));
  }
  return RecordStep::broken();
}

// The first message that is one of NFS.
RecordStep NfsParser::search(Direction d, Side& side, Bytes data) {
  constexpr std::size_t kSeen = kRecordMark + kLooked;
  for (std::size_t at = 0; data.size() - at >= kSeen; ++at) {
    const RecordMark mark = parse_record_mark(data.subspan(at, kRecordMark));
    if (!mark.is_last || mark.length < kLooked || mark.length > kMaxRecord ||
        probe_message(d, data.subspan(at + kRecordMark)) != ProbeResult::yes)
      continue;
    side.at = Side::At::record;
    return at != 0 ? RecordStep::took(at) : step(d, data);
  }
  if (data.size() < kSeen) return RecordStep::wants(kSeen);
  return RecordStep::took(data.size() - kSeen + 1);
}

RecordStep NfsParser::record(Direction d, Side& side, Bytes data) {
  if (data.size() < kRecordMark) return RecordStep::wants(kRecordMark);
  const RecordMark mark = parse_record_mark(data.first(kRecordMark));
  if (mark.length > kMaxRecord) {
    dialogue_.raise(Event::malformed_data);
    side.lose();
    return RecordStep::took(1);
  }
  side.left = mark.length;
  side.is_last = mark.is_last;
  if (side.goes_on_at != Side::At::record) {
    side.at = side.goes_on_at;
  } else {
    side.is_joined = !mark.is_last;
    side.at = mark.is_last ? Side::At::message : Side::At::fragments;
    frames_.begin(FrameKind::rpc_pdu, data, kRecordMark + mark.length);
    frames_.begin(FrameKind::rpc_hdr, data, kRecordMark + std::min<std::size_t>(kMessageHeader, mark.length));
    if (mark.is_last && mark.length == 0) dialogue_.raise(Event::empty_message);
  }
  // An empty fragment may be the last one of a message that has come before it.
  if (mark.length == 0 && side.at == Side::At::fragments && !side.joined.empty())
    fragments(d, side, {});
  else if (mark.length == 0)
    take(d, side, 0);
  return RecordStep::took(kRecordMark);
}

// A message in one fragment, or what of it is behind data. How much is waited for does not depend on how much is there.
RecordStep NfsParser::message(Direction d, Side& side, Bytes data) {
  const auto brief = static_cast<std::size_t>(std::min<std::uint64_t>(side.left, kShortFront));
  if (data.size() < brief) return RecordStep::wants(brief);
  const bool has_data = side.is_behind ? dialogue_.goes_on_to_data(d, data.first(brief))
                                       : dialogue_.begins_data(d, data.first(brief));
  const auto held =
      has_data ? brief : static_cast<std::size_t>(std::min<std::uint64_t>(side.left, kMaxFront));
  if (data.size() < held) return RecordStep::wants(held);
  return take(d, side, deliver(d, side, {.front = data.first(held), .length = side.left, .frames = frames_}));
}

RecordStep NfsParser::fragments(Direction d, Side& side, Bytes data) {
  const std::uint64_t wanted = std::min<std::uint64_t>(side.left, kMaxFront - side.joined.size());
  const Bytes taken = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), wanted)));
  side.joined.insert(side.joined.end(), taken.begin(), taken.end());
  const bool is_whole = side.is_last && taken.size() == side.left;
  if (!is_whole && side.joined.size() != kMaxFront) return take(d, side, taken.size());
  Bytes rest = side.joined;
  do {
    rest = rest.subspan(deliver(d, side, {.front = rest, .length = is_whole ? rest.size() : UINT64_MAX}));
  } while (side.is_behind && !rest.empty() && (is_whole || dialogue_.goes_on_to_data(d, rest)));
  side.joined.erase(side.joined.begin(), side.joined.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return take(d, side, taken.size());
}

// Afterwards what is left of the message is data, or what stands behind them, or of no interest. Returns how much is done with.
std::size_t NfsParser::deliver(Direction d, Side& side, const Message& message) {
  const bool is_behind = std::exchange(side.is_behind, false);
  side.at = Side::At::skip;
  if (!is_behind && message.front.size() > kMessageHeader) {
    FrameSink frames = message.frames;
    frames.begin(FrameKind::rpc_data, message.front.subspan(kMessageHeader), message.length - kMessageHeader);
  }
  auto data = is_behind ? dialogue_.go_on(d, message) : dialogue_.take(d, message);
  if (!data) return message.front.size();
  const Bytes there = message.front.subspan(data->at);
  const std::size_t n = std::min<std::size_t>(there.size(), data->count);
  side.piece = std::move(data->piece);
  side.data_left = data->count - n;
  side.at = Side::At::data;
  dialogue_.transfers().bytes(side.piece, there.first(n));
  if (side.data_left == 0) end_data(d, side);
  return data->at + n;
}

void NfsParser::end_data(Direction d, Side& side) {
  dialogue_.transfers().finish(side.piece);
  side.is_behind = dialogue_.goes_on(d);
  side.at = !side.is_behind ? Side::At::skip : side.is_joined ? Side::At::fragments : Side::At::message;
}

RecordStep NfsParser::piece(Direction d, Side& side, Bytes data) {
  const std::uint64_t wanted = std::min(side.data_left, side.left);
  const Bytes taken = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), wanted)));
  dialogue_.transfers().bytes(side.piece, taken);
  side.data_left -= taken.size();
  if (side.data_left == 0) end_data(d, side);
  return take(d, side, taken.size());
}

// So many bytes of the fragment are done with.
RecordStep NfsParser::take(Direction d, Side& side, std::uint64_t bytes) {
  side.left -= bytes;
  if (side.left != 0) return RecordStep::took(bytes);
  if (side.is_last && side.at == Side::At::data)
    dialogue_.raise(Event::malformed_data);  // more were said to come
  side.goes_on_at = side.is_last ? Side::At::record : side.at;
  side.at = Side::At::record;
  if (side.is_last) {
    side.joined = {};
    side.is_behind = false;
    dialogue_.end_message(d);
  }
  return RecordStep::took(bytes);
}

void NfsParser::Side::lose() {
  *this = {};
  at = At::search;
}

// What is missing of a file is a gap in it; a message whose beginning is missing is passed over.
bool NfsParser::on_gap(Direction d, std::uint64_t length) {
  Side& side = sides_[index(d)];
  std::uint64_t of_data = 0;
  if (side.at == Side::At::data) {
    of_data = std::min({length, side.data_left, side.left});
    dialogue_.transfers().gap(side.piece, of_data);
    side.data_left -= of_data;
    if (side.data_left == 0) end_data(d, side);
  }
  if (length > side.left || side.left == 0) {
    side.lose();
    return true;
  }
  if (of_data < length) {
    side.at = Side::At::skip;
    side.joined = {};
    side.is_behind = false;
  }
  take(d, side, length);
  return true;
}

}  // namespace weir::nfs
