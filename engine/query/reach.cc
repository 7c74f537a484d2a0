// `weir flows reach`: whether a client's packets get to a server and answers come back, and if not, where they are lost.
#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "decoders/net/ip_protocol.h"
#include "engine/query/answers.h"
#include "engine/query/question_words.h"
#include "engine/query/reach_text.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

std::vector<AnswerColumn> reach_columns() {
  return {{.name = "client"},
          {.name = "server"},
          {.name = "port"},
          {.name = "proto"},
          {.name = "verdict"},
          {.name = "seen_at"},
          {.name = "seen_by"},
          {.name = "reply_seen_at"},
          {.name = "reply_seen_by"},
          {.name = "attempts"},
          {.name = "answered"},
          {.name = "refused"},
          {.name = "packets"},
          {.name = "reply_packets"},
          {.name = "bytes"},
          {.name = "reply_bytes"},
          {.name = "first"},
          {.name = "last"},
          {.name = "lost_behind"},
          {.name = "lost_before"},
          {.name = "answers_lost_behind"},
          {.name = "answers_lost_before"},
          {.name = "dropped_by"},
          {.name = "icmp_errors_of"},
          {.name = "icmp_errors_perhaps_of"},
          {.name = "next_hops"},
          {.name = "last_answered"}};
}

// Domains and exporters of the points that saw packets of a direction.
struct Witnesses {
  std::set<std::uint64_t> domains;
  std::set<IpAddress> exporters;
};
Witnesses witnesses_of(const ServiceFacts& facts, Direction d) {
  Witnesses out;
  for (const auto& [name, point] : facts.points) {
    if ((d == Direction::to_server ? point.ahead : point.back).records == 0) continue;
    out.domains.insert(name.domain);
    if (name.exporter.family != 0) out.exporters.insert(name.exporter);
  }
  return out;
}

template <class T>
std::vector<T> listed(const std::set<T>& set) {
  return {set.begin(), set.end()};
}

Cell domain_cell(const ReachPath& path, std::optional<std::size_t> step, int offset) {
  if (!step) return {};
  const std::size_t at = offset < 0 ? *step - 1 : *step + static_cast<std::size_t>(offset);
  return std::uint64_t{path.steps[at].name.domain};
}

// Of the last point that saw packets, when something was not answered.
Cell next_hops_cell(const ReachStory& story) {
  const ReachPath& path = story.path;
  if (!path.last_seen || story.now->answered == story.now->attempts) return {};
  return listed(path.steps[*path.last_seen].facts.next_hops);
}

std::vector<Cell> row_of(const ReachStory& story, const Cell& port, const Cell& proto) {
  static const ServiceFacts kNothing;
  const ServiceFacts& f = story.now != nullptr ? *story.now : kNothing;
  const Witnesses seen = witnesses_of(f, Direction::to_server), back = witnesses_of(f, Direction::to_client);
  const std::string verdict = story.now == nullptr ? "unseen" : f.answered != 0 ? "answered" : "unanswered";
  const Seen& told = f.ahead.records != 0 ? f.ahead : f.back;
  const TimeUs last_answered =
      std::max(f.last_answered, story.past != nullptr ? story.past->last_answered : 0);
  return {story.pair.client,
          story.pair.server,
          port,
          proto,
          verdict,
          listed(seen.domains),
          listed(seen.exporters),
          listed(back.domains),
          listed(back.exporters),
          f.attempts,
          f.answered,
          f.refused,
          f.ahead.packets,
          f.back.packets,
          f.ahead.bytes,
          f.back.bytes,
          When{told.first},
          When{told.last},
          domain_cell(story.path, story.path.lost_behind, 0),
          domain_cell(story.path, story.path.lost_behind, 1),
          domain_cell(story.path, story.path.answer_lost_behind, 0),
          domain_cell(story.path, story.path.answer_lost_behind, -1),
          listed(story.blockers.firewalls),
          listed(story.blockers.unreachable),
          listed(story.blockers.perhaps_unreachable),
          next_hops_cell(story),
          When{last_answered}};
}

void tell(Answer& out, const ReachStory& story, const Cell& port, const Cell& proto) {
  for (std::string& line : reach_text(story)) out.before.push_back(std::move(line));
  out.rows.push_back(row_of(story, port, proto));
}

Cell port_cell(const Service& service) {
  return ip_protocol::has_ports(service.protocol) ? Cell{std::uint64_t{service.port}} : Cell{};
}

const ServiceFacts* find(const ReachFacts& facts, const Service& service) {
  const auto found = facts.find(service);
  return found == facts.end() ? nullptr : &found->second;
}

// Nothing was seen in the window: each service that was answered before, or what was asked for.
void tell_unseen(Answer& out, const QuestionCall& call, const ReachPair& pair, const ReachFacts& past) {
  for (const auto& [service, facts] : past)
    if (facts.answered != 0)
      tell(out, {.pair = pair, .service = service_text(service), .past = &facts, .path = {}, .blockers = {}},
           port_cell(service), std::string(output::flow_protocol_name(service.protocol)));
  if (!out.rows.empty()) return;
  const bool has_port = call.ports.size() == 1;
  tell(out,
       {.pair = pair,
        .service = has_port ? fmt::format("port {}", call.ports.front()) : "any port",
        .path = {},
        .blockers = {}},
       has_port ? Cell{std::uint64_t{call.ports.front()}} : Cell{}, {});
}

// What happened before the window; nothing when that has no begin.
tl::expected<ReachFacts, std::string> past_facts(QuestionCall& call, const ReachPair& pair) {
  constexpr TimeUs kEver = std::numeric_limits<TimeUs>::min();
  if (call.from == kEver) return ReachFacts{};
  return reach_facts(call, pair, kEver, call.from);
}

}  // namespace

tl::expected<Answer, std::string> answer_reach(QuestionCall& call) {
  const auto client = address_word("CLIENT", call.options.words[0]);
  if (!client) return call.refuse(client.error());
  const auto server = address_word("SERVER", call.options.words[1]);
  if (!server) return call.refuse(server.error());
  const ReachPair pair{.client = *client, .server = *server};
  const auto now = reach_facts(call, pair, call.from, call.to);
  if (!now) return tl::unexpected(now.error());
  const bool is_fine = !now->empty() && std::all_of(now->begin(), now->end(), [](const auto& one) {
    return one.second.answered == one.second.attempts;
  });
  // What was before, and who said no, matters only where something was not answered.
  const auto past = is_fine ? ReachFacts{} : past_facts(call, pair);
  if (!past) return tl::unexpected(past.error());
  const auto blockers = is_fine || now->empty() ? Blockers{} : blockers_of(call, pair);
  if (!blockers) return tl::unexpected(blockers.error());
  Answer out;
  out.columns = reach_columns();
  out.only_text = true;
  if (now->empty()) tell_unseen(out, call, pair, *past);
  for (const auto& [service, facts] : *now) {
    const ServiceFacts* const before = find(*past, service);
    const bool is_answered = facts.answered == facts.attempts;
    tell(out,
         {.pair = pair,
          .service = service_text(service),
          .now = &facts,
          .past = before,
          .path = path_of(facts, before, *blockers),
          .blockers = is_answered ? Blockers{} : *blockers,
          .is_hidden = !call.options.anonymise.empty()},
         port_cell(service), std::string(output::flow_protocol_name(service.protocol)));
  }
  return out;
}

}  // namespace weir::engine
