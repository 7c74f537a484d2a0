// Files of transactions: what of them goes to the store, and their events.
#include <algorithm>

#include "engine/flow/app_state.h"
#include "engine/flow/detect_state.h"
#include "engine/log/event_head.h"
#include "engine/log/event_log.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

// A file's event comes with a packet of its direction, and not before it is known whether the file is stored.
Written EventLog::transaction_files(const PacketFacts& facts, Transaction& tx, bool over, bool inspected) {
  Written written = Written::everything;
  if (!wants_files_ && store_ == nullptr) return written;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    FileList* files = tx.files(d);
    if (files == nullptr) continue;
    for (const ShownFile& file : *files) {
      if (file->logged) continue;
      if (over && file->state == FileState::open) file->state = FileState::truncated;
      if (store_ != nullptr) store_file(facts, tx, d, *file, inspected);
      if (file->state == FileState::open || file->keeping == FileKeeping::undecided)
        written = std::max(written, Written::not_yet);
      else if (d == facts.direction || over)
        write_file(facts, tx, d, *file);
      else
        written = Written::with_other_packet;
    }
  }
  return written;
}

// Rules decide as long as they look at the transaction; what they have not asked for by then is let go.
void EventLog::store_file(const PacketFacts& facts, const Transaction& tx, Direction d, AppFile& file,
                          bool decided) {
  const FlowDetect* const of_flow = facts.flow->detect.get();
  if (tx.store_files[index(d)] || (of_flow != nullptr && of_flow->store_files[index(d)]))
    file.want();
  else if (decided && file.keeping == FileKeeping::undecided)
    file.stop_keeping(FileKeeping::no);
  if (file.keeping == FileKeeping::wanted && file.state == FileState::open && facts.flow->tcp != nullptr)
    if (const auto depth = store_->stream_depth()) facts.flow->tcp->stream(d).deepen(*depth);
  store_->take(file);
  if (file.stored || file.state == FileState::open || file.keeping != FileKeeping::wanted) return;
  rules::await_turn(turn_);
  store_->admit(file);
}

void EventLog::write_file(const PacketFacts& facts, const Transaction& tx, Direction d, AppFile& file) {
  file.logged = true;
  output::FileRecord record;
  record.head = head_of_flow_packet(*facts.flow, facts.packet, d);
  name_origin(record.head);
  record.head.metadata = metadata_of(facts.flow);
  record.app_proto = facts.flow->app->protocol;
  record.direction = d;
  record.tx = &tx;
  record.file = &file;
  if (!leaves_out(facts.flow)) {
    const Charge charge(*this, facts.flow);
    for (const auto& session : sessions_) session->fileinfo(record);
  }
  if (store_ != nullptr) store_->finish(file, record);
}

}  // namespace weir::engine
