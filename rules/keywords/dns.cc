// DNS and multicast DNS: names in each section of a message, and its numbers.
//
// dns.query looks at requests only; the others at requests and responses, unless they name one of them.
#include "decoders/app/dns/dns.h"
#include "decoders/app/dns/types.h"
#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using dns::DnsTransaction;
using dns::Message;
using dns::Name;
using dns::Record;

const DnsTransaction* readable(const Transaction& transaction, Direction d) {
  const auto& tx = tx_cast<DnsTransaction>(transaction);
  return tx.valid && tx.direction() == d ? &tx : nullptr;
}

template <auto section>
std::optional<BodyView> rrname(const BufferRequest& r) {
  const DnsTransaction* tx = readable(r.tx, r.direction);
  if (tx == nullptr || r.index >= (tx->message.*section).size()) return std::nullopt;
  return whole(tx->message.view((tx->message.*section)[r.index].name));
}

// The n-th name in a record's data, or its owner's name again when there is none: so every record has the
// same number of instances, and any of them is found without walking.
const Name& name_in_data(const Record& record, std::size_t n) {
  if (const auto* name = std::get_if<Name>(&record.data)) return n == 0 ? *name : record.name;
  if (const auto* soa = std::get_if<dns::Soa>(&record.data)) return n == 0 ? soa->mname : soa->rname;
  if (const auto* srv = std::get_if<dns::Srv>(&record.data)) return n == 0 ? srv->target : record.name;
  return record.name;
}

constexpr std::size_t kNamesPerRecord = 3;  // its own, and up to two in its data

// Every name in a response: questions, and each record's own name and those in its data.
std::optional<BodyView> any_response_name(const BufferRequest& r) {
  const DnsTransaction* tx = readable(r.tx, r.direction);
  if (tx == nullptr || !tx->message.header.is_response()) return std::nullopt;
  const Message& m = tx->message;
  std::size_t i = r.index;
  if (i < m.questions.size()) return whole(m.view(m.questions[i].name));
  i -= m.questions.size();
  for (const auto* section : {&m.answers, &m.authorities, &m.additionals}) {
    const std::size_t names = section->size() * kNamesPerRecord;
    if (i < names) {
      const Record& record = (*section)[i / kNamesPerRecord];
      const std::size_t which = i % kNamesPerRecord;
      return whole(m.view(which == 0 ? record.name : name_in_data(record, which - 1)));
    }
    i -= names;
  }
  return std::nullopt;
}

template <AppProto protocol, TxBufferFunction get>
constexpr auto& kBoth = kBothSides<protocol, dns::kComplete, dns::kComplete, get>;

constexpr TxBufferFunction kQuestions = rrname<&Message::questions>;
constexpr TxBufferFunction kAnswers = rrname<&Message::answers>;
constexpr TxBufferFunction kAuthorities = rrname<&Message::authorities>;
constexpr TxBufferFunction kAdditionals = rrname<&Message::additionals>;

constexpr ValueForm kNames{.dotted_name = true};

constexpr BufferSpec kDnsBuffers[] = {
    {.name = "dns.query",
     .summary = "names asked for in DNS requests",
     .alias = "dns_query",
     .sources = kOneSide<AppProto::dns, Direction::to_server, dns::kComplete, kQuestions>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.query.name",
     .summary = "names in the question section",
     .sources = kBoth<AppProto::dns, kQuestions>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.answer.name",
     .summary = "names of answer records",
     .sources = kBoth<AppProto::dns, kAnswers>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.queries.rrname",
     .summary = "names in the question section",
     .sources = kBoth<AppProto::dns, kQuestions>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.answers.rrname",
     .summary = "names of answer records",
     .sources = kBoth<AppProto::dns, kAnswers>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.authorities.rrname",
     .summary = "names of authority records",
     .sources = kBoth<AppProto::dns, kAuthorities>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.additionals.rrname",
     .summary = "names of additional records",
     .sources = kBoth<AppProto::dns, kAdditionals>,
     .multiple = true,
     .form = &kNames},
    {.name = "dns.response.rrname",
     .summary = "every name in a response, those in record data too",
     .sources = kOneSide<AppProto::dns, Direction::to_client, dns::kComplete, any_response_name>,
     .multiple = true,
     .form = &kNames},
    {.name = "mdns.queries.rrname",
     .summary = "multicast DNS: names in the question section",
     .sources = kBoth<AppProto::mdns, kQuestions>,
     .multiple = true,
     .form = &kNames},
    {.name = "mdns.answers.rrname",
     .summary = "multicast DNS: names of answer records",
     .sources = kBoth<AppProto::mdns, kAnswers>,
     .multiple = true,
     .form = &kNames},
    {.name = "mdns.authorities.rrname",
     .summary = "multicast DNS: names of authority records",
     .sources = kBoth<AppProto::mdns, kAuthorities>,
     .multiple = true,
     .form = &kNames},
    {.name = "mdns.additionals.rrname",
     .summary = "multicast DNS: names of additional records",
     .sources = kBoth<AppProto::mdns, kAdditionals>,
     .multiple = true,
     .form = &kNames},
    {.name = "mdns.response.rrname",
     .summary = "multicast DNS: every name in a response",
     .sources = kBoth<AppProto::mdns, any_response_name>,
     .multiple = true,
     .form = &kNames},
};

Number opcode(const Transaction& transaction, Direction d) {
  const DnsTransaction* tx = readable(transaction, d);
  return tx == nullptr ? Number{} : tx->message.header.opcode();
}
Number rcode(const Transaction& transaction, Direction d) {
  const DnsTransaction* tx = readable(transaction, d);
  return tx == nullptr ? Number{} : tx->message.header.rcode();
}

// What a request asks for, or what a response answers with.
Number rrtype(const Transaction& transaction, Direction d, std::uint32_t n) {
  const DnsTransaction* tx = readable(transaction, d);
  if (tx == nullptr) return {};
  const auto type_in = [n](const auto& section) {
    return n < section.size() ? Number{section[n].type} : Number{};
  };
  return d == Direction::to_server ? type_in(tx->message.questions) : type_in(tx->message.answers);
}

constexpr TxNumber kDnsNumbers[] = {
    {.name = "dns.opcode",
     .summary = "opcode of a DNS message",
     .protocol = AppProto::dns,
     .most = UINT8_MAX,
     .progress_to_server = dns::kComplete,
     .progress_to_client = dns::kComplete,
     .get = opcode},
    {.name = "dns.rcode",
     .summary = "response code of a DNS message",
     .protocol = AppProto::dns,
     .most = UINT8_MAX,
     .progress_to_server = dns::kComplete,
     .progress_to_client = dns::kComplete,
     .get = rcode,
     .names = dns::all_rcodes},
    {.name = "dns.rrtype",
     .summary = "type asked for in a DNS request, or answered with in a response: VALUE[,INDEX]",
     .protocol = AppProto::dns,
     .most = UINT16_MAX,
     .progress_to_server = dns::kComplete,
     .progress_to_client = dns::kComplete,
     .nth = rrtype,
     .names = dns::all_types},
};

}  // namespace

const KeywordFile keywords_dns{.buffers = kDnsBuffers, .tx_numbers = kDnsNumbers};

}  // namespace weir::rules
