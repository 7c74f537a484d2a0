#include "rules/load/record_use.h"

#include <doctest/doctest.h>

#include "rules/load/rule_loader.h"

using namespace weir::rules;

namespace {

std::string why_not(const std::string& header, const std::string& options) {
  RuleEnvironment environment;
  LoadedRules loaded;
  load_rule_text("alert " + header + " (" + options + " sid:1;)\n", "test.rules", environment, loaded);
  REQUIRE(loaded.signatures.size() == 1);
  return why_not_on_records(*loaded.signatures.front());
}

}  // namespace

TEST_CASE("records: rules about what a record says can match on it") {
  for (const char* options :
       {"", "flow:to_server,established;", "flow.pkts:toserver,>10; flow.bytes:both,>10; flow.age:>5;",
        "flags:S;", "itype:8; icode:0;", "ip_proto:17;", "sameip;", "vlan.id:1;",
        "xbits:isset,a,track ip_src;", "xbits:set,a,track ip_src; noalert;",
        "threshold:type limit,track by_src,count 1,seconds 60;"}) {
    CAPTURE(options);
    CHECK(why_not("ip any any -> any any", options).empty());
  }
}

TEST_CASE("records: of all others is said which condition no record can meet") {
  struct Row {
    const char *header, *options, *why;
  };
  for (const Row& row :
       {Row{"tcp any any -> any any", "content:\"abc\";", "it looks at the payload"},
        Row{"tcp any any -> any any", "http.uri; content:\"abc\";", "it looks at http.uri"},
        Row{"tls any any -> any any", "", "it asks for an application protocol"},
        Row{"tls any any -> any any", "tls.version:1.0;", "it asks for an application protocol"},
        Row{"udp any any -> any any", "dsize:>5;", "dsize asks for single packets"},
        Row{"ip any any -> any any", "ttl:<5;", "ttl asks for what no record says"},
        Row{"tcp any any -> any any", "stream_size:server,>,5;", "stream_size asks for what no record says"},
        Row{"tcp any any -> any any", "flowbits:isset,a;", "flowbits are not known of records"},
        Row{"tcp any any -> any any", "flowbits:isnotset,a;",
            "one of its conditions is about single packets"},
        Row{"tcp any any -> any any", "flow:only_stream;", "it looks at the stream"},
        Row{"ip any any -> any any", "flow:only_frag;", "it asks for fragments"},
        Row{"tcp any any -> any any", "noalert;", "it writes no alert"},
        Row{"pkthdr any any -> any any", "decode-event:ipv4.pkt_too_small;",
            "it is about broken packet headers"}}) {
    CAPTURE(row.options);
    CHECK(why_not(row.header, row.options) == row.why);
  }
}
