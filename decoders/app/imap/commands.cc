// The part of ImapParser that takes what the client says.
#include "decoders/app/imap/imap.h"
#include "decoders/text.h"

namespace weir::imap {
namespace {

void add_words(ImapTransaction& tx, std::string_view text) {
  for (std::string_view word = take_word(text); !word.empty() && tx.arguments.size() < kMaxArguments;
       word = take_word(text))
    tx.add_argument(word);
}

}  // namespace

void ImapParser::on_client_line(const Line& line) {
  Side& side = sides_[index(Direction::to_server)];
  const bool begins = side.place == Place::line;
  if (begins && is_no_command(line.text)) return;
  const auto literal = line.is_truncated ? std::nullopt : literal_at_end(line.text);
  const std::string_view text = literal ? literal->line : line.text;
  if (begins) begin_command(text);
  side.place = Place::line;
  auto* const tx = command_ ? tx_cast<ImapTransaction>(transactions_.find(*command_)) : nullptr;
  if (tx == nullptr) return;
  if (!begins) add_words(*tx, text);
  if (line.is_truncated) tx->raise(static_cast<std::uint8_t>(Event::line_too_long));
  if (!literal) return end_command(*tx);
  begin_literal(Direction::to_server, literal->bytes);
  literal_waits_ = literal->waits;
  if (tx->command != "APPEND") return;
  begin_mail(Direction::to_server, tx->mail == nullptr ? *tx : mail_of_its_own(tx), true);
}

// A line of AUTHENTICATE, or the end of IDLE.
bool ImapParser::is_no_command(std::string_view text) {
  if (authenticates_) {
    authenticates_ = false;
    return true;
  }
  return trim(text).empty() || equals_nocase(trim(text), "DONE");
}

void ImapParser::begin_command(std::string_view text) {
  const std::string_view tag = take_word(text);
  const std::string_view name = take_word(text);
  auto& tx = transactions_.add<ImapTransaction>();
  command_ = tx.id;
  tx.tag = tag.substr(0, kMaxTag);
  tx.command = name.substr(0, kMaxTag);
  if (is_known_command(name))
    for (char& c : tx.command)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  add_words(tx, text);
  transactions_.charge(tx);
}

void ImapParser::end_command(ImapTransaction& tx) {
  command_.reset();
  outcome_.flush_stream_inspection = true;
  if (tx.command == "STARTTLS") security_ = tx.id;
  if (!tx.is_complete())
    tx.progress[index(Direction::to_server)] = static_cast<std::uint8_t>(ClientState::command);
  transactions_.charge(tx);
}

}  // namespace weir::imap
