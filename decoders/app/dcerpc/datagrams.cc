#include "decoders/app/dcerpc/datagrams.h"

#include <algorithm>

#include "decoders/text.h"

namespace weir::dcerpc {
namespace {

bool is_answer(PduType type) {
  return type == PduType::response || type == PduType::fault || type == PduType::reject;
}

}  // namespace

// An answer is known by its call, whichever way it goes: some captures show both as sent by one side.
void Datagrams::take(Direction d, const DatagramHeader& header, Calls& calls) {
  const bool answers = is_answer(header.type);
  if (!answers && header.type != PduType::request) return;  // pings, acknowledgements, cancels
  Known* known = known_call(header);
  if (known == nullptr) known = &add(header, answers ? opposite(d) : d, calls);
  Call* call = calls.find(known->key);
  if (call == nullptr || call->ended) {
    known->pieces = {};
    return;
  }
  Part& part = answers ? call->answer() : call->request();
  if (part.done) return;
  Pieces& pieces = known->pieces[answers ? 1 : 0];
  add_fragment(part, pieces, header);
  part.waiting = pieces.bytes;
  if (part.done) {
    part.waiting = 0;
    pieces = {};
    if (answers && call->request().fragments == 0) call->request().lost = true;
    call->ended = answers || !header.wants_answer;
  }
  calls.changed(*call);
}

Datagrams::Known* Datagrams::known_call(const DatagramHeader& header) {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& k) {
    return k.sequence == header.sequence && k.activity == header.activity;
  });
  return found == known_.end() ? nullptr : &*found;
}

Datagrams::Known& Datagrams::add(const DatagramHeader& header, Direction request, Calls& calls) {
  if (known_.size() >= kMaxOpenCalls) {
    if (Call* oldest = calls.find(known_.front().key); oldest != nullptr && !oldest->ended) {
      oldest->ended = true;
      calls.changed(*oldest);
    }
    known_.erase(known_.begin());
  }
  Call& call = calls.add(request);
  call.call_id = header.sequence;
  call.activity = header.activity;
  call.opnum = header.opnum;
  call.interface =
      Interface{.uuid = header.interface, .version = header.version, .minor_version = header.minor_version};
  known_.push_back({header.activity, header.sequence, call.key, {}});
  return known_.back();
}

void Datagrams::add_fragment(Part& part, Pieces& pieces, const DatagramHeader& header) const {
  if (part.fragments == 0) {
    part.type = header.type;
    part.little_endian = header.little_endian;
  }
  if (!keep(pieces, header)) return;
  ++part.fragments;
  part.stub_bytes += header.body.size();
  part.first_seen = part.first_seen || header.fragment_number == 0;
  part.done = pieces.last && pieces.list.size() > *pieces.last;
  if (part.done) put_together(part, pieces);
}

// False: it is there already, there is no room for it, or it lies behind the last one.
bool Datagrams::keep(Pieces& pieces, const DatagramHeader& header) const {
  const std::uint16_t number = header.fragment ? header.fragment_number : std::uint16_t{0};
  const auto place = std::lower_bound(pieces.list.begin(), pieces.list.end(), number,
                                      [](const Piece& p, std::uint16_t n) { return p.number < n; });
  if (place != pieces.list.end() && place->number == number) return false;
  if (pieces.list.size() >= kMaxFragments || number > pieces.last.value_or(UINT16_MAX)) return false;
  const Bytes body = header.body.first(std::min(header.body.size(), limits_.stub_bytes - pieces.bytes));
  pieces.bytes += body.size();
  pieces.list.insert(place, {number, SlabString(as_text(body))});
  if (header.fragment && !header.last_fragment) return true;
  pieces.last = number;
  while (pieces.list.back().number > number) {  // what was said to lie behind it does not belong to the call
    pieces.bytes -= pieces.list.back().body.size();
    pieces.list.pop_back();
  }
  return true;
}

void Datagrams::put_together(Part& part, Pieces& pieces) {
  if (pieces.list.size() == 1) {
    part.stub.swap(pieces.list.front().body);
    return;
  }
  part.stub.reserve(pieces.bytes);
  for (const Piece& piece : pieces.list) part.stub += piece.body;
}

}  // namespace weir::dcerpc
