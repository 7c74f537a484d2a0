#include "output/flow/record_codec.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "output/flow/detail_fields.h"
#include "output/flow/varint.h"
#include "tests/output/flow/sample_records.h"

using namespace weir;
using output::RecordDecoder;
using output::RecordEncoder;
using output_test::check_same, output_test::Filling, output_test::full_record, output_test::listed;

namespace {

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
