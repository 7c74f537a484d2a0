#include "decoders/app/dcerpc/association.h"

#include <algorithm>

#include "decoders/text.h"

namespace weir::dcerpc {
namespace {

constexpr std::size_t kAnswerFieldBytes = 8;  // C706 12.6.4.10

}  // namespace

void Association::take(Direction d, const Header& header, Bytes pdu, Calls& calls) {
  switch (header.type) {
    case PduType::request: return take_request(d, header, pdu, calls);
    case PduType::bind:
    case PduType::alter_context: return take_bind(d, header, pdu, calls);
    case PduType::response:
    case PduType::fault:
    case PduType::bind_ack:
    case PduType::bind_nak:
    case PduType::alter_context_response: return take_answer(d, header, pdu, calls);
    default: return;  // authentication, cancels and the like belong to no call's data
  }
}

void Association::take_request(Direction d, const Header& header, Bytes pdu, Calls& calls) {
  const auto request = parse_request(header, pdu);
  if (!request) return;
  Call* call = open_call(header.call_id, d, calls);
  if (call != nullptr && (header.first || call->request().done)) {
    end(*call, calls);
    call = nullptr;
  }
  if (call == nullptr) {
    call = &open(d, header.call_id, calls);
    call->interface = bound(request->context_id);
    call->opnum = request->opnum;
  }
  add_fragment(call->request(), header, pdu);
  calls.changed(*call);
}

void Association::take_bind(Direction d, const Header& header, Bytes pdu, Calls& calls) {
  if (Call* before = open_call(header.call_id, d, calls)) end(*before, calls);
  Call& call = open(d, header.call_id, calls);
  call.interfaces = parse_contexts(header, pdu);
  for (const Interface& item : call.interfaces) bind(item);
  Part& part = call.request();
  part.type = header.type;
  part.little_endian = header.little_endian;
  part.fragments = 1;
  part.first_seen = part.done = true;
  calls.changed(call);
}

void Association::take_answer(Direction d, const Header& header, Bytes pdu, Calls& calls) {
  Call* call = open_call(header.call_id, opposite(d), calls);
  if (call == nullptr) {
    call = &open(opposite(d), header.call_id, calls);
    call->request().lost = true;
  }
  if (header.type == PduType::bind_ack || header.type == PduType::alter_context_response)
    learn_results(*call, header, pdu);
  if (header.type == PduType::response || header.type == PduType::fault) {
    add_fragment(call->answer(), header, pdu);
  } else {
    Part& part = call->answer();
    part.type = header.type;
    part.fragments = 1;
    part.first_seen = part.done = true;
  }
  if (call->answer().done) {
    call->ended = true;
    close(*call);
  }
  calls.changed(*call);
}

void Association::learn_results(Call& call, const Header& header, Bytes pdu) {
  const SlabVector<Result> results = parse_results(header, pdu);
  for (std::size_t i = 0; i < std::min(results.size(), call.interfaces.size()); ++i) {
    call.interfaces[i].result = results[i];
    bind(call.interfaces[i]);
  }
}

void Association::add_fragment(Part& part, const Header& header, Bytes pdu) const {
  if (part.fragments++ == 0) {
    part.type = header.type;
    part.little_endian = header.little_endian;
  }
  part.first_seen = part.first_seen || header.first;
  part.done = header.last;
  Bytes stub = stub_of(header, pdu);
  if (header.type == PduType::response && !limits_.counts_answer_fields)
    stub = stub.subspan(std::min(stub.size(), kAnswerFieldBytes));
  part.stub_bytes += stub.size();
  part.stub += as_text(stub.first(std::min(stub.size(), limits_.stub_bytes - part.stub.size())));
}

bool Association::feed(Direction d, Bytes bytes, Calls& calls) {
  Side& side = sides_[index(d)];
  if (side.broken) return false;
  if (side.lost) {
    while (!bytes.empty() && !looks_like_header(bytes)) bytes = bytes.subspan(1);
    if (bytes.empty()) return true;
    side.lost = false;
  }
  if (side.rest.empty()) bytes = take_whole(d, bytes, side, calls);
  while (!bytes.empty() && !side.broken) {
    // As much as its header, then as its length asks for: no byte is copied that belongs to the next one.
    const auto header = parse_header(as_bytes(side.rest));
    const std::size_t wanted = header ? header->fragment_length : kHeaderBytes;
    const std::size_t more = std::min(bytes.size(), wanted - side.rest.size());
    side.rest += as_text(bytes.first(more));
    bytes = bytes.subspan(more);
    if (!take_whole(d, as_bytes(side.rest), side, calls).empty()) continue;
    side.rest.clear();
    bytes = take_whole(d, bytes, side, calls);
  }
  if (side.broken) SlabString().swap(side.rest);
  return !side.broken;
}

// Gives what is left: less than a PDU, which `side` keeps from here on.
Bytes Association::take_whole(Direction d, Bytes bytes, Side& side, Calls& calls) {
  while (bytes.size() >= kHeaderBytes) {
    const auto header = parse_header(bytes);
    side.broken = !header;
    if (!header || header->fragment_length > bytes.size()) break;
    take(d, *header, bytes.first(header->fragment_length), calls);
    bytes = bytes.subspan(header->fragment_length);
  }
  return bytes;
}

void Association::lose(Direction d, Calls& calls) {
  Side& side = sides_[index(d)];
  side.rest.clear();
  side.lost = true;
  for (std::size_t i = open_.size(); i-- != 0;) {
    Call* call = calls.find(open_[i].key);
    if (call == nullptr) continue;
    Part& part = call->parts[index(d)];
    part.lost = part.lost || !part.done;
  }
}

Call* Association::open_call(std::uint32_t call_id, Direction request, Calls& calls) {
  for (std::size_t i = open_.size(); i-- != 0;) {
    if (open_[i].call_id != call_id) continue;
    Call* call = calls.find(open_[i].key);
    if (call != nullptr && call->request_direction == request) return call;
  }
  return nullptr;
}

Call& Association::open(Direction request, std::uint32_t call_id, Calls& calls) {
  if (open_.size() >= kMaxOpenCalls) {
    Call* oldest = calls.find(open_.front().key);
    if (oldest == nullptr)
      open_.erase(open_.begin());
    else
      end(*oldest, calls);
  }
  Call& call = calls.add(request);
  call.call_id = call_id;
  open_.push_back({call_id, call.key});
  return call;
}

void Association::close(const Call& call) {
  std::erase_if(open_, [&](const Open& o) { return o.key == call.key; });
}

void Association::end(Call& call, Calls& calls) {
  call.ended = true;
  close(call);
  calls.changed(call);
}

std::optional<Interface> Association::bound(std::uint16_t context_id) const {
  const auto found = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [&](const Interface& item) { return item.context_id == context_id; });
  return found == interfaces_.end() || found->refused() ? std::nullopt : std::optional(*found);
}

void Association::bind(const Interface& item) {
  const auto known = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [&](const Interface& i) { return i.context_id == item.context_id; });
  if (known != interfaces_.end())
    *known = item;
  else if (interfaces_.size() < kMaxInterfaces)
    interfaces_.push_back(item);
}

}  // namespace weir::dcerpc
