// EVE's mdns events: requests and responses of multicast DNS.
#include <algorithm>
#include <array>

#include "decoders/app/dns/dns.h"
#include "decoders/app/dns/types.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "output/eve/dns_fields.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using dns::Message;
using dns::Record;

void write_flag_list(JsonWriter& out, const dns::Header& h) {
  const std::size_t before = out.mark();
  {
    const auto list = out.array("flags");
    if (h.authoritative()) out.string("aa");
    if (h.truncated()) out.string("tc");
    if (h.recursion_desired()) out.string("rd");
    if (h.recursion_available()) out.string("ra");
    if (h.reserved()) out.string("z");
    if (h.authentic_data()) out.string("ad");
    if (h.checking_disabled()) out.string("cd");
  }
  out.drop_if_empty(before);
}

void write_lower_rrtype(JsonWriter& out, std::uint16_t type) {
  char digits[8];
  std::array<char, 16> lower{};
  const std::string_view name = rrtype_text(type, digits);
  std::transform(name.begin(), name.end(), lower.begin(), to_lower<char>);
  out.string("rrtype", {lower.data(), name.size()});
}

void write_questions(JsonWriter& out, const Message& m) {
  if (m.questions.empty()) return;
  const auto list = out.array("queries");
  for (const dns::Question& q : m.questions) {
    const auto item = out.object();
    write_rrname(out, m, q.name);
    write_lower_rrtype(out, q.type);
  }
}

void write_data(JsonWriter& out, const Message& m, const Record& r) {
  if (const auto* name = std::get_if<dns::Name>(&r.data); name != nullptr && r.type == dns::type_ptr) {
    out.bytes("ptr", m.view(*name));
  } else if (const auto* txt = std::get_if<dns::TxtStrings>(&r.data); txt != nullptr && txt->count != 0) {
    const auto list = out.array("txt");
    for (std::uint32_t i = 0; i < txt->count; ++i) out.bytes_item(m.view(m.strings[txt->first + i]));
  }
}

void write_section(JsonWriter& out, JsonKey key, const Message& m, const SlabVector<Record>& records,
                   bool with_data) {
  if (records.empty()) return;
  const auto list = out.array(key);
  for (const Record& r : records) {
    const auto item = out.object();
    write_rrname(out, m, r.name);
    if (with_data) write_data(out, m, r);
  }
}

class MdnsWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<dns::DnsTransaction>(transaction);
    if (!tx.valid) return false;
    const Message& m = tx.message;
    const auto object = out.object("mdns");
    out.string("type", m.header.is_response() ? "response" : "request");
    if (m.header.id != 0) out.number("id", m.header.id);
    write_flag_list(out, m.header);
    if (m.header.opcode() != 0) out.number("opcode", m.header.opcode());
    if (m.header.rcode() != 0) out.number("rcode", m.header.rcode());
    write_questions(out, m);
    write_section(out, "answers", m, m.answers, true);
    write_section(out, "authorities", m, m.authorities, false);
    write_section(out, "additionals", m, m.additionals, true);
    return true;
  }
  Direction direction(const Transaction& tx) const override {
    return tx_cast<dns::DnsTransaction>(tx).direction();
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<MdnsWriter>();
}

}  // namespace

const EveTxLogger eve_mdns{.protocol = AppProto::mdns,
                           .config_name = "mdns",
                           .event_type = "mdns",
                           .progress_to_server = dns::kComplete,
                           .progress_to_client = dns::kComplete,
                           .configure = configure};

}  // namespace weir::output
