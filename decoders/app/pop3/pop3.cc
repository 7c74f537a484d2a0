#include "decoders/app/pop3/pop3.h"

#include <algorithm>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::pop3 {
namespace {

void raise(Pop3Transaction& tx, Event e) {
  tx.raise(static_cast<std::uint8_t>(e));
}

}  // namespace

void Pop3Transaction::after_detection(Direction d) {
  if (d != Direction::to_client) return;
  mark_inspected(files_);
}

std::size_t Pop3Transaction::held() const {
  std::size_t bytes =
      command.capacity() + header.capacity() + lines.capacity() * sizeof(SlabString) + line_bytes_;
  for (const SlabString& argument : arguments) bytes += sizeof(SlabString) + argument.capacity();
  if (mail != nullptr) bytes += mail->held();
  bytes += held_by(files_);
  return bytes;
}

Pop3Settings Pop3Settings::from(const Settings& s) {
  Pop3Settings out;
  out.mime = mime::MimeSettings::from(s);
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  return out;
}

Pop3Parser::Pop3Parser(const Pop3Settings& settings) : settings_(settings) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome Pop3Parser::parse(const AppInput& in) {
  outcome_ = {};
  Bytes rest = in.data;
  while (outcome_.status == ParseOutcome::Status::ok && !rest.empty() && step(in, rest)) {
  }
  if (in.eof && rest.empty() && in.direction == Direction::to_client) end_of_responses(in);
  if (auto* tx = in.direction == Direction::to_client ? awaited() : nullptr) transactions_.charge(*tx);
  outcome_.consumed = in.data.size() - rest.size();
  return outcome_;
}

// False: more bytes, or the other side's, are needed.
bool Pop3Parser::step(const AppInput& in, Bytes& rest) {
  if (transactions_.batch_full()) {
    outcome_.paused = true;
    return false;
  }
  const bool from_client = in.direction == Direction::to_server;
  if (from_client && waits_for_security(in, rest)) return false;
  if (!from_client && mode_ == Mode::mail) {
    read_mail(in, rest);
    return true;
  }
  const auto line = lines_[index(in.direction)].next(rest, kMaxLine, in.eof);
  if (!line) return false;
  if (from_client)
    on_command(*line);
  else if (mode_ == Mode::lines)
    on_line(*line);
  else
    on_response(*line);
  return true;
}

// What comes behind STLS belongs to TLS if the server agrees.
bool Pop3Parser::waits_for_security(const AppInput& in, Bytes rest) {
  if (security_ && (in.eof || rest.size() >= kMaxBehindSecurity)) security_.reset();
  return security_.has_value();
}

bool Pop3Parser::on_gap(Direction direction, std::uint64_t length) {
  if (direction == Direction::to_server || mode_ != Mode::mail) {
    lines_[index(direction)].resynchronise();
  } else {
    if (mime_) mime_->gap(length);
    dots_.resynchronise();
    return true;
  }
  if (direction == Direction::to_server || mode_ == Mode::lines) return true;
  // Responses are missing. Most clients wait for one before they go on, so that what comes answers the last command.
  while (Pop3Transaction* tx = awaited()) {
    if (tx == transactions_.last()) break;
    complete(*tx);
  }
  return true;
}

void Pop3Parser::on_command(const Line& line) {
  if (authenticates_) {  // a line of AUTH
    authenticates_ = false;
    return;
  }
  std::string_view rest = line.text;
  const std::string_view name = take_word(rest);
  if (name.empty()) return;
  outcome_.flush_stream_inspection = true;
  auto& tx = transactions_.add<Pop3Transaction>();
  const KnownCommand* known = known_command(name);
  tx.command = known != nullptr ? known->name : name;
  std::size_t count = 0;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest), ++count)
    if (count < kMaxArguments) tx.arguments.emplace_back(word);
  if (line.text.size() > kLongCommand || line.is_truncated) raise(tx, Event::request_too_long);
  if (known == nullptr)
    raise(tx, Event::unknown_command);
  else if (count < known->least_arguments || count > known->most_arguments)
    raise(tx, Event::incorrect_argument_count);
  if (known != nullptr) tx.content = known->content;
  if (tx.content == Content::lines_without_args) tx.content = count == 0 ? Content::lines : Content::none;
  if (tx.command == "STLS") security_ = tx.id;
  tx.progress[index(Direction::to_server)] = static_cast<std::uint8_t>(ClientState::command);
  transactions_.charge(tx);
}

// The oldest transaction without a response.
Pop3Transaction* Pop3Parser::awaited() {
  for (; next_response_ < transactions_.next_id(); ++next_response_)
    if (auto* tx = tx_cast<Pop3Transaction>(transactions_.find(next_response_))) return tx;
  return nullptr;
}

Pop3Transaction& Pop3Parser::answered() {
  if (Pop3Transaction* tx = awaited()) return *tx;
  next_response_ = transactions_.next_id();
  return transactions_.add<Pop3Transaction>();
}

void Pop3Parser::on_response(const Line& line) {
  const Response response = parse_response(line.text);
  if (response.kind == Response::Kind::none) return;
  Pop3Transaction& tx = answered();
  if (line.text.size() > kLongResponse || line.is_truncated) raise(tx, Event::response_too_long);
  if (response.kind == Response::Kind::go_on) {
    authenticates_ = true;
    return;
  }
  authenticates_ = false;
  tx.succeeded = response.kind == Response::Kind::ok;
  tx.header = response.text;
  if (security_ == tx.id) {
    security_.reset();
    outcome_.wakes_other = !*tx.succeeded;
    if (*tx.succeeded) {
      outcome_.status = ParseOutcome::Status::change;
      outcome_.next_protocol = AppProto::tls;
      outcome_.check_next = true;
    }
  }
  begin_content(tx);
}

void Pop3Parser::begin_content(Pop3Transaction& tx) {
  if (!*tx.succeeded || tx.content == Content::none) return complete(tx);
  if (tx.content == Content::lines) {
    mode_ = Mode::lines;
    return;
  }
  mode_ = Mode::mail;
  dots_.begin();
  if (!settings_.mime.decode) return;
  tx.mail = std::make_unique<mime::Mail>();
  mime_ = std::make_unique<mime::MimeParser>(settings_.mime,
                                             mime::MimeParser::Wishes{.body_md5 = settings_.mime.body_md5});
}

// RFC 1939, 3: a line that begins with a dot has one more in front of it.
void Pop3Parser::on_line(const Line& line) {
  Pop3Transaction& tx = answered();
  if (line.text != ".") return tx.add_line(line.text.substr(line.text.starts_with('.') ? 1 : 0));
  mode_ = Mode::responses;
  complete(tx);
}

mime::MailSink Pop3Parser::sink(Pop3Transaction& tx, const AppInput& in) {
  return {*tx.mail,
          *tx.files(Direction::to_client),
          files_,
          {.time = in.time, .wanted = in.requested->files, .at_once = in.requested->at_once}};
}

void Pop3Parser::read_mail(const AppInput& in, Bytes& rest) {
  Pop3Transaction& tx = answered();
  while (!rest.empty()) {
    const mime::DotReader::Part part = dots_.next(rest);
    if (!part.content.empty() && mime_ && tx.mail) mime_->data(part.content, sink(tx, in));
    if (part.ended) return end_mail(tx.content == Content::mail, in);
  }
}

// `whole`: all of it has come.
void Pop3Parser::end_mail(bool whole, const AppInput& in) {
  Pop3Transaction& tx = answered();
  if (mime_ && tx.mail) mime_->finish(whole, sink(tx, in));
  mime_.reset();
  mode_ = Mode::responses;
  complete(tx);
}

// What has no response by now gets none.
void Pop3Parser::end_of_responses(const AppInput& in) {
  if (mode_ == Mode::mail) end_mail(false, in);
  mode_ = Mode::responses;
  while (Pop3Transaction* tx = awaited()) complete(*tx);
}

void Pop3Parser::complete(Pop3Transaction& tx) {
  tx.progress = {static_cast<std::uint8_t>(ClientState::complete),
                 static_cast<std::uint8_t>(ServerState::complete)};
  next_response_ = tx.id + 1;
  outcome_.flush_stream_inspection = true;
  transactions_.charge(tx);
}

}  // namespace weir::pop3
