// Keywords that describe a rule, and those about what becomes of a match.
#include <doctest/doctest.h>

#include <string>

#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::with_options;

TEST_CASE("a rule's description") {
  RuleEnvironment environment;
  environment.classifications["trojan-activity"] = {"A Network Trojan was detected", 1};
  environment.reference_systems["url"] = "https://";
  const auto one = test::load(
      R"(alert ip any any -> any any (msg:"a \"quoted\"\; text \\ \n"; gid:3; sid:42; rev:7; classtype:trojan-activity; )"
      R"(reference:url,example.com/x; reference:cve, 2020-1; metadata:created_at 2020_01_01, policy a b, flag; target:dest_ip;))",
      environment);
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  const SignatureMeta& m = one.signature->meta;
  CHECK(m.msg == "a \"quoted\"; text \\ \\n");
  CHECK(m.gid == 3);
  CHECK(m.sid == 42);
  CHECK(m.rev == 7);
  CHECK(m.category == "A Network Trojan was detected");
  CHECK(m.priority == 1);
  REQUIRE(m.references.size() == 2);
  CHECK(m.references[0].first == "https://");
  CHECK(m.references[0].second == "example.com/x");
  REQUIRE(m.metadata.size() == 3);
  CHECK(m.metadata[1].second == "a b");
  CHECK(m.target == Target::destination);
}

TEST_CASE("a priority beats the one of the class, wherever it stands") {
  RuleEnvironment environment;
  environment.classifications["c"] = {"text", 1};
  CHECK(test::load("alert ip any any -> any any (priority:4; classtype:c; sid:1;)", environment)
            .signature->meta.priority == 4);
  CHECK(test::load("alert ip any any -> any any (classtype:c; priority:4; sid:1;)", environment)
            .signature->meta.priority == 4);
  CHECK(test::load("alert ip any any -> any any (classtype:unknown; sid:1;)", environment)
            .signature->meta.priority == 3);
}

TEST_CASE("tags, thresholds and flags of a rule") {
  const auto one = with_options(
      "tag:host,100,packets,dst; tag:session; threshold: type both , track by_src, count 100, seconds 60; "
      "noalert; dsize:5; prefilter;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  const Signature& s = *one.signature;
  REQUIRE(s.tags.size() == 2);
  CHECK_FALSE(s.tags[0].session);
  CHECK_FALSE(s.tags[0].by_source);
  CHECK(s.tags[0].unit == TagUnit::packets);
  CHECK(s.tags[0].count == 100);
  CHECK(s.tags[1].session);
  CHECK(s.tags[1].count == 256);
  REQUIRE(s.threshold.has_value());
  CHECK(s.threshold->type == ThresholdType::both);
  CHECK(s.threshold->count == 100);
  CHECK(s.noalert);
  const auto backoff = with_options("threshold:type backoff, track by_flow, count 1, multiplier 10;");
  REQUIRE_MESSAGE(backoff.signature != nullptr, backoff.error);
  CHECK(backoff.signature->threshold->multiplier == 10);
  const auto filter = with_options("detection_filter:track by_dst,count 15,seconds 2;");
  REQUIRE_MESSAGE(filter.signature != nullptr, filter.error);
  CHECK(filter.signature->detection_filter->track == ThresholdTrack::by_dst);
  CHECK(with_options("alert;").signature->alert_requested);
  const auto logging = [](const char* options) { return with_options(options).signature->logging_off; };
  CHECK(logging("config:logging disable,type tx,scope tx;") == LoggingOff::transaction);
  CHECK(logging("config: logging disable, type tx, scope flow;") == LoggingOff::transactions);
  CHECK(logging("config:logging disable, type flow, scope flow;") == LoggingOff::flow);
}

TEST_CASE("descriptions that cannot be read are refused") {
  for (const char* options : {"msg:unquoted;",
                              "msg:\"a\"; msg:\"b\";",
                              "rev:x;",
                              "gid:-1;",
                              "priority:0;",
                              "priority:256;",
                              "reference:url;",
                              "reference:,x;",
                              "target:both;",
                              "geoip:src;",
                              "geoip:fr;",
                              "geoip:src,FR,U1;",
                              "geoip:src,FR;",  // there is no database
                              "config:logging disable;",
                              "config:logging enable,type tx,scope tx;",
                              "config:logging disable,scope tx,type tx;",
                              "config:logging disable,type tx,scope packet;",
                              "config:logging disable,type flow,scope tx;",
                              "config:tracking disable,type flow,scope packet;",
                              "config:detection disable,type tx,scope tx;",
                              "tag:flow;",
                              "tag:session,5;",
                              "tag:session,x,packets;",
                              "tag:session,0,packets;",
                              "tag:session,5,miles;",
                              "tag:session,5,packets,src;",
                              "tag:host,5,packets,left;",
                              "threshold:type limit,track by_src,count 1;",
                              "threshold:track by_src,count 1,seconds 1;",
                              "threshold:type often,track by_src,count 1,seconds 1;",
                              "threshold:type limit,track by_moon,count 1,seconds 1;",
                              "threshold:type limit,track by_src,count 0,seconds 1;",
                              "threshold:type limit,track by_src,count 1,count 2,seconds 1;",
                              "threshold:type limit,count 1,seconds 1;",
                              "threshold:type backoff,track by_src,count 1,multiplier 2;",
                              "threshold:type backoff,track by_flow,count 1;",
                              "detection_filter:type limit,track by_src,count 1,seconds 1;",
                              "detection_filter:track by_src,count 1;",
                              "prefilter;"}) {
    CAPTURE(options);
    CHECK(with_options(options).signature == nullptr);
  }
  CHECK(test::load("alert ip any any -> any any (sid:0;)").signature == nullptr);
  CHECK(test::load("alert ip any any -> any any (sid:4294967296;)").signature == nullptr);
}
