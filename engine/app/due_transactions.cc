#include "engine/app/due_transactions.h"

#include "decoders/app/protocol.h"
#include "engine/flow/app_state.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

constexpr std::array kBoth{Direction::to_server, Direction::to_client};

// Beyond the depth nothing is parsed, so that nothing of this side will come to be inspected either.
bool is_cut(const Flow& flow, Direction d) {
  return flow.tcp != nullptr && flow.tcp->stream(d).depth_reached();
}

// What rules said of the one before it says nothing of it.
void begin_message(Flow& flow) {
  flow.app->said.clear();
  if (flow.tcp == nullptr) return;
  for (const Direction d : kBoth) flow.tcp->stream(d).begin_message();
}

// What is left to be done with a transaction.
enum class Left : std::uint8_t { nothing, without_parser, something };

Left settle(const Flow& flow, Transaction& tx, bool over, bool flow_ends, TransactionUser& user) {
  const ProtocolInfo& info = protocol_info(tx.protocol());
  DueTransaction due{.tx = tx, .progress = tx.progress, .over = over, .flow_ends = flow_ends};
  bool is_complete = true, inspected = true;
  for (const Direction d : kBoth) {
    const std::uint8_t last = info.complete(d);
    const bool cut = is_cut(flow, d);
    if (cut || tx.ended() || tx.only_direction.value_or(d) != d) due.progress[index(d)] = last;
    is_complete = is_complete && due.progress[index(d)] >= last;
    inspected = inspected && (cut || user.has_inspected(tx, d));
  }
  inspected = inspected || (tx.ended() && flow.app->parser->transactions().full());
  is_complete = is_complete || over;
  due.inspected = inspected;
  const Written written = user.write(due);
  if (is_complete && inspected && written == Written::everything) return Left::nothing;
  return is_complete || written == Written::with_other_packet ? Left::without_parser : Left::something;
}

}  // namespace

void settle_transactions(Flow& flow, bool last_of_flow, TransactionUser& user) {
  AppLayer* const app = flow.app.get();
  if (app == nullptr || app->parser == nullptr || app->parser->transactions().empty()) return;
  const bool ends = last_of_flow || app->change_pending || (app->eof[0] && app->eof[1]);
  const bool over = ends && !app->paused;
  if (!app->parsed_now && !app->release_pending && !over) return;
  TransactionList& list = app->parser->transactions();
  app->release_pending = false;
  Transaction* next = nullptr;
  for (Transaction* tx = list.first(); tx != nullptr; tx = next) {
    next = TransactionList::next(*tx);
    const Left left = settle(flow, *tx, over, last_of_flow, user);
    if (left == Left::nothing) list.release(tx->id);
    if (left == Left::without_parser) app->release_pending = true;
  }
  if (list.empty()) begin_message(flow);
}

}  // namespace weir::engine
