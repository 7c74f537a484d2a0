// Kerberos: the type of a message, whose names it has, errors and encryption.
#include "decoders/app/krb5/krb5.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using krb5::Krb5Transaction;
using krb5::Message;

// Null: the side has sent none, or a malformed one.
const Message* krb5_message(const Transaction& transaction, Direction d) {
  const auto& tx = tx_cast<Krb5Transaction>(transaction);
  return tx.direction() == d && tx.message ? &*tx.message : nullptr;
}

Number message_type(const Transaction& tx, Direction d) {
  const Message* m = krb5_message(tx, d);
  return m == nullptr ? Number{} : static_cast<std::uint64_t>(m->type);
}
Number error_code(const Transaction& tx, Direction d) {
  const Message* m = krb5_message(tx, d);
  return m == nullptr || !m->error ? Number{} : static_cast<std::uint32_t>(*m->error);
}

template <krb5::Name Message::*name>
std::optional<BodyView> name_part(const BufferRequest& r) {
  const Message* m = krb5_message(r.tx, r.direction);
  if (m == nullptr || r.index >= (m->*name).size()) return std::nullopt;
  return whole(std::string_view((m->*name)[r.index]));
}

class TicketEncryptionCheck final : public TxCheck {
 public:
  bool negated = false, weak = false;
  std::vector<std::int32_t> any_of;

  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const Message* m = krb5_message(tx, d);
    if (m == nullptr || !m->ticket_encryption) return false;
    const std::int32_t type = *m->ticket_encryption;
    const bool found =
        weak ? krb5::is_weak(type) : std::find(any_of.begin(), any_of.end(), type) != any_of.end();
    return found != negated;
  }
};

Parsed<std::int32_t> parse_encryption(std::string_view text) {
  if (const auto named = krb5::encryption_by_name(text)) return *named;
  if (const auto number = parse_number<std::int32_t>(text)) return *number;
  return refuse("is no type of encryption, neither a number nor a name", text);
}

// "weak", or a list with commas or blanks; "!" in front of all of it.
Compiled compile_ticket_encryption(RuleBuilder& rule, std::string_view argument) {
  auto check = std::make_shared<TicketEncryptionCheck>();
  std::string_view text = trim(unquote_if_quoted(argument));
  check->negated = take_negation(text);
  if (text == "weak") {
    check->weak = true;
  } else {
    for (const std::string_view item : split(text, ','))
      for (std::string_view rest = item;;) {
        const auto type = parse_encryption(take_word(rest));
        if (!type) return tl::unexpected(type.error());
        check->any_of.push_back(*type);
        if (rest.empty()) break;
      }
    if (check->any_of.empty()) return refuse("needs weak, or types of encryption");
  }
  return rule.add_tx_check({.protocol = AppProto::krb5,
                            .progress_to_server = krb5::kComplete,
                            .progress_to_client = krb5::kComplete,
                            .check = std::move(check)});
}

template <TxBufferFunction get>
constexpr auto& kName = kBothSides<AppProto::krb5, krb5::kComplete, krb5::kComplete, get>;

constexpr BufferSpec kKrb5Buffers[] = {
    {.name = "krb5.cname",
     .summary = "a part of the client's name in a Kerberos message",
     .alias = "krb5_cname",
     .sources = kName<name_part<&Message::client>>,
     .multiple = true},
    {.name = "krb5.sname",
     .summary = "a part of the server's name in a Kerberos message; in a reply that of the ticket",
     .alias = "krb5_sname",
     .sources = kName<name_part<&Message::server>>,
     .multiple = true},
};

constexpr TxNumber kKrb5Numbers[] = {
    {.name = "krb5_msg_type",
     .summary = "type of a Kerberos message: 10 and 11 (AS), 12 and 13 (TGS), 30 (error)",
     .protocol = AppProto::krb5,
     .most = UINT32_MAX,
     .progress_to_server = krb5::kComplete,
     .progress_to_client = krb5::kComplete,
     .get = message_type},
    {.name = "krb5_err_code",
     .summary = "code of a Kerberos error",
     .protocol = AppProto::krb5,
     .most = UINT32_MAX,
     .progress_to_server = krb5::kComplete,
     .progress_to_client = krb5::kComplete,
     .get = error_code},
};

constexpr KeywordSpec kKrb5Keywords[] = {
    {.name = "krb5.ticket_encryption",
     .how = compile_ticket_encryption,
     .summary = "how the ticket in a Kerberos reply is encrypted: weak, or a list of names and numbers, or ! "
                "and one of these"},
};

}  // namespace

const KeywordFile keywords_krb5{
    .keywords = kKrb5Keywords, .buffers = kKrb5Buffers, .tx_numbers = kKrb5Numbers};

}  // namespace weir::rules
