// Records for tests: one that says everything, and how to tell that two are the same.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "decoders/flow/record.h"
#include "output/flow/detail_fields.h"

namespace weir::output_test {

// Gives each member a value that no other one has.
struct Filling {
  std::uint64_t next = 0;
  std::vector<std::string> texts = std::vector<std::string>(64);
  template <class T>
  void number(T& value) {
    value = static_cast<T>(++next);
  }
  void text(std::string_view& value) {
    ++next;
    texts[next % texts.size()] = "text " + std::to_string(next);
    value = texts[next % texts.size()];
  }
  void address(IpAddress& value) {
    value = IpAddress::v4(static_cast<std::uint32_t>(++next));
    if (next % 2 == 0) value.family = 6;
  }
};

// All members as text.
struct Listing {
  std::string out;
  template <class T>
  void number(T& value) {
    out += std::to_string(static_cast<std::uint64_t>(value)) + ' ';
  }
  void text(std::string_view& value) { out += std::string(value) + ' '; }
  void address(IpAddress& value) { out += to_string(value) + ' '; }
};

inline std::string listed(const flow::Detail& detail) {
  Listing listing;
  flow::Detail copy = detail;
  output::visit_detail(copy, listing);
  return listing.out;
}

inline flow::Record full_record() {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0x0a000002);
  r.source_port = 1000;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {3, 300, 1'700'000'000'000'000, 1'700'000'005'000'000, 0x1b, 0x10};
  r.sides[1] = {2, 200, 1'700'000'000'100'000, 1'700'000'004'000'000, 0x12, 0x20};
  r.end_reason = flow::EndReason::active;
  r.part = 7;
  r.flows = 12;
  r.sampling = 1000;
  r.in_interface = 3;
  r.out_interface = 70'000;
  r.vlan = 100;
  r.observed_at = 2;
  r.times_of_message = true;
  r.routing = {IpAddress::v4(0x0a0000fe), 65'000, 4'200'000'000, 24, 16};
  r.exporter = {IpAddress::v4(0x7f000201), 7};
  return r;
}

inline void check_same(const flow::Record& a, const flow::Record& b) {
  CHECK(a.source == b.source);
  CHECK(a.destination == b.destination);
  CHECK(a.source_port == b.source_port);
  CHECK(a.destination_port == b.destination_port);
  CHECK(a.protocol == b.protocol);
  CHECK(a.has_icmp == b.has_icmp);
  CHECK(a.icmp_type == b.icmp_type);
  CHECK(a.icmp_code == b.icmp_code);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(a.sides[i].packets == b.sides[i].packets);
    CHECK(a.sides[i].bytes == b.sides[i].bytes);
    CHECK(a.sides[i].first == b.sides[i].first);
    CHECK(a.sides[i].last == b.sides[i].last);
    CHECK(a.sides[i].tcp_flags == b.sides[i].tcp_flags);
    CHECK(a.sides[i].tos == b.sides[i].tos);
  }
  CHECK(a.times_of_message == b.times_of_message);
  CHECK(a.end_reason == b.end_reason);
  CHECK(a.part == b.part);
  CHECK(a.flows == b.flows);
  CHECK(a.sampling == b.sampling);
  CHECK(a.in_interface == b.in_interface);
  CHECK(a.out_interface == b.out_interface);
  CHECK(a.vlan == b.vlan);
  CHECK(a.observed_at == b.observed_at);
  CHECK(a.routing.next_hop == b.routing.next_hop);
  CHECK(a.routing.source_as == b.routing.source_as);
  CHECK(a.routing.destination_as == b.routing.destination_as);
  CHECK(a.routing.source_mask == b.routing.source_mask);
  CHECK(a.routing.destination_mask == b.routing.destination_mask);
  CHECK(a.exporter.address == b.exporter.address);
  CHECK(a.exporter.domain == b.exporter.domain);
  CHECK((a.detail == nullptr) == (b.detail == nullptr));
  if (a.detail != nullptr && b.detail != nullptr) CHECK(listed(*a.detail) == listed(*b.detail));
}

}  // namespace weir::output_test
