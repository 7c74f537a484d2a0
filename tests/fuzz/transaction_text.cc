#include "tests/fuzz/transaction_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "decoders/app/http/transaction.h"
#include "decoders/app/protocol.h"
#include "output/eve_tx.h"
#include "rules/compile/keyword_table.h"
#include "tests/fuzz/targets.h"
#include "tests/output/fake_settings.h"

namespace weir::fuzz {
namespace {

constexpr std::uint32_t kMostInstances = 4096;  // of one buffer

// All that sticky keywords select.
std::vector<const rules::BufferSpec*> find_buffers() {
  std::vector<const rules::BufferSpec*> out;
  for (const rules::KeywordSpec& keyword : rules::all_keywords())
    if (const auto* selects = std::get_if<rules::KeywordSpec::Selects>(&keyword.how))
      out.push_back(selects->buffer);
  return out;
}

std::string printable(Bytes bytes) {
  std::string out;
  for (const std::uint8_t b : bytes)
    if (b >= 0x20 && b < 0x7f && b != '\\')
      out.push_back(static_cast<char>(b));
    else
      out += fmt::format("\\x{:02x}", b);
  return out;
}
std::string printable(std::string_view text) {
  return printable(Bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void add_source(std::string& out, const rules::BufferSpec& buffer, const rules::BufferSource& source,
                const Transaction& tx) {
  rules::BufferArena arena;
  for (std::uint32_t i = 0; i < (buffer.multiple ? kMostInstances : 1U); ++i) {
    const auto view = source.get({tx, source.direction, i, arena});
    if (!view) return;
    out += fmt::format("  {} {} [{}]: {} {} {}\n", buffer.name, index(source.direction), i, view->offset,
                       view->complete, printable(view->data));
  }
}

void add_buffers(std::string& out, AppProto protocol, const Transaction& tx) {
  static const std::vector<const rules::BufferSpec*> buffers = find_buffers();
  for (const rules::BufferSpec* buffer : buffers)
    for (const rules::BufferSource& source : buffer->sources)
      if (source.protocol == protocol && tx.progress[index(source.direction)] >= source.progress)
        add_source(out, *buffer, source, tx);
}

void add_files(std::string& out, Transaction& tx) {
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    const FileList* files = tx.files(d);
    if (files == nullptr) continue;
    for (const auto& f : *files)
      out += fmt::format("  file {} {}: {} size {} range {}-{} state {} gaps {} hashes {} {} {}\n", index(d),
                         f->id, printable(std::string_view(f->name)), f->size, f->start, f->end,
                         static_cast<int>(f->state), f->has_gaps, printable(std::string_view(f->md5)),
                         printable(std::string_view(f->sha1)), printable(std::string_view(f->sha256)));
  }
}

struct Writer {
  AppProto protocol;
  std::unique_ptr<const output::EveTxWriter> writer;
};

std::vector<Writer> make_writers() {
  static const FakeSettings settings{{"extended", "yes"}, {"dump-all-headers", "both"}};
  std::vector<Writer> out;
  for (const output::EveTxLogger* logger : output::all_tx_loggers())
    out.push_back({logger->protocol, logger->configure(settings)});
  return out;
}

void add_events(std::string& out, AppProto protocol, const Transaction& tx) {
  static const std::vector<Writer> writers = make_writers();
  for (const Writer& w : writers) {
    if (w.protocol != protocol) continue;
    output::JsonWriter json;
    {
      const auto event = json.object();
      (void)w.writer->write(json, tx);
    }
    must_be_json(json.text());
    out += fmt::format("  {}\n", json.text());
  }
}

// Events that say of bytes that they came together with others: what they are taken for depends on it, and has to, as nobody
// can wait for what may never come.
constexpr std::array<std::string_view, 1> kSegmentEvents{"too_many_records_in_packet"};

std::string_view event_name(AppProto protocol, const AppEvent& event) {
  return protocol_info(protocol).events[event.code].rule;
}

}  // namespace

bool depends_on_segments(AppProto protocol, TransactionList& transactions) {
  for (const Transaction* tx = transactions.first(); tx != nullptr; tx = TransactionList::next(*tx)) {
    if (const auto* http = tx_cast<http::HttpTransaction>(tx); http != nullptr && http->line_ends_behind)
      return true;
    for (const AppEvent& event : tx->events)
      if (std::find(kSegmentEvents.begin(), kSegmentEvents.end(), event_name(protocol, event)) !=
          kSegmentEvents.end())
        return true;
  }
  return false;
}

std::string transactions_text(AppProto protocol, TransactionList& transactions) {
  std::string out;
  for (Transaction* tx = transactions.first(); tx != nullptr; tx = TransactionList::next(*tx)) {
    out += fmt::format("transaction {} progress {} {}\n", tx->id, tx->progress[0], tx->progress[1]);
    for (const AppEvent& event : tx->events) out += fmt::format("  event {}\n", event_name(protocol, event));
    add_files(out, *tx);
    add_buffers(out, protocol, *tx);
    add_events(out, protocol, *tx);
  }
  return out;
}

}  // namespace weir::fuzz
