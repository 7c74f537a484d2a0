#include "rules/state/shared_state.h"

#include <string>

#include <doctest/doctest.h>

#include "rules/state/sharded_table.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr TimeUs kSecond = 1'000'000;

Signature rule(std::uint32_t sid) {
  Signature s;
  s.meta.sid = sid;
  return s;
}

ThresholdTracker tracker(std::uint32_t source, std::uint32_t destination, std::uint64_t flow = 1) {
  return {IpAddress::v4(source), IpAddress::v4(destination), flow};
}

// One letter a match, one match a second: A alerts, s acts silently, "." nothing happens.
std::string run(const ThresholdSpec& spec, std::size_t matches, TimeUs step = kSecond) {
  SharedState state;
  Signature s = rule(1);
  (spec.type == ThresholdType::detection_filter ? s.detection_filter : s.threshold) = spec;
  std::string out;
  for (std::size_t i = 0; i < matches; ++i) {
    const auto d = state.decide(s, tracker(1, 2), static_cast<TimeUs>(i) * step);
    out += d.alert ? 'A' : d.act ? 's' : '.';
  }
  return out;
}

}  // namespace

TEST_CASE("thresholds: each type lets through what the manual says") {
  using Type = ThresholdType;
  struct Row {
    Type type;
    std::uint32_t count, seconds, multiplier;
    std::string_view expected;
  };
  constexpr Row kRows[] = {
      {Type::limit, 1, 60, 0, "Asssssss"},
      {Type::limit, 2, 60, 0, "AAssssss"},
      {Type::limit, 1, 3, 0, "AsssAsssA"},
      {Type::threshold, 1, 60, 0, "AAAA"},
      {Type::threshold, 3, 60, 0, "..A..A..A"},
      {Type::threshold, 3, 1, 0, "........"},  // never three of them within a second
      {Type::both, 3, 60, 0, "..Asssss"},
      {Type::both, 1, 60, 0, "Assss"},
      {Type::both, 2, 3, 0, ".Ass.Ass.A"},
      {Type::detection_filter, 2, 60, 0, "..AAAA"},
      {Type::detection_filter, 1, 2, 0, ".AA.AA."},
      {Type::backoff, 1, 0, 2, "AAsAsssAsssssssA"},
      {Type::backoff, 2, 0, 3, ".AsssAsssssssssssA"},
      {Type::backoff, 1, 0, 1, "AAAA"},
  };
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.type));
    CAPTURE(row.count);
    const ThresholdSpec spec{row.type,
                             row.type == Type::backoff ? ThresholdTrack::by_flow : ThresholdTrack::by_src,
                             row.count, row.seconds, row.multiplier};
    CHECK(run(spec, row.expected.size()) == std::string(row.expected));
  }
}

TEST_CASE("thresholds: each tracker counts for itself") {
  struct Row {
    ThresholdTrack track;
    ThresholdTracker first, second;
    bool shared;
  };
  const Row rows[] = {
      {ThresholdTrack::by_src, tracker(1, 2, 1), tracker(1, 3, 2), true},
      {ThresholdTrack::by_src, tracker(1, 2, 1), tracker(2, 2, 1), false},
      {ThresholdTrack::by_dst, tracker(1, 2, 1), tracker(3, 2, 2), true},
      {ThresholdTrack::by_dst, tracker(1, 2, 1), tracker(1, 3, 1), false},
      {ThresholdTrack::by_both, tracker(1, 2, 1), tracker(2, 1, 2), true},
      {ThresholdTrack::by_both, tracker(1, 2, 1), tracker(1, 3, 1), false},
      {ThresholdTrack::by_rule, tracker(1, 2, 1), tracker(5, 6, 2), true},
      {ThresholdTrack::by_flow, tracker(1, 2, 1), tracker(2, 1, 1), true},
      {ThresholdTrack::by_flow, tracker(1, 2, 1), tracker(1, 2, 2), false},
      {ThresholdTrack::by_flow, tracker(1, 2, 0), tracker(1, 2, 0), false},  // no flow, no limit
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.track));
    SharedState state;
    Signature s = rule(1);
    s.threshold = ThresholdSpec{ThresholdType::limit, row.track, 1, 60, 0};
    CHECK(state.decide(s, row.first, 0).alert);
    CHECK(state.decide(s, row.second, 0).alert == !row.shared);
    Signature other = s;
    other.meta.sid = 2;
    CHECK(state.decide(other, row.first, 0).alert);
  }
  // An IPv4 address is not the IPv6 address with the same bytes.
  SharedState state;
  Signature s = rule(1);
  s.threshold = ThresholdSpec{ThresholdType::limit, ThresholdTrack::by_src, 1, 60, 0};
  ThresholdTracker six = tracker(1, 2);
  six.source.family = 6;
  CHECK(state.decide(s, tracker(1, 2), 0).alert);
  CHECK(state.decide(s, six, 0).alert);
}

TEST_CASE("thresholds: packet time may run backwards between flows") {
  CHECK(run({ThresholdType::limit, ThresholdTrack::by_src, 1, 60, 0}, 4, -kSecond) == "Asss");
}

TEST_CASE("thresholds: a rate filter changes the action while it is on") {
  SharedState state;
  Signature s = rule(1);
  s.rate_filter = RateFilter{ThresholdTrack::by_src, 3, 10, 20, Action::drop};
  std::string out;
  for (TimeUs second = 0; second < 32; ++second) {
    const auto d = state.decide(s, tracker(1, 2), second * kSecond);
    CHECK(d.alert);
    out += d.replacement == Action::drop ? 'D' : '-';
  }
  CHECK(out == "---DDDDDDDDDDDDDDDDDDDDD---DDDDD");
}

TEST_CASE("thresholds: a suppressed match still acts, and is not counted") {
  auto addresses = std::make_shared<AddressSet>();
  addresses->add(1, 1);
  struct Row {
    Suppression::Track track;
    std::uint32_t source, destination;
    bool alert;
  };
  constexpr Row kRows[] = {
      {Suppression::Track::source, 1, 2, false},      {Suppression::Track::source, 2, 1, true},
      {Suppression::Track::destination, 2, 1, false}, {Suppression::Track::destination, 1, 2, true},
      {Suppression::Track::either, 1, 2, false},      {Suppression::Track::either, 2, 1, false},
      {Suppression::Track::either, 2, 3, true},
  };
  for (const Row& row : kRows) {
    SharedState state;
    Signature s = rule(1);
    s.suppressions.push_back({row.track, addresses});
    const auto d = state.decide(s, tracker(row.source, row.destination), 0);
    CHECK(d.alert == row.alert);
    CHECK(d.act);
  }
  SharedState state;
  Signature s = rule(1);
  s.suppressions.push_back({});
  CHECK_FALSE(state.decide(s, tracker(1, 2), 0).alert);
  Signature limited = rule(2);
  limited.threshold = ThresholdSpec{ThresholdType::limit, ThresholdTrack::by_rule, 1, 60, 0};
  limited.suppressions.push_back({Suppression::Track::source, addresses});
  CHECK_FALSE(state.decide(limited, tracker(1, 2), 0).alert);
  CHECK(state.decide(limited, tracker(2, 1), 0).alert);
}

TEST_CASE("shared bits: set, clear, toggle and run out") {
  SharedState state;
  const IpAddress a = IpAddress::v4(1), b = IpAddress::v4(2), none;
  CHECK_FALSE(state.bit(7, a, none, 0));
  state.set_bit(7, a, none, 0, 30);
  CHECK(state.bit(7, a, none, 30 * kSecond));
  CHECK_FALSE(state.bit(7, a, none, 30 * kSecond + 1));
  CHECK_FALSE(state.bit(8, a, none, 0));
  CHECK_FALSE(state.bit(7, b, none, 0));
  CHECK_FALSE(state.bit(7, a, b, 0));
  state.set_bit(7, b, a, 0, 0);
  CHECK(state.bit(7, a, b, 1'000'000 * kSecond));
  state.clear_bit(7, a, b);
  CHECK_FALSE(state.bit(7, b, a, 0));
}

TEST_CASE("shared table: it never outgrows its cap, and the newest entries stay") {
  struct Value {
    TimeUs expires = 1000;
    std::uint64_t number = 0;
  };
  ShardedTable<Value> table(640);
  for (std::uint64_t i = 0; i < 10'000; ++i) table.with(TableKey{{i}}, 0, [&](Value& v) { v.number = i; });
  CHECK(table.size() <= 640);
  CHECK(table.look(TableKey{{9'999}}, 0, [](const Value* v) { return v != nullptr && v->number == 9'999; }));
  // Those past their time go before the cap is reached.
  for (std::uint64_t i = 20'000; i < 20'640; ++i)
    table.with(TableKey{{i}}, 2000, [](Value& v) { v.expires = 2001; });
  for (std::uint64_t i = 30'000; i < 40'000; ++i)
    table.with(TableKey{{i}}, 3000, [](Value& v) { v.expires = 3000; });
  CHECK(table.size() <= 640);
}

TEST_CASE("shared bits: what ran out stays so when time goes back a little, and all is new when it goes back far") {
  for (int run = 0; run < 20; ++run) {  // other neighbours in the shard each time
    SharedState state;
    const IpAddress a = IpAddress::v4(1), none;
    state.set_bit(7, a, none, 1000 * kSecond, 30);
    for (std::uint32_t i = 0; i < 40; ++i)
      state.set_bit(100, IpAddress::v4(static_cast<std::uint32_t>(run) * 100 + i), none, 1040 * kSecond, 30);
    CHECK_FALSE(state.bit(7, a, none, 1020 * kSecond));
    state.set_bit(7, a, none, 1040 * kSecond, 300);
    CHECK(state.bit(7, a, none, 1000 * kSecond));
    CHECK_FALSE(state.bit(7, a, none, 900 * kSecond));
    CHECK_FALSE(state.bit(7, a, none, 1040 * kSecond));
  }
}
