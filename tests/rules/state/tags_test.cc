#include "rules/state/tags.h"

#include <doctest/doctest.h>

#include "rules/state/shared_state.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr TimeUs kSecond = 1'000'000;
constexpr TagOwner kRule{.rule = 1};

TaggedPacket packet_at(TimeUs seconds, std::uint64_t bytes = 100) { return {seconds * kSecond, bytes}; }

}  // namespace

TEST_CASE("a tag of packets counts the one that began it") {
  ActiveTags tags;
  tags.start(kRule, {.count = 3}, packet_at(0));
  CHECK(tags.count(packet_at(1)));
  CHECK(tags.count(packet_at(2)));
  CHECK_FALSE(tags.count(packet_at(3)));
  CHECK(tags.empty());
}

TEST_CASE("a tag of bytes or seconds ends with the first packet beyond its count") {
  ActiveTags bytes;
  bytes.start(kRule, {.unit = TagUnit::bytes, .count = 300}, packet_at(0, 100));
  CHECK(bytes.count(packet_at(0, 200)));
  CHECK_FALSE(bytes.count(packet_at(0, 1)));
  ActiveTags seconds;
  seconds.start(kRule, {.unit = TagUnit::seconds, .count = 5}, packet_at(10));
  CHECK(seconds.last_second() == 15 * kSecond);
  CHECK(seconds.count(packet_at(15)));
  CHECK_FALSE(seconds.count(packet_at(16)));
}

TEST_CASE("a rule that matches again begins its tag anew, a limited number of times") {
  ActiveTags tags;
  const Tag tag{.count = 2};
  for (unsigned i = 0; i < kMaxTagStarts; ++i) {
    tags.start(kRule, tag, packet_at(i));
    CHECK(tags.count(packet_at(i)));
  }
  tags.start(kRule, tag, packet_at(99));
  CHECK_FALSE(tags.count(packet_at(99)));
}

TEST_CASE("a flow has room for so many tags") {
  ActiveTags tags;
  for (std::uint32_t i = 0; i < kMaxActiveTags; ++i) tags.start({.rule = i}, {.count = 1}, packet_at(0));
  tags.start({.rule = 99}, {.count = 100}, packet_at(0));
  CHECK_FALSE(tags.count(packet_at(0)));  // the last one was not taken, and all others are over
}

TEST_CASE("tags of a host are about packets from and to it until it was idle for long") {
  SharedState shared;
  const IpAddress host = IpAddress::v4(1), other = IpAddress::v4(2);
  shared.tag_host(host, kRule, {.session = false, .count = 10}, packet_at(0));
  CHECK(shared.count_tagged(host, packet_at(1)));
  CHECK_FALSE(shared.count_tagged(other, packet_at(1)));
  CHECK(shared.count_tagged(host, packet_at(1 + kTagIdleSeconds)));
  CHECK_FALSE(shared.count_tagged(host, packet_at(2 + 2 * kTagIdleSeconds)));
  shared.tag_host(other, kRule, {.session = false, .unit = TagUnit::seconds, .count = 3600}, packet_at(5000));
  CHECK(shared.count_tagged(other, packet_at(5000 + 3600)));
  CHECK_FALSE(shared.count_tagged(other, packet_at(5000 + 3601)));
}
