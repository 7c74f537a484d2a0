// Buffers of DNS and multicast DNS: names in each section of a message.
//
// dns.query looks at requests only; the others at requests and responses, unless they name one of them.
#include <array>

#include "decoders/app/dns/dns.h"
#include "decoders/app/protocol_ids.h"
#include "rules/keywords/sticky.h"

namespace weir::rules {
namespace {

using dns::DnsTransaction;
using dns::Message;
using dns::Name;
using dns::Record;

const DnsTransaction* readable(const BufferRequest& r) {
  const auto& tx = static_cast<const DnsTransaction&>(r.tx);
  return tx.valid && tx.direction() == r.direction ? &tx : nullptr;
}

template <auto section>
std::optional<BodyView> rrname(const BufferRequest& r) {
  const DnsTransaction* tx = readable(r);
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
  const DnsTransaction* tx = readable(r);
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
constexpr std::array<BufferSource, 2> kBoth{
    BufferSource{protocol, Direction::to_server, dns::kComplete, get},
    BufferSource{protocol, Direction::to_client, dns::kComplete, get}};
template <AppProto protocol, TxBufferFunction get, Direction direction>
constexpr std::array<BufferSource, 1> kOne{BufferSource{protocol, direction, dns::kComplete, get}};

constexpr BufferSpec many(std::string_view name, std::span<const BufferSource> sources) {
  return {.name = name, .sources = sources, .multiple = true};
}

constexpr TxBufferFunction kQuestions = rrname<&Message::questions>;
constexpr TxBufferFunction kAnswers = rrname<&Message::answers>;
constexpr TxBufferFunction kAuthorities = rrname<&Message::authorities>;
constexpr TxBufferFunction kAdditionals = rrname<&Message::additionals>;

constexpr BufferSpec kQuery = many("dns.query", kOne<AppProto::dns, kQuestions, Direction::to_server>);
constexpr BufferSpec kQueryName = many("dns.query.name", kBoth<AppProto::dns, kQuestions>);
constexpr BufferSpec kAnswerName = many("dns.answer.name", kBoth<AppProto::dns, kAnswers>);
constexpr BufferSpec kQueriesRrname = many("dns.queries.rrname", kBoth<AppProto::dns, kQuestions>);
constexpr BufferSpec kAnswersRrname = many("dns.answers.rrname", kBoth<AppProto::dns, kAnswers>);
constexpr BufferSpec kAuthoritiesRrname = many("dns.authorities.rrname", kBoth<AppProto::dns, kAuthorities>);
constexpr BufferSpec kAdditionalsRrname = many("dns.additionals.rrname", kBoth<AppProto::dns, kAdditionals>);
constexpr BufferSpec kResponseRrname =
    many("dns.response.rrname", kOne<AppProto::dns, any_response_name, Direction::to_client>);

constexpr BufferSpec kMdnsQueries = many("mdns.queries.rrname", kBoth<AppProto::mdns, kQuestions>);
constexpr BufferSpec kMdnsAnswers = many("mdns.answers.rrname", kBoth<AppProto::mdns, kAnswers>);
constexpr BufferSpec kMdnsAuthorities = many("mdns.authorities.rrname", kBoth<AppProto::mdns, kAuthorities>);
constexpr BufferSpec kMdnsAdditionals = many("mdns.additionals.rrname", kBoth<AppProto::mdns, kAdditionals>);
constexpr BufferSpec kMdnsResponse = many("mdns.response.rrname", kBoth<AppProto::mdns, any_response_name>);

}  // namespace

const KeywordSpec kw_dns_query = sticky<kQuery>("dns.query", "names asked for in DNS requests");
const KeywordSpec kw_dns_query_old = sticky<kQuery>("dns_query", "names asked for in DNS requests");
const KeywordSpec kw_dns_query_name = sticky<kQueryName>("dns.query.name", "names in the question section");
const KeywordSpec kw_dns_answer_name = sticky<kAnswerName>("dns.answer.name", "names of answer records");
const KeywordSpec kw_dns_queries_rrname =
    sticky<kQueriesRrname>("dns.queries.rrname", "names in the question section");
const KeywordSpec kw_dns_answers_rrname =
    sticky<kAnswersRrname>("dns.answers.rrname", "names of answer records");
const KeywordSpec kw_dns_authorities_rrname =
    sticky<kAuthoritiesRrname>("dns.authorities.rrname", "names of authority records");
const KeywordSpec kw_dns_additionals_rrname =
    sticky<kAdditionalsRrname>("dns.additionals.rrname", "names of additional records");
const KeywordSpec kw_dns_response_rrname =
    sticky<kResponseRrname>("dns.response.rrname", "every name in a response, those in record data too");

const KeywordSpec kw_mdns_queries_rrname =
    sticky<kMdnsQueries>("mdns.queries.rrname", "multicast DNS: names in the question section");
const KeywordSpec kw_mdns_answers_rrname =
    sticky<kMdnsAnswers>("mdns.answers.rrname", "multicast DNS: names of answer records");
const KeywordSpec kw_mdns_authorities_rrname =
    sticky<kMdnsAuthorities>("mdns.authorities.rrname", "multicast DNS: names of authority records");
const KeywordSpec kw_mdns_additionals_rrname =
    sticky<kMdnsAdditionals>("mdns.additionals.rrname", "multicast DNS: names of additional records");
const KeywordSpec kw_mdns_response_rrname =
    sticky<kMdnsResponse>("mdns.response.rrname", "multicast DNS: every name in a response");

}  // namespace weir::rules
