#include "output/flow/record_codec.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "output/flow/detail_fields.h"
#include "output/flow/varint.h"

using namespace weir;
using output::RecordDecoder;
using output::RecordEncoder;

namespace {

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

// The greatest number, and a long text, everywhere.
struct Greatest {
  const std::string& with;
  template <class T>
  void number(T& value) {
    value = static_cast<T>(~std::uint64_t{0});
  }
  void text(std::string_view& value) { value = with; }
  void address(IpAddress& value) { value.family = 6; }
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

std::string listed(const flow::Detail& detail) {
  Listing listing;
  flow::Detail copy = detail;
  output::visit_detail(copy, listing);
  return listing.out;
}

flow::Record full_record() {
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

void check_same(const flow::Record& a, const flow::Record& b) {
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

std::vector<std::uint8_t> encoded(const std::vector<flow::Record>& records) {
  std::vector<std::uint8_t> out(records.size() * output::kMaxRecordBytes);
  RecordEncoder encoder;
  std::uint8_t* at = out.data();
  for (const flow::Record& r : records) at = encoder.encode(r, at);
  out.resize(static_cast<std::size_t>(at - out.data()));
  return out;
}

}  // namespace

TEST_CASE("record codec: what is written is read, everything and nothing") {
  Filling filling;
  flow::Detail everything;
  output::visit_detail(everything, filling);
  flow::Record full = full_record(), plain = full_record(), six, icmp = full_record();
  full.detail = &everything;
  plain.routing = {};
  plain.sides[1] = {};
  plain.sampling = 1;
  six.source = six.destination = IpAddress::v4(1);
  six.source.family = six.destination.family = 6;
  six.sides[0].first = -5;
  icmp.has_icmp = true;
  icmp.source_port = icmp.destination_port = 0;
  icmp.icmp_type = 3;
  icmp.icmp_code = 1;
  icmp.exporter.domain = 8;
  icmp.destination.family = 6;
  const std::vector<flow::Record> records{full, plain, six, icmp, full};
  const std::vector<std::uint8_t> bytes = encoded(records);
  ByteCursor in{Bytes{bytes}};
  RecordDecoder decoder;
  for (const flow::Record& record : records) {
    flow::Record got;
    flow::Detail detail;
    REQUIRE(decoder.decode(in, got, detail));
    check_same(record, got);
  }
  CHECK(in.empty());
}

TEST_CASE("record codec: a plain record is short, and the next one of its exporter shorter") {
  flow::Record r = full_record();
  r.routing = {};
  r.sides[1] = {};
  r.detail = nullptr;
  const std::size_t one = encoded({r}).size(), two = encoded({r, r}).size();
  CHECK(one < 60);
  CHECK(two - one < 48);
}

TEST_CASE("record codec: long texts are cut, and the longest record keeps to its limit") {
  const std::string text(5000, 'x');
  flow::Detail detail;
  Greatest texts{text};
  output::visit_detail(detail, texts);
  flow::Record r = full_record();
  r.detail = &detail;
  const std::vector<std::uint8_t> bytes = encoded({r});
  CHECK(bytes.size() < output::kMaxRecordBytes);
  ByteCursor in{Bytes{bytes}};
  flow::Record got;
  flow::Detail read;
  REQUIRE(RecordDecoder{}.decode(in, got, read));
  CHECK(read.user.size() == output::kMaxRecordTextBytes);
}

TEST_CASE("record codec: every truncation of a record is none") {
  Filling filling;
  flow::Detail everything;
  output::visit_detail(everything, filling);
  flow::Record r = full_record();
  r.detail = &everything;
  const std::vector<std::uint8_t> bytes = encoded({r});
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    const std::vector<std::uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    ByteCursor in{Bytes{part}};
    flow::Record got;
    flow::Detail detail;
    CHECK_FALSE(RecordDecoder{}.decode(in, got, detail));
  }
}

TEST_CASE("varint: all sizes of numbers of both signs, and one that does not end") {
  for (const std::uint64_t n : {0ULL, 1ULL, 127ULL, 128ULL, 300ULL, (1ULL << 63U), ~0ULL}) {
    std::array<std::uint8_t, output::kMaxVarintBytes> bytes{};
    const std::uint8_t* const end = output::put_varint(bytes.data(), n);
    ByteCursor in{Bytes{bytes.data(), static_cast<std::size_t>(end - bytes.data())}};
    CHECK(output::take_varint(in) == n);
    CHECK(in.empty());
    CHECK(output::zigzag(output::unzigzag(n)) == n);
  }
  CHECK(output::zigzag(-1) == 1);
  const std::vector<std::uint8_t> endless(20, 0xff);
  ByteCursor in{Bytes{endless}};
  (void)output::take_varint(in);
  CHECK(in.failed());
}
