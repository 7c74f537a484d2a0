// The part of SmtpParser that takes what the server says.
#include <utility>

#include "decoders/app/smtp/smtp.h"
#include "decoders/text.h"

namespace weir::smtp {
namespace {

constexpr unsigned kReady = 220, kClosing = 421, kGoOn = 334, kSendData = 354;

}  // namespace

void SmtpParser::on_reply_line(const Line& line) {
  if (line.text.empty()) return;
  if (line.is_truncated) {
    raise(Event::truncated_line);
    raise(Event::max_reply_line_len_exceeded);
  }
  if (is_other_) return;
  const auto reply = parse_reply(line.text);
  if (!reply || reply->code < 200 || reply->code > 599) raise(Event::invalid_reply);
  is_other_ = !reply;
  if (is_other_) return;
  std::string_view text = reply->text;
  if (equals_nocase(take_word(text), "SIZE")) most_bytes_ = parse_number<std::uint64_t>(text).value_or(0);
  if (reply->continues) return;
  if (!std::exchange(greeted_, true)) return on_greeting(*reply);
  on_reply(*reply);
}

// The first reply belongs to no command (RFC 5321, 3.1), unless the greeting has not been seen.
void SmtpParser::on_greeting(const Reply& reply) {
  if (reply.code == kReady || reply.code == kClosing || reply.code >= 500) return;
  raise(Event::no_server_welcome_message);
  on_reply(reply);
}

void SmtpParser::on_reply(const Reply& reply) {
  // Its end was among the bytes that are missing.
  if (in_mail_ && has_gap_ && mode_ == Mode::data) {
    end_mail(false, {});
    outcome_.wakes_other = true;
  }
  if (lost_track_) return on_stray_reply(reply);
  const auto kind = awaited();
  if (!kind) {
    // Servers say of themselves that something is wrong, or that they have waited long enough.
    if (reply.code < 400) raise(Event::unable_to_match_reply_with_request);
    return;
  }
  authenticates_ = *kind == CommandKind::auth && reply.code == kGoOn;
  if (authenticates_) return;
  // Those that are answered go, all together now and then.
  if (++first_awaited_ == awaited_.size() || first_awaited_ == kMaxAwaited) {
    awaited_.erase(awaited_.begin(), awaited_.begin() + static_cast<std::ptrdiff_t>(first_awaited_));
    first_awaited_ = 0;
  }
  answer(*kind, reply);
}

// It can be the answer that is waited for only when it says the one or the other.
void SmtpParser::on_stray_reply(const Reply& reply) {
  authenticates_ = reply.code == kGoOn;
  const bool for_data = waits_ == Waits::for_data;
  if (waits_ == Waits::no || (reply.code != (for_data ? kSendData : kReady) && reply.code < 400)) return;
  answer(for_data ? CommandKind::data : CommandKind::starttls, reply);
}

void SmtpParser::answer(CommandKind kind, const Reply& reply) {
  switch (kind) {
    case CommandKind::data:
      if (waits_ != Waits::for_data) return;
      waits_ = Waits::no;
      outcome_.wakes_other = true;
      if (reply.code != kSendData) return raise(Event::data_command_rejected);
      if (sent_behind_) raise(Event::invalid_pipelined_sequence);
      await_reply(CommandKind::message);
      return begin_data();
    case CommandKind::starttls:
      if (waits_ != Waits::for_tls) return;
      waits_ = Waits::no;
      outcome_.wakes_other = sent_behind_;
      if (reply.code != kReady) return raise(Event::tls_rejected);
      // What the client has sent already is looked at: it may be no TLS.
      if (sent_behind_)
        tls_follows_ = true;
      else
        change_to_tls();
      return;
    case CommandKind::rset:
      if (!resets_) return;
      if (reply.code < 300) return reset();
      resets_ = false;
      return;
    case CommandKind::xclient:
      if (reply.code != kReady) return;
      helo_.reset();
      if (SmtpTransaction* t = existing(); t != nullptr && !in_mail_ && !t->is_complete()) complete(*t);
      return;
    default: return;
  }
}

std::optional<CommandKind> SmtpParser::awaited() {
  if (first_awaited_ < awaited_.size()) return awaited_[first_awaited_];
  return std::nullopt;
}

// Which command a reply belongs to cannot be told any more. What waits for one is taken to be agreed to.
void SmtpParser::lose_track() {
  lost_track_ = true;
  authenticates_ = false;
  awaited_.clear();
  first_awaited_ = 0;
  if (resets_) reset();
  if (waits_ == Waits::for_data) begin_data();
  if (waits_ == Waits::for_tls) tls_follows_ = true;
  waits_ = Waits::no;
}

}  // namespace weir::smtp
