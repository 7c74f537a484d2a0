#include "engine/flow/ended_flows.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "decoders/app/protocol.h"
#include "engine/flow/app_state.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

namespace {

// Of the client's side: its parser waits for more of it, or has yet to be found.
bool is_within_request(const AppLayer& app, const TcpStream& stream) {
  if (app.bypassed || app.paused || app.change_pending) return false;
  if (stream.app_chunk().kind == TcpStream::Chunk::Kind::data) return true;
  if (app.parser == nullptr) return false;
  const TransactionList& list = app.parser->transactions();
  for (const Transaction* tx = list.first(); tx != nullptr; tx = TransactionList::next(*tx))
    if (!tx->complete(protocol_info(tx->protocol()).complete(Direction::to_server), Direction::to_server))
      return true;
  return false;
}

void keep_request(const Flow& flow, EndedFlow& out) {
  const TcpStream& stream = flow.tcp->stream(Direction::to_server);
  if (flow.dropped || flow.passed || flow.no_payload_inspection) return;
  // What a RST has ended is over for its parser; for stream rules it may go on.
  const bool is_parsed =
      flow.app->protocol != AppProto::failed && !flow.app->given_up && !out.tcp.closed_by_reset;
  if (is_parsed && !is_within_request(*flow.app, stream)) return;
  const Bytes bytes = flow.tcp->last_of_client(is_parsed ? kMostRequestBytes : kMostTailBytes);
  if (!bytes.empty())
    out.request = std::make_unique<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
  // Of a connection that is one transaction no request is ever over.
  const bool whole = stream.app_chunk().kind != TcpStream::Chunk::Kind::data &&
                     protocol_info(flow.app->protocol).one_transaction;
  out.lacks_request = is_parsed && bytes.empty() && !whole;
}

}  // namespace

EndedFlow EndedFlow::of(const Flow& flow) {
  EndedFlow out{.key = flow.key,
                .last = flow.last,
                .client_is_a = flow.client_is_a,
                .passed = flow.passed,
                .no_packet_inspection = flow.no_packet_inspection,
                .no_payload_inspection = flow.no_payload_inspection};
  if (flow.tcp != nullptr) out.tcp = flow.tcp->memory();
  if (flow.app == nullptr) return out;
  out.protocol = flow.app->protocol;
  out.parsing_over = flow.app->given_up || flow.no_payload_inspection;
  if (flow.tcp != nullptr) keep_request(flow, out);
  return out;
}

EndedFlows::EndedFlows(std::size_t flows)
    : capacity_(std::min(flows, kMaxFlows)),
      buckets_(capacity_ == 0 ? 1 : std::bit_ceil(capacity_) * 2, kNone) {
  static_assert(sizeof(Cell) + 4 * sizeof(std::uint32_t) <= kEndedFlowBytes);
  cells_.reserve(capacity_);
}

bool EndedFlows::is_alive(const EndedFlow& flow, TimeUs now) {
  return now >= flow.last && now - flow.last <= (flow.tcp.is_known() ? kLife : kLifeWithoutNumbers);
}

std::uint32_t EndedFlows::cell_of(std::uint64_t hash, const FlowKey& key) const {
  std::uint32_t at = buckets_[hash & (buckets_.size() - 1)];
  while (at != kNone && (cells_[at].hash != hash || cells_[at].flow.key != key)) at = cells_[at].next;
  return at;
}

const EndedFlow* EndedFlows::find(std::uint64_t hash, const FlowKey& key, TimeUs now) const {
  const std::uint32_t at = cell_of(hash, key);
  return at != kNone && is_alive(cells_[at].flow, now) ? &cells_[at].flow : nullptr;
}

bool EndedFlows::remember(std::uint64_t hash, EndedFlow flow) {
  if (!enabled()) return false;
  // Anybody can make connections that end so, in any number: they displace nobody.
  if (flow.tcp.closed_by_reset && !flow.dropped && cells_.size() == capacity_ && cells_[oldest_].used &&
      is_alive(cells_[oldest_].flow, flow.last))
    return true;
  const std::uint32_t before = cell_of(hash, flow.key);
  if (before != kNone) {
    if (!flow.tcp.is_known() && is_alive(cells_[before].flow, flow.last)) return false;
    unlink(before);
  }
  bool forgets = false;
  auto at = static_cast<std::uint32_t>(cells_.size());
  if (cells_.size() < capacity_) {
    cells_.emplace_back();
  } else {
    at = oldest_;
    oldest_ = (oldest_ + 1) % static_cast<std::uint32_t>(capacity_);
    if (next_dropped_ == at) next_dropped_ = oldest_;  // the others are of the round before
    forgets = cells_[at].used && is_alive(cells_[at].flow, flow.last);
    if (cells_[at].used) unlink(at);
  }
  if (flow.request != nullptr) {
    while (request_bytes_ + flow.request->size() > kMostBytes) drop_next_request();
    request_bytes_ += flow.request->size();
  }
  cells_[at] = {.flow = std::move(flow), .hash = hash, .next = bucket(hash), .used = true};
  bucket(hash) = at;
  return forgets;
}

void EndedFlows::forget(std::uint64_t hash, const FlowKey& key) {
  const std::uint32_t at = cell_of(hash, key);
  if (at != kNone) unlink(at);
}

void EndedFlows::unlink(std::uint32_t at) {
  std::uint32_t* link = &bucket(cells_[at].hash);
  while (*link != at) link = &cells_[*link].next;
  *link = cells_[at].next;
  cells_[at].used = false;
  drop_request(at);
}

void EndedFlows::drop_request(std::uint32_t at) {
  if (cells_[at].flow.request == nullptr) return;
  request_bytes_ -= cells_[at].flow.request->size();
  EndedFlow& flow = cells_[at].flow;
  flow.request = nullptr;
  flow.lacks_request = flow.protocol != AppProto::failed && !flow.parsing_over && !flow.tcp.closed_by_reset;
}

// Those that were kept first go first; with as many as fill the room the next one is never far.
void EndedFlows::drop_next_request() {
  drop_request(next_dropped_);
  next_dropped_ = (next_dropped_ + 1) % static_cast<std::uint32_t>(cells_.size());
}

std::uint64_t EndedFlows::memory_bytes() const {
  return cells_.capacity() * sizeof(Cell) + buckets_.size() * sizeof(std::uint32_t) + request_bytes_;
}

}  // namespace weir::engine
