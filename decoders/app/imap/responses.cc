// The part of ImapParser that takes what the server says.
#include <utility>

#include "decoders/app/imap/imap.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::imap {

void ImapParser::on_server_line(const Line& line) {
  Side& side = sides_[index(Direction::to_client)];
  const bool begins = side.place == Place::line;
  side.place = Place::line;
  if (!begins) return response_literal(line);
  if (line.text.empty()) return;
  const Response response = parse_response(line.text);
  if (ImapTransaction* tx = line.is_truncated ? oldest_open() : nullptr)
    tx->raise(static_cast<std::uint8_t>(Event::line_too_long));
  switch (response.kind) {
    case Response::Kind::go_on: return on_go_on();
    case Response::Kind::untagged: return on_untagged(response, line);
    case Response::Kind::tagged: return on_tagged(response);
    case Response::Kind::none:
      if (ImapTransaction* tx = oldest_open()) tx->raise(static_cast<std::uint8_t>(Event::invalid_response));
      return;
  }
}

// A literal may stand at its end, and a mail in it.
void ImapParser::response_literal(const Line& line) {
  const auto literal = line.is_truncated ? std::nullopt : literal_at_end(line.text);
  if (!literal) return;
  begin_literal(Direction::to_client, literal->bytes);
  const Content content = content_of(literal->item);
  if (content == Content::other) return;
  auto& tx = mail_of_its_own(oldest_open());
  tx.command = "FETCH";
  tx.add_argument(literal->item);
  begin_mail(Direction::to_client, tx, content == Content::mail);
  transactions_.charge(tx);
}

void ImapParser::on_untagged(const Response& response, const Line& line) {
  ImapTransaction* const asked = oldest_open();
  if (asked != nullptr) {
    const auto literal = literal_at_end(line.text);
    asked->add_line(trim((literal ? literal->line : line.text).substr(1)));
    transactions_.charge(*asked);
    return response_literal(line);
  }
  auto& tx = transactions_.add<ImapTransaction>();
  tx.status = response.status;
  tx.text = response.text.substr(0, kMaxBytes);
  complete(tx);
  response_literal(line);
}

void ImapParser::on_tagged(const Response& response) {
  ImapTransaction* const tx = open_with_tag(response.tag);
  if (tx == nullptr) {
    auto& stray = transactions_.add<ImapTransaction>();
    stray.raise(static_cast<std::uint8_t>(Event::invalid_response));
    return complete(stray);
  }
  tx->status = response.status;
  tx->text = response.text.substr(0, kMaxBytes);
  const bool agreed = equals_nocase(response.status, "OK");
  // The literal that waited does not come.
  if (command_ == tx->id && std::exchange(literal_waits_, false)) {
    end_literal({.direction = Direction::to_server}, false);
    sides_[index(Direction::to_server)].place = Place::line;
    command_.reset();
    outcome_.wakes_other = true;
  }
  authenticates_ = false;
  if (agreed && tx->command == "COMPRESS") compressed_ = true;
  const bool is_security = security_ == tx->id;
  complete(*tx);
  if (!is_security) return;
  security_.reset();
  outcome_.wakes_other = !agreed;
  if (!agreed) return;
  outcome_.status = ParseOutcome::Status::change;
  outcome_.next_protocol = AppProto::tls;
  outcome_.check_next = true;
}

void ImapParser::on_go_on() {
  if (std::exchange(literal_waits_, false)) {
    outcome_.wakes_other = true;
    return;
  }
  const ImapTransaction* const asked = oldest_open();
  authenticates_ = asked != nullptr && asked->command == "AUTHENTICATE";
}

// Costs as many steps as there are transactions at one time (max-tx), most often one.
ImapTransaction* ImapParser::open_with_tag(std::string_view tag) {
  for (Transaction* t = oldest_open(); t != nullptr; t = TransactionList::next(*t)) {
    auto* const tx = tx_cast<ImapTransaction>(t);
    if (tx != nullptr && !tx->is_complete() && std::string_view(tx->tag) == tag.substr(0, kMaxTag)) return tx;
  }
  return nullptr;
}

// The command that is being answered, if none is answered out of turn.
ImapTransaction* ImapParser::oldest_open() {
  for (; next_open_ < transactions_.next_id(); ++next_open_) {
    auto* const tx = tx_cast<ImapTransaction>(transactions_.find(next_open_));
    if (tx != nullptr && !tx->is_complete() && !tx->ended()) return tx;
  }
  return nullptr;
}

}  // namespace weir::imap
