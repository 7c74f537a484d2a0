// A filter of flow records, and records that it is asked about: what the filter takes is never left out by what it tells sources, and
// its negation takes the others.
#include <string>

#include "decoders/text.h"
#include "engine/query/filter/filter.h"
#include "engine/query/record_source.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

// Few values, so that filters meet them: the input says which.
flow::Record record_of(Input& in) {
  flow::Record r;
  const unsigned choice = in.u8();
  r.source = IpAddress::v4(0x0a000000 + (choice & 3U));
  r.destination = IpAddress::v4(0xc0000200 + (choice >> 2U & 3U));
  r.protocol = (choice & 16U) != 0 ? 6 : 1;
  r.has_icmp = r.protocol == 1;
  r.source_port = in.u16();
  r.destination_port = (choice & 32U) != 0 ? 443 : in.u16();
  r.sides[0] = {.packets = in.u8(), .bytes = in.u32(), .first = 1, .last = in.u32(), .tcp_flags = in.u8()};
  if ((choice & 64U) != 0)
    r.sides[1] = {.packets = in.u8(), .bytes = in.u32(), .first = 2, .last = in.u32(), .tcp_flags = in.u8()};
  r.vlan = in.u8();
  return r;
}

}  // namespace

void fuzz_flow_filter(Bytes input) {
  Input in(input);
  const std::size_t length = in.u16();
  const std::string text(in.text(length));
  const auto filter = engine::Filter::parse(text);
  if (!filter) {
    must(filter.error().starts_with("column "), "an error says where it is");
    return;
  }
  const auto negated = engine::Filter::parse("not (" + text + ")");
  for (int n = 0; n < 4 && !in.empty(); ++n) {
    flow::Record record = record_of(in);
    flow::Detail detail;
    detail.application = in.text(3);
    detail.host = in.text(8);
    record.detail = &detail;
    const bool taken = filter->matches(record);
    must(!taken || engine::fits(filter->narrow(), record), "what is taken is not left out before");
    must(!negated || negated->matches(record) != taken, "the negation takes the others");
  }
}

}  // namespace weir::fuzz
