#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "rules/match/frame_buffers.h"
#include "rules/set/rule_set.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

test::One about(std::string_view protocol, std::string_view options) {
  return test::load("alert " + std::string(protocol) + " any any -> any any (" + std::string(options) +
                    " sid:1;)");
}

}  // namespace

TEST_CASE("frame: a frame is named with its protocol, or is one of the header's") {
  struct Row {
    std::string_view protocol, frame, buffer;
  };
  for (const Row& row :
       {Row{"tcp", "tls.pdu", "tls.pdu"}, Row{"tls", "pdu", "tls.pdu"}, Row{"ip", "dns.pdu", "dns.pdu"},
        Row{"http", "http1.request", "http.request"}, Row{"http", "response", "http.response"},
        Row{"ssh", "ssh.record.hdr", "ssh.record.hdr"}, Row{"ssh", "record_hdr", "ssh.record.hdr"},
        Row{"tls", "ssl2.pdu", "tls.ssl2.pdu"}, Row{"http", "http1.stream", "http.stream"},
        Row{"nfs", "nfs.status", "nfs.nfs.status"}, Row{"tcp", "nfs.rpc.pdu", "nfs.rpc.pdu"}}) {
    CAPTURE(row.frame);
    const auto one = about(row.protocol, "frame:" + std::string(row.frame) + "; content:\"a\";");
    CHECK(one.error.empty());
    REQUIRE(one.signature != nullptr);
    CHECK(one.signature->buffers.at(0).buffer->name == row.buffer);
    CHECK(one.signature->header.app_protocols.count() == 1);
  }
}

TEST_CASE("frame: what is no frame, or cannot be asked together with one, is refused") {
  struct Row {
    std::string_view protocol, options, reason;
  };
  for (const Row& row :
       {Row{"tls", "frame:nothing; content:\"a\";", "the rule's protocol has no such frame (nothing)"},
        Row{"tcp", "frame:tls.nothing; content:\"a\";", "tls has no such frame (nothing)"},
        Row{"tcp", "frame:modbus.pdu; content:\"a\";", "frames of modbus are not told apart yet (pdu)"},
        Row{"tcp", "frame:pdu; content:\"a\";",
            "not a frame of a protocol that is parsed; expects PROTOCOL.FRAME (pdu)"},
        Row{"http", "frame:tls.pdu; content:\"a\";",
            "the keyword belongs to tls, but the rule is about http, http2, doh2 (tls.pdu)"},
        Row{"tls", "frame:pdu;", "nothing looks at the last buffer (tls.pdu)"},
        Row{"tls", "frame:hdr; content:\"a\"; frame:data; content:\"b\";",
            "a rule looks at frames of one type, and this one at tls.hdr (tls.data)"},
        Row{"tls", "content:\"a\"; frame:hdr; content:\"b\";",
            "contents of the payload do not go with a frame (tls.hdr)"},
        Row{"tls", "frame:hdr; content:\"b\"; tls.sni; content:\"c\";",
            "keywords about transactions do not go with a frame (tls.hdr)"},
        Row{"dns", "dsize:>3; frame:pdu; content:\"b\";",
            "packet keywords (dsize, flags, ttl ...) and tcp-pkt do not go with a frame (dns.pdu)"},
        Row{"tls", "frame:hdr; absent;", "goes behind the sticky buffer of a protocol ()"}}) {
    CAPTURE(row.options);
    const auto one = about(row.protocol, row.options);
    CHECK(one.signature == nullptr);
    CHECK(one.error.find(row.reason) != std::string::npos);
    if (one.error.find(row.reason) == std::string::npos) MESSAGE(one.error);
  }
}

TEST_CASE("frame: a set of rules says which frames it looks at") {
  RuleEnvironment environment;
  LoadedRules loaded;
  load_rule_text(
      "alert tcp any any -> any any (frame:tls.hdr; content:\"a\"; sid:1;)\n"
      "alert tcp any any -> any any (flow:to_client; frame:tls.pdu; pcre:\"/b/\"; sid:2;)\n"
      "alert http any any -> any any (frame:stream; content:\"c\"; sid:3;)\n",
      "t.rules", environment, loaded);
  REQUIRE(loaded.diagnostics.empty());
  const auto set = RuleSet::build(std::move(loaded.signatures), environment, {});
  const auto& wanted = set->requested().frames;
  const auto of = [&](AppProto p) { return wanted[index(p)]; };
  CHECK(of(AppProto::tls) ==
        (frame_bit(*frame_by_name(proto_tls, "hdr")) | frame_bit(*frame_by_name(proto_tls, "pdu"))));
  CHECK(of(AppProto::http) == frame_bit(kStreamFrame));
  CHECK(of(AppProto::dns) == 0);
}

TEST_CASE("frame: every frame of every protocol is a buffer") {
  for (const ProtocolInfo* row : all_protocols()) {
    const ProtocolInfo& info = *row;
    REQUIRE(info.frames.size() <= kStreamFrame);
    for (const std::string_view name : info.frames) {
      const BufferSpec* buffer = frame_buffer(info.id, name);
      REQUIRE(buffer != nullptr);
      CHECK(buffer->frame->protocol == info.id);
      CHECK(frame_name(info, buffer->frame->type) == name);
    }
  }
}
