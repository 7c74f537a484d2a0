// LDAP: operations of both sides, what they are about, and results.
#include "decoders/app/ldap/transaction.h"

#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using ldap::LdapTransaction;
using ldap::Message;
using ldap::Operation;

const LdapTransaction& ldap_tx(const Transaction& tx) {
  return tx_cast<LdapTransaction>(tx);
}

Number request_operation(const Transaction& tx, Direction) {
  const auto& request = ldap_tx(tx).request;
  return request ? Number{static_cast<std::uint64_t>(request->operation)} : Number{};
}
Number response_operation(const Transaction& tx, Direction, std::uint32_t i) {
  const auto& responses = ldap_tx(tx).responses;
  return i < responses.size() ? Number{static_cast<std::uint64_t>(responses[i].operation)} : Number{};
}
Number response_count(const Transaction& tx, Direction) {
  return ldap_tx(tx).response_count;
}

// Number i of the responses that have a result; null behind the last one.
const ldap::Result* nth_result(const Transaction& tx, std::uint32_t i) {
  for (const Message& m : ldap_tx(tx).responses)
    if (m.result && i-- == 0) return &*m.result;
  return nullptr;
}
Number result_code(const Transaction& tx, Direction, std::uint32_t i) {
  const ldap::Result* result = nth_result(tx, i);
  return result != nullptr ? Number{result->code} : Number{};
}
std::optional<BodyView> response_message(const BufferRequest& r) {
  const ldap::Result* result = nth_result(r.tx, r.index);
  return result != nullptr ? whole(std::string_view(result->message)) : std::nullopt;
}

std::optional<BodyView> request_dn(const BufferRequest& r) {
  const auto& request = ldap_tx(r.tx).request;
  if (r.index != 0 || !request) return std::nullopt;
  switch (request->operation) {
    case Operation::unbind_request:
    case Operation::abandon_request:
    case Operation::extended_request: return std::nullopt;
    default: return whole(std::string_view(request->dn));
  }
}
// Of an entry its name, of a result the name that was found.
std::optional<BodyView> response_dn(const BufferRequest& r) {
  std::uint32_t i = r.index;
  for (const Message& m : ldap_tx(r.tx).responses) {
    if (!m.result && m.operation != Operation::search_result_entry) continue;
    if (i-- == 0) return whole(std::string_view(m.result ? m.result->matched_dn : m.dn));
  }
  return std::nullopt;
}

std::optional<BodyView> request_attribute(const BufferRequest& r) {
  const auto& request = ldap_tx(r.tx).request;
  if (!request || r.index >= request->attributes.size()) return std::nullopt;
  return whole(std::string_view(request->attributes[r.index].type));
}
std::optional<BodyView> response_attribute(const BufferRequest& r) {
  std::size_t i = r.index;
  for (const Message& m : ldap_tx(r.tx).responses) {
    if (i < m.attributes.size()) return whole(std::string_view(m.attributes[i].type));
    i -= m.attributes.size();
  }
  return std::nullopt;
}

template <Direction d, TxBufferFunction get>
constexpr auto& kLdap = kOneSide<AppProto::ldap, d, ldap::kComplete, get>;

constexpr BufferSpec kLdapBuffers[] = {
    {.name = "ldap.request.dn",
     .summary = "distinguished name that an LDAP request is about; of a bind, the user",
     .sources = kLdap<Direction::to_server, request_dn>},
    {.name = "ldap.responses.dn",
     .summary = "distinguished name of an entry that LDAP found, or the one that a result names",
     .sources = kLdap<Direction::to_client, response_dn>,
     .multiple = true},
    {.name = "ldap.responses.message",
     .summary = "text of an LDAP result",
     .sources = kLdap<Direction::to_client, response_message>,
     .multiple = true},
    {.name = "ldap.request.attribute_type",
     .summary = "type of an attribute in an LDAP request to search, add, modify or compare",
     .sources = kLdap<Direction::to_server, request_attribute>,
     .multiple = true},
    {.name = "ldap.responses.attribute_type",
     .summary = "type of an attribute of an entry that LDAP found",
     .sources = kLdap<Direction::to_client, response_attribute>,
     .multiple = true},
};

constexpr TxNumber kLdapNumbers[] = {
    {.name = "ldap.request.operation",
     .summary = "operation of an LDAP request, by number or name",
     .protocol = AppProto::ldap,
     .most = UINT8_MAX,
     .progress_to_server = ldap::kComplete,
     .get = request_operation,
     .names = ldap::operation_names},
    {.name = "ldap.responses.operation",
     .summary = "operations of the LDAP responses to a request, by number or name",
     .protocol = AppProto::ldap,
     .most = UINT8_MAX,
     .progress_to_client = ldap::kComplete,
     .nth = response_operation,
     .names = ldap::operation_names},
    {.name = "ldap.responses.result_code",
     .summary = "codes of the results in LDAP responses, by number or name",
     .protocol = AppProto::ldap,
     .most = UINT32_MAX,
     .progress_to_client = ldap::kComplete,
     .nth = result_code,
     .names = ldap::result_names},
    {.name = "ldap.responses.count",
     .summary = "how many LDAP responses a request got",
     .protocol = AppProto::ldap,
     .most = UINT32_MAX,
     .progress_to_client = ldap::kComplete,
     .get = response_count},
};

}  // namespace

const KeywordFile keywords_ldap{.buffers = kLdapBuffers, .tx_numbers = kLdapNumbers};

}  // namespace weir::rules
