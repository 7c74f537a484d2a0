#include "engine/query/conversations.h"

#include <doctest/doctest.h>

#include <thread>

#include "decoders/net/ip_protocol.h"
#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

// "10.0.0.1:40000 > 10.0.0.2:443 1 flow, 6/6 packets, 900/2700 bytes, answered"; several with "; ".
std::string joined(const KeptRecords& kept, JoinSettings settings = {}) {
  std::vector<std::string> lines;
  Conversations all(std::move(settings), [&](const Conversation& c) {
    lines.push_back(fmt::format("{}:{} > {}:{} {} flows, {}/{} packets, {}/{} bytes, {}",
                                short_text(c.client), c.client_port, short_text(c.server), c.server_port,
                                c.flows, c.sides[0].packets, c.sides[1].packets, c.sides[0].bytes,
                                c.sides[1].bytes,
                                c.answered  ? "answered"
                                : c.refused ? "refused"
                                            : "unanswered"));
  });
  for (const flow::Record& r : kept.records) all.add(r);
  all.finish();
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

const char* const kOnce = "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 6/6 packets, 900/2700 bytes, answered";

}  // namespace

TEST_CASE("conversations: both directions of three routers are one") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .domains = {1, 2, 3}});
  CHECK(joined(kept) == kOnce);
  std::reverse(kept.records.begin(), kept.records.end());
  CHECK(joined(kept) == kOnce);
}

TEST_CASE("conversations: each direction counts at the point that saw most of it") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .domains = {1}, .reply_domains = {2}});
  CHECK(joined(kept) == kOnce);
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .packets = 4, .bytes = 600, .domains = {3}});
  CHECK(joined(kept) == kOnce);
}

TEST_CASE("conversations: a router that counts on the way in and out saw one") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  for (std::size_t i = 0; i < 2; ++i) {
    kept.records[i].observed_at = 1;
    kept.records.push_back(kept.records[i]);
    kept.records.back().observed_at = 2;
  }
  CHECK(joined(kept) == kOnce);
}

TEST_CASE("conversations: a server whose record comes first, or alone, is no client") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .reply_after = -1000});
  CHECK(joined(kept) == kOnce);
  kept.records.erase(kept.records.begin());
  CHECK(joined(kept) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 0/6 packets, 0/2700 bytes, answered");
}

TEST_CASE("conversations: records of both directions are taken as they are") {
  KeptRecords kept;
  flow::Record& r = kept.add("10.0.0.1", 443, "10.0.0.2", 50000, ip_protocol::tcp);
  r.sides[0] = {.packets = 3, .bytes = 180, .first = kMidnight, .last = kMidnight + 9, .tcp_flags = 0x1b};
  r.sides[1] = {.packets = 2, .bytes = 120, .first = kMidnight, .last = kMidnight + 9, .tcp_flags = 0x1b};
  CHECK(joined(kept) == "10.0.0.1:443 > 10.0.0.2:50000 1 flows, 3/2 packets, 180/120 bytes, answered");
}

TEST_CASE("conversations: replies alone are a server's, also without an exporter") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .server_port = 3999, .protocol = 17});
  kept.records.erase(kept.records.begin());
  kept.records[0].exporter = {};
  CHECK(joined(kept) == "10.0.0.1:40000 > 10.0.0.2:3999 1 flows, 0/6 packets, 0/2700 bytes, answered");
}

TEST_CASE("conversations: where ports are used again, each flow is answered or not") {
  KeptRecords kept;
  for (int i = 0; i < 4; ++i)
    kept.talk({.client = "10.0.0.1",
               .server = "10.0.0.2",
               .client_port = 123,
               .server_port = 123,
               .protocol = 17,
               .at = i * kHourOfDay,
               .is_answered = i == 1 || i == 2});
  std::uint64_t told = 0;
  Conversations all({}, [&](const Conversation& c) {
    ++told;
    CHECK(c.client == address("10.0.0.1"));
    CHECK(c.flows == 4);
    CHECK(c.answered_flows == 2);
    CHECK(c.last_answered_first() == kMidnight + 2 * kHourOfDay + 1000);
    CHECK(c.last_answered_last() == kMidnight + 2 * kHourOfDay + 800'000);
  });
  for (const flow::Record& r : kept.records) all.add(r);
  all.finish();
  CHECK(told == 1);
}

TEST_CASE("conversations: an exporter that cuts flows and does not say so has one with the SYN") {
  KeptRecords kept;
  for (int i = 0; i < 3; ++i) {
    const std::uint8_t flags = i == 0 ? 0x1a : 0x18;
    kept.talk({.client = "10.0.0.1",
               .server = "10.0.0.2",
               .at = i * kMinuteOfDay,
               .client_flags = flags,
               .server_flags = flags});
  }
  CHECK(joined(kept) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 18/18 packets, 2700/8100 bytes, answered");
}

TEST_CASE("conversations: a reset is no answer, and neither is silence") {
  const auto outcome = [](const Talk& talk) {
    KeptRecords kept;
    kept.talk(talk);
    const std::string text = joined(kept);
    return text.substr(text.rfind(' ') + 1);
  };
  CHECK(outcome({.client = "10.0.0.1", .server = "10.0.0.2", .is_answered = false}) == "unanswered");
  CHECK(outcome({.client = "10.0.0.1", .server = "10.0.0.2", .client_flags = 0x02, .server_flags = 0x14}) ==
        "refused");
  CHECK(outcome({.client = "10.0.0.1", .server = "10.0.0.2", .client_flags = 0x02, .server_flags = 0x12}) ==
        "answered");
  CHECK(outcome({.client = "10.0.0.1", .server = "10.0.0.2", .server_port = 53, .protocol = 17}) ==
        "answered");
  CHECK(outcome({.client = "10.0.0.1", .server = "10.0.0.2", .protocol = 17, .is_answered = false}) ==
        "unanswered");
}

TEST_CASE("conversations: data behind a handshake was answered, whichever way the answers went") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  kept.records.pop_back();
  CHECK(joined(kept) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 6/0 packets, 900/0 bytes, answered");
}

TEST_CASE("conversations: parts of a flow are one, and ports that are used again are two") {
  KeptRecords parts;
  for (std::uint32_t part = 1; part <= 3; ++part) {
    parts.talk({.client = "10.0.0.1", .server = "10.0.0.2", .at = part * kMinuteOfDay});
    for (std::size_t i = parts.records.size() - 2; i < parts.records.size(); ++i)
      parts.records[i].part = part;
  }
  CHECK(joined(parts) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 18/18 packets, 2700/8100 bytes, answered");
  parts.records.erase(parts.records.begin(), parts.records.begin() + 2);  // the first is before the window
  CHECK(joined(parts) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 12/12 packets, 1800/5400 bytes, answered");

  KeptRecords cut;  // by an exporter that says only that the flow goes on
  for (int i = 0; i < 3; ++i) {
    cut.talk({.client = "10.0.0.1", .server = "10.0.0.2", .at = i * kMinuteOfDay});
    for (std::size_t at = cut.records.size() - 2; at < cut.records.size(); ++at)
      cut.records[at].end_reason = i < 2 ? flow::EndReason::active : flow::EndReason::end;
  }
  CHECK(joined(cut) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 18/18 packets, 2700/8100 bytes, answered");

  KeptRecords again;
  again.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  again.talk({.client = "10.0.0.1", .server = "10.0.0.2", .at = kHourOfDay});
  CHECK(joined(again) == "10.0.0.1:40000 > 10.0.0.2:443 2 flows, 12/12 packets, 1800/5400 bytes, answered");
}

TEST_CASE("conversations: sampling multiplies, unless what was counted is asked for") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  for (flow::Record& r : kept.records) r.sampling = 100;
  CHECK(joined(kept) ==
        "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 600/600 packets, 90000/270000 bytes, answered");
  CHECK(joined(kept, {.raw = true}) == kOnce);
}

TEST_CASE("conversations: what firewalls did not let through has no packets, and is an attempt") {
  KeptRecords kept;
  kept.add("10.0.0.1", 40000, "10.0.0.2", 443, ip_protocol::tcp);
  CHECK(joined(kept) == "10.0.0.1:40000 > 10.0.0.2:443 1 flows, 0/0 packets, 0/0 bytes, unanswered");
}

TEST_CASE("conversations: ICMP errors are about other packets, echoes are a talk of their own") {
  KeptRecords kept;
  const auto icmp = [&](const char* from, const char* to, std::uint8_t type) {
    flow::Record& r = kept.add(from, 0, to, 0, ip_protocol::icmp);
    r.has_icmp = true;
    r.icmp_type = type;
    r.sides[0] = {.packets = 1, .bytes = 84, .first = kMidnight, .last = kMidnight};
  };
  icmp("10.0.0.9", "10.0.0.1", 3);
  CHECK(joined(kept).empty());
  icmp("10.0.0.2", "10.0.0.1", 0);
  CHECK(joined(kept) == "10.0.0.1:0 > 10.0.0.2:0 1 flows, 0/1 packets, 0/84 bytes, answered");
  icmp("10.0.0.1", "10.0.0.2", 8);
  CHECK(joined(kept) == "10.0.0.1:0 > 10.0.0.2:0 1 flows, 1/1 packets, 84/84 bytes, answered");
}

TEST_CASE("conversations: tags keep records apart") {
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  std::vector<std::uint32_t> tags;
  Conversations all({}, [&](const Conversation& c) { tags.push_back(c.tag); });
  all.add(kept.records[0], 7);
  all.add(kept.records[1], 7);
  all.add(kept.records[0], 8);
  all.finish();
  std::sort(tags.begin(), tags.end());
  CHECK(tags == std::vector<std::uint32_t>{7, 8});
}

TEST_CASE("conversations: beyond the cap they are told early, and nothing is lost") {
  std::uint64_t told = 0, bytes = 0;
  Conversations all({.most = 640}, [&](const Conversation& c) {
    ++told;
    bytes += c.bytes();
  });
  KeptRecords kept;
  for (std::uint16_t port = 1; port <= 5000; ++port)
    kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .client_port = port});
  for (const flow::Record& r : kept.records) all.add(r);
  CHECK(all.folded() != 0);
  CHECK(all.folded() == told);
  all.finish();
  CHECK(told == 5000);
  CHECK(bytes == 5000 * 3600);
}

TEST_CASE("conversations: those that many points saw take more room") {
  std::uint64_t told = 0;
  Conversations all({.most = 640}, [&](const Conversation& /*c*/) { ++told; });
  KeptRecords kept;
  kept.talk({.client = "10.0.0.1", .server = "10.0.0.2"});
  for (std::uint32_t domain = 1; domain <= 30; ++domain) {
    kept.records[0].exporter = KeptRecords::point(domain);
    all.add(kept.records[0]);
  }
  CHECK(all.folded() == 0);
  kept.records[0].exporter = KeptRecords::point(31);
  all.add(kept.records[0]);
  CHECK(all.folded() == 1);
  CHECK(told == 1);
}

TEST_CASE("conversations: threads add at the same time") {
  KeptRecords kept;
  for (std::uint16_t port = 1; port <= 2000; ++port)
    kept.talk({.client = "10.0.0.1", .server = "10.0.0.2", .client_port = port, .domains = {1, 2}});
  std::uint64_t told = 0, bytes = 0;
  Conversations all({}, [&](const Conversation& c) {
    ++told;
    bytes += c.bytes();
  });
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      ConversationConsumer consumer(all);
      for (std::size_t i = thread; i < kept.records.size(); i += 4) consumer.take({&kept.records[i], 1});
    });
  for (std::thread& thread : threads) thread.join();
  all.finish();
  CHECK(told == 2000);
  CHECK(bytes == 2000 * 3600);
}

}  // namespace weir::engine
