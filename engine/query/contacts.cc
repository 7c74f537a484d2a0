// `weir flows talked` and `weir flows peers`: what a host asked of others.
#include <algorithm>
#include <map>
#include <tuple>

#include "decoders/net/ip_protocol.h"
#include "engine/query/answers.h"
#include "engine/query/conversations.h"
#include "engine/query/question_words.h"
#include "engine/query/read_with.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxContacts = 1'000'000;  // servers and their ports

struct Contact {
  IpAddress server;
  std::uint16_t port = 0;
  std::uint8_t protocol = 0;
  auto operator<=>(const Contact&) const = default;
};
struct ContactSums {
  std::uint64_t flows = 0, refused = 0, packets = 0, bytes_out = 0, bytes_in = 0;
  TimeUs first = 0, last = 0, last_answered = 0;
  bool answered = false;
};
using Contacts = std::map<Contact, ContactSums>;

void add(ContactSums& sums, const Conversation& c) {
  sums.first = sums.flows == 0 ? c.first() : std::min(sums.first, c.first());
  sums.last = std::max(sums.last, c.last());
  sums.flows += c.flows;
  sums.refused += c.refused_flows;
  sums.packets += c.packets();
  sums.bytes_out += c.side(Direction::to_server).bytes;
  sums.bytes_in += c.side(Direction::to_client).bytes;
  sums.answered = sums.answered || c.answered;
  sums.last_answered = std::max(sums.last_answered, c.last_answered_last());
}

// Those of conversations that the host began.
tl::expected<Contacts, std::string> contacts_of(QuestionCall& call, const IpAddress& host) {
  Contacts out;
  std::uint64_t left_out = 0;
  const auto is_asked = [&](std::uint16_t port) {
    return call.ports.empty() || std::find(call.ports.begin(), call.ports.end(), port) != call.ports.end();
  };
  Conversations conversations(
      {.raw = call.options.raw, .server_ports = call.ports}, [&](const Conversation& c) {
        if (c.client != host || !is_asked(c.server_port)) return;
        const Contact contact{.server = c.server, .port = c.server_port, .protocol = c.protocol};
        const auto found = out.find(contact);
        if (found == out.end() && out.size() >= kMaxContacts)
          ++left_out;
        else
          add(found == out.end() ? out[contact] : found->second, c);
      });
  RecordQuery query = window_of(call);
  query.hosts.add(host);
  query.ports = call.ports;
  if (auto read = read_conversations(call, query, conversations); !read) return tl::unexpected(read.error());
  if (left_out != 0)
    call.warnings.push_back(fmt::format(
        "more than {} servers and ports: {} conversations with others are left out", kMaxContacts, left_out));
  return out;
}

// What is shown to a person fits into 80 characters, so that no address is cut.
std::vector<AnswerColumn> contact_columns() {
  return {{.name = "ip", .head = "server"},
          {.name = "port"},
          {.name = "proto"},
          {.name = "flows", .look = Look::count},
          {.name = "bytes", .look = Look::json_only},
          {.name = "answered", .head = "answer"},
          {.name = "bytes_out", .head = "sent", .look = Look::bytes},
          {.name = "bytes_in", .head = "back", .look = Look::bytes},
          {.name = "packets", .look = Look::json_only},
          {.name = "refused", .look = Look::json_only},
          {.name = "first", .look = Look::json_only},
          {.name = "last"},
          {.name = "last_answered", .look = Look::json_only}};
}

std::vector<Cell> row_of(const Contact& contact, const ContactSums& sums) {
  const Cell port = ip_protocol::has_ports(contact.protocol) ? Cell{std::uint64_t{contact.port}} : Cell{};
  return {contact.server,
          port,
          std::string(output::flow_protocol_name(contact.protocol)),
          sums.flows,
          sums.bytes_out + sums.bytes_in,
          sums.answered,
          sums.bytes_out,
          sums.bytes_in,
          sums.packets,
          sums.refused,
          When{sums.first},
          When{sums.last},
          When{sums.last_answered}};
}

// Columns, as contact_columns() has them.
constexpr std::size_t kFlowsColumn = 3, kAnsweredColumn = 5, kSentColumn = 6;

// The rows in the order of `weight`, which is that of the columns `sorted_by`, the greatest first; those of the same weight by server.
template <class Weight>
tl::expected<Answer, std::string> answer_contacts(QuestionCall& call, Weight weight,
                                                  const std::vector<std::size_t>& sorted_by) {
  const auto host = address_word("HOST", call.options.words.front());
  if (!host) return call.refuse(host.error());
  const auto contacts = contacts_of(call, *host);
  if (!contacts) return tl::unexpected(contacts.error());
  std::vector<Contacts::const_pointer> sorted;
  for (const auto& contact : *contacts) sorted.push_back(&contact);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](auto* a, auto* b) { return weight(a->second) > weight(b->second); });
  Answer out;
  out.columns = contact_columns();
  out.sorted_by = sorted_by;
  for (const auto* contact : sorted) out.rows.push_back(row_of(contact->first, contact->second));
  return out;
}

}  // namespace

tl::expected<Answer, std::string> answer_talked(QuestionCall& call) {
  return answer_contacts(call, [](const ContactSums& sums) { return std::tuple(sums.bytes_out, sums.flows); },
                         {kSentColumn, kFlowsColumn});
}

// Which it used comes before what it tried in vain.
tl::expected<Answer, std::string> answer_peers(QuestionCall& call) {
  return answer_contacts(call, [](const ContactSums& sums) { return std::tuple(sums.answered, sums.flows); },
                         {kAnsweredColumn, kFlowsColumn});
}

}  // namespace weir::engine
