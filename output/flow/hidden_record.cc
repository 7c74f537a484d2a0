#include "output/flow/hidden_record.h"

#include "output/flow/detail_fields.h"

namespace weir::output {
namespace {

// Sees all members, so that an address that is added some day is changed as well.
struct ChangeAddresses {
  CryptoPan& change;
  template <class T>
  void number(T& /*number*/) const {}
  void text(std::string_view& /*text*/) const {}
  void address(IpAddress& a) const { a = change(a); }
};

void forget_names(flow::Detail& d) {
  d.source_mac = d.destination_mac = {};
  d.in_interface_name = d.out_interface_name = {};  // tunnels are named by their ends
  d.user = d.host = d.certificate_sha256 = {};
  d.hit_indicators = {};  // addresses and names, most of them
  for (flow::SideDetail& side : d.sides) {
    side.payload = {};
    side.entropy_milli = 0;
  }
}

}  // namespace

flow::Record hidden_record(const flow::Record& record, CryptoPan& change, flow::Detail& detail) {
  flow::Record out = record;
  for (IpAddress* const address :
       {&out.source, &out.destination, &out.routing.next_hop, &out.exporter.address})
    *address = change(*address);
  // Both tell whose address it was, the more so where few addresses belong to one.
  out.countries = {};
  out.routing.source_as = out.routing.destination_as = 0;
  if (record.detail == nullptr) return out;
  detail = *record.detail;
  ChangeAddresses visitor{change};
  visit_detail(detail, visitor);
  forget_names(detail);
  out.detail = &detail;
  return out;
}

}  // namespace weir::output
