#include "decoders/app/ldap/transaction.h"

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using ldap::Attribute;
using ldap::LdapTransaction;
using ldap::Message;
using ldap::Operation;

void write_values(JsonWriter& out, const SlabVector<SlabString>& values) {
  if (values.empty()) return;
  const auto list = out.array("values");
  for (const SlabString& value : values) out.bytes_item(value);
}

void write_attributes(JsonWriter& out, const Message& m, JsonKey type) {
  if (m.attributes.empty()) return;
  const auto list = out.array("attributes");
  for (const Attribute& attribute : m.attributes) {
    const auto object = out.object();
    out.bytes(type, attribute.type);
    write_values(out, attribute.values);
  }
}

void write_bind(JsonWriter& out, const Message& m) {
  out.number("version", m.number);
  out.bytes("name", m.dn);
  if (!m.sasl) return;
  const auto sasl = out.object("sasl");
  out.bytes("mechanism", m.sasl->mechanism);
  if (!m.sasl->credentials.empty()) out.bytes("credentials", m.sasl->credentials);
}

void write_search(JsonWriter& out, const Message& m) {
  out.bytes("base_object", m.dn);
  out.number("scope", m.search->scope);
  out.number("deref_alias", m.search->deref_alias);
  out.number("size_limit", m.search->size_limit);
  out.number("time_limit", m.search->time_limit);
  out.boolean("types_only", m.search->types_only);
  if (m.attributes.empty()) return;
  const auto list = out.array("attributes");
  for (const Attribute& attribute : m.attributes) out.bytes_item(attribute.type);
}

std::string change_name(std::uint8_t change) {
  constexpr std::string_view kNames[] = {"add", "delete", "replace", "increment"};
  return change < std::size(kNames) ? std::string(kNames[change]) : std::to_string(change);
}

void write_modify(JsonWriter& out, const Message& m) {
  out.bytes("object", m.dn);
  if (m.attributes.empty()) return;
  const auto list = out.array("changes");
  for (const Attribute& attribute : m.attributes) {
    const auto change = out.object();
    out.plain("operation", change_name(attribute.change));
    const auto modification = out.object("modification");
    out.bytes("attribute_type", attribute.type);
    if (attribute.values.empty()) continue;
    const auto values = out.array("attribute_values");
    for (const SlabString& value : attribute.values) out.bytes_item(value);
  }
}

void write_rename(JsonWriter& out, const Message& m) {
  out.bytes("entry", m.dn);
  out.bytes("new_rdn", m.rename->new_rdn);
  out.boolean("delete_old_rdn", m.rename->delete_old_rdn);
  if (m.rename->has_superior) out.bytes("new_superior", m.rename->new_superior);
}

void write_compare(JsonWriter& out, const Message& m) {
  out.bytes("entry", m.dn);
  const auto assertion = out.object("attribute_value_assertion");
  out.bytes("description", m.attributes[0].type);
  out.bytes("value", m.attributes[0].values[0]);
}

void write_extended(JsonWriter& out, const Message& m) {
  if (m.has_name) out.bytes("name", m.name);
  if (m.has_value) out.bytes("value", m.value);
}

void write_result(JsonWriter& out, const Message& m) {
  const std::string_view name = ldap::result_name(m.result->code);
  out.plain("result_code", name.empty() ? std::to_string(m.result->code) : std::string(name));
  out.bytes("matched_dn", m.result->matched_dn);
  out.bytes("message", m.result->message);
  if (m.operation == Operation::bind_response) {
    if (m.has_value) out.bytes("server_sasl_creds", m.value);
  } else {
    write_extended(out, m);
  }
}

void write_details(JsonWriter& out, const Message& m) {
  switch (m.operation) {
    case Operation::bind_request: return write_bind(out, m);
    case Operation::search_request: return write_search(out, m);
    case Operation::modify_request: return write_modify(out, m);
    case Operation::add_request: out.bytes("entry", m.dn); return write_attributes(out, m, "name");
    case Operation::search_result_entry:
      out.bytes("base_object", m.dn);
      return write_attributes(out, m, "type");
    case Operation::del_request: return out.bytes("dn", m.dn);
    case Operation::mod_dn_request: return write_rename(out, m);
    case Operation::compare_request: return write_compare(out, m);
    case Operation::abandon_request: return out.number("message_id", m.number);
    case Operation::extended_request:
    case Operation::intermediate_response: return write_extended(out, m);
    default: return write_result(out, m);
  }
}

void write_message(JsonWriter& out, const Message& m) {
  const std::string name{ldap::operation_name(m.operation)};
  out.plain("operation", name);
  out.number("message_id", m.id);
  if (m.operation == Operation::unbind_request || m.operation == Operation::search_result_reference) return;
  const auto details = out.object(JsonKey(name));
  write_details(out, m);
}

class LdapWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<LdapTransaction>(transaction);
    if (!tx.request && tx.responses.empty()) return false;
    const auto object = out.object("ldap");
    if (tx.request) {
      const auto request = out.object("request");
      write_message(out, *tx.request);
    }
    if (tx.responses.empty()) return true;
    const auto list = out.array("responses");
    for (const Message& m : tx.responses) {
      const auto response = out.object();
      write_message(out, m);
    }
    return true;
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<LdapWriter>();
}

}  // namespace

const EveTxLogger eve_ldap{.protocol = AppProto::ldap,
                           .config_name = "ldap",
                           .event_type = "ldap",
                           .progress_to_server = ldap::kComplete,
                           .progress_to_client = ldap::kComplete,
                           .configure = configure};

}  // namespace weir::output
