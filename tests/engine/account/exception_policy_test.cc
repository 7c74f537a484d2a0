#include "engine/account/exception_policy.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/config/config.h"

using namespace weir::engine;

namespace {

ExceptionPolicies policies(std::string_view yaml, bool prevent) {
  const auto config = Config::parse(yaml, "t", "");
  REQUIRE(config.has_value());
  return ExceptionPolicies::from(*config, prevent);
}

}  // namespace

TEST_CASE(
    "exception policies: an open gateway is open for failures of our own, not for what a sender can bring "
    "about") {
  using T = ExceptionTarget;
  const auto config = Config::parse("stream: {memcap-policy: drop-flow}", "t", "");
  const ExceptionPolicies open = ExceptionPolicies::from(*config, true, true);
  CHECK(open.of(T::memory) == ExceptionPolicy::ignore);
  CHECK(open.of(T::flow_memcap) == ExceptionPolicy::ignore);
  CHECK(open.of(T::stream_reassembly) == ExceptionPolicy::ignore);
  CHECK(open.of(T::packet_budget) == ExceptionPolicy::pass_flow);
  CHECK(open.of(T::app_layer_error) == ExceptionPolicy::drop_flow);
  CHECK(open.of(T::defrag_memcap) == ExceptionPolicy::drop_packet);
  CHECK(open.of(T::stream_memcap) == ExceptionPolicy::drop_flow);  // asked for
  CHECK(ExceptionPolicies::from(*config, true, false).of(T::packet_budget) == ExceptionPolicy::drop_flow);
}

TEST_CASE("exception policies: an open gateway picks connections up from the middle, unless told not to") {
  using T = ExceptionTarget;
  const auto silent = Config::parse("a: b", "t", ""), no = Config::parse("stream: {midstream: no}", "t", "");
  CHECK(picks_up_midstream(*silent, true, true));
  CHECK(ExceptionPolicies::from(*silent, true, true).of(T::stream_midstream) == ExceptionPolicy::ignore);
  CHECK_FALSE(picks_up_midstream(*no, true, true));
  CHECK(ExceptionPolicies::from(*no, true, true).of(T::stream_midstream) == ExceptionPolicy::drop_flow);
  CHECK_FALSE(picks_up_midstream(*silent, true, false));
  CHECK_FALSE(picks_up_midstream(*silent, false, false));
}

TEST_CASE("exception policies: what each target gets, by mode, master switch and its own key") {
  using T = ExceptionTarget;
  struct Row {
    std::string_view yaml;
    T target;
    std::string_view prevent, detect;
  };
  constexpr Row kRows[] = {
      {"a: b", T::stream_memcap, "drop_flow", "ignore"},
      {"a: b", T::stream_midstream, "drop_flow", "ignore"},
      {"a: b", T::flow_memcap, "drop_packet", "ignore"},
      {"a: b", T::defrag_memcap, "drop_packet", "ignore"},
      {"stream: {midstream: yes}", T::stream_midstream, "ignore", "ignore"},
      {"stream: {midstream: yes}", T::app_layer_error, "drop_flow", "ignore"},
      {"exception-policy: ignore", T::app_layer_error, "ignore", "ignore"},
      {"exception-policy: bypass", T::stream_midstream, "bypass", "bypass"},
      {"exception-policy: bypass", T::flow_memcap, "ignore", "ignore"},
      {"exception-policy: pass-flow", T::flow_memcap, "pass_packet", "pass_packet"},
      {"exception-policy: pass-flow\nstream: {midstream-policy: auto}", T::stream_midstream, "drop_flow",
       "ignore"},
      {"exception-policy: ignore\napp-layer: {error-policy: reject}", T::app_layer_error, "reject", "reject"},
      {"exception-policy: ignore\napp-layer: {error-policy: drop-packet}", T::app_layer_error, "drop_packet",
       "ignore"},
      {"stream: {reassembly: {memcap-policy: pass-packet}}", T::stream_reassembly, "pass_packet",
       "pass_packet"},
      {"defrag: {memcap-policy: reject-both}", T::defrag_memcap, "reject_both", "reject_both"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.yaml);
    CHECK(to_string(policies(row.yaml, true).of(row.target)) == row.prevent);
    CHECK(to_string(policies(row.yaml, false).of(row.target)) == row.detect);
  }
}

TEST_CASE(
    "exception policies: connections are followed from the middle only where the policy has a use for it") {
  for (const std::string_view yes : {"ignore", "pass-flow", "pass-packet"})
    CHECK(policies("exception-policy: " + std::string(yes), true).follows_midstream());
  for (const std::string_view no : {"drop-flow", "reject", "bypass"})
    CHECK_FALSE(policies("exception-policy: " + std::string(no), true).follows_midstream());
}

TEST_CASE("verdict: the first reason stays, the severest verdict wins, two rejects answer both ends") {
  PacketFate fate;
  CHECK(to_string(fate.reason).empty());
  fate.drop(DropReason::stream_error);
  fate.reject_to(RejectTarget::source, DropReason::rules);
  CHECK(fate.verdict == Verdict::reject);
  CHECK(to_string(fate.reason) == "stream error");
  fate.drop(DropReason::rules);
  CHECK(fate.verdict == Verdict::reject);
  fate.reject_to(RejectTarget::source, DropReason::rules);
  CHECK(fate.reject == RejectTarget::source);
  fate.reject_to(RejectTarget::destination, DropReason::rules);
  CHECK(fate.reject == RejectTarget::both);
}
