#include "output/flow/hidden_record.h"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "output/flow/detail_fields.h"

using namespace weir;
using namespace weir::output;

namespace {

struct SetAddresses {
  std::uint8_t next = 1;
  template <class T>
  void number(T& /*number*/) const {}
  void text(std::string_view& /*text*/) const {}
  void address(IpAddress& a) { a = IpAddress::v4(0x0a000000U + next++); }
};
struct ListAddresses {
  std::vector<IpAddress>& out;
  template <class T>
  void number(T& /*number*/) const {}
  void text(const std::string_view& /*text*/) const {}
  void address(const IpAddress& a) const { out.push_back(a); }
};

}  // namespace

TEST_CASE("hidden records: no address is what it was, and nothing else names anybody") {
  auto pan = CryptoPan::make({1, 2, 3});
  REQUIRE(pan);
  flow::Record r;
  flow::Detail d;
  SetAddresses set;
  visit_detail(d, set);
  for (IpAddress* a : {&r.source, &r.destination, &r.routing.next_hop, &r.exporter.address}) set.address(*a);
  d.user = d.host = d.certificate_sha256 = d.sides[0].payload = "alice";
  d.in_interface_name = d.out_interface_name = "gre-10.77.1.2";
  d.application = "http";
  d.source_mac = {2, 0, 0, 0, 0, 1};
  r.countries = {{{'D', 'E'}, {'F', 'R'}}};
  r.routing.source_as = 64500;
  r.routing.destination_as = 64501;
  r.detail = &d;
  flow::Detail kept;
  const flow::Record hidden = hidden_record(r, *pan, kept);
  REQUIRE(hidden.detail == &kept);
  CHECK(hidden.countries == decltype(r.countries){});
  CHECK(hidden.routing.source_as == 0);
  CHECK(hidden.routing.destination_as == 0);
  std::vector<IpAddress> before, after;
  ListAddresses list_before{before}, list_after{after};
  visit_detail(std::as_const(d), list_before);
  visit_detail(std::as_const(kept), list_after);
  for (const flow::Record* of : {&std::as_const(r), &hidden})
    for (const IpAddress& a : {of->source, of->destination, of->routing.next_hop, of->exporter.address})
      (of == &r ? before : after).push_back(a);
  REQUIRE(before.size() == after.size());
  CHECK(before.size() >= 9);
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(after[i] != before[i]);
    CHECK(after[i] == (*pan)(before[i]));
  }
  CHECK(kept.in_interface_name.empty());
  CHECK(kept.out_interface_name.empty());
  CHECK(kept.user.empty());
  CHECK(kept.host.empty());
  CHECK(kept.certificate_sha256.empty());
  CHECK(kept.sides[0].payload.empty());
  CHECK((kept.source_mac == MacAddress{}));
  CHECK(kept.application == "http");
  CHECK(d.user == "alice");
}
