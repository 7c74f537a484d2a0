// Datagrams of flow exporters through a decoder: netflow5, netflow9, ipfix and sflow, which differ in the version that the input's
// datagrams get.
//
// Input: datagrams of a byte (1: from another port; 2: from another address; 4: some time later), two bytes of length, and what
// stands behind the version.
#include <cstdint>
#include <vector>

#include "decoders/flow/decoder.h"
#include "decoders/flow/vpc_log.h"
#include "decoders/text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

constexpr std::size_t kMostDatagrams = 64, kStateBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kOwnEnterprise = 6871;  // whose elements are read as ours
constexpr TimeUs kStart = TimeUs{1'700'000'000} * 1'000'000;

class Reader final : public flow::RecordConsumer {
 public:
  void take(std::span<const flow::Record> records) override {
    must(!records.empty(), "a batch is not empty");
    for (const flow::Record& r : records) {
      must(r.source.family != 0 && r.destination.family != 0, "a record has addresses");
      must(r.sampling >= 1, "a record stands for at least itself");
      if (r.detail != nullptr) read(*r.detail);
    }
    count_ += records.size();
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void read(const flow::Detail& d) {
    for (const std::string_view text :
         {d.user, d.application, d.host, d.in_interface_name, d.out_interface_name})
      for (const char c : text) sum_ = sum_ + static_cast<unsigned char>(c);
  }
  std::uint64_t count_ = 0;
  volatile std::uint64_t sum_ = 0;  // so that what is pointed to is read
};

void decode(Bytes bytes, const std::vector<std::uint8_t>& version) {
  Input input(bytes);
  Reader reader;
  flow::FlowDecoder decoder(reader, kStateBytes, kOwnEnterprise);
  TimeUs now = kStart;
  for (std::size_t i = 0; i < kMostDatagrams && !input.empty(); ++i) {
    const std::uint8_t how = input.u8();
    const Bytes body = input.bytes(input.u16());
    std::vector<std::uint8_t> datagram(version);  // of just its size, so that a read beyond it is found
    datagram.insert(datagram.end(), body.begin(), body.end());
    if ((how & 4U) != 0) decoder.tick(now += TimeUs{3600} * 1'000'000);
    decoder.datagram({IpAddress::v4((how & 2U) != 0 ? 2 : 1), static_cast<std::uint16_t>(1000 + (how & 1U))},
                     now, datagram);
    must(decoder.state_bytes() <= kStateBytes, "a decoder keeps to its limit");
  }
  flow::Account all;
  decoder.for_each_account([&](const IpAddress&, auto, const flow::Account& account) { all.add(account); });
  must(all.records >= reader.count(), "every record is counted");
  flow::FlowDecoder next(reader, 2 * kStateBytes, kOwnEnterprise);
  std::string saved;
  decoder.save([&](std::string_view piece) { saved += piece; });
  must(next.load(saved, now) == 0, "what is saved can be loaded");
}

}  // namespace

void fuzz_netflow5(Bytes input) {
  decode(input, {0, 5});
}
void fuzz_netflow9(Bytes input) {
  decode(input, {0, 9});
}
void fuzz_ipfix(Bytes input) {
  decode(input, {0, 10});
}
void fuzz_sflow(Bytes input) {
  decode(input, {0, 0, 0, 5});
}

void fuzz_vpc_log(Bytes input) {
  Reader reader;
  flow::RecordBatch batch(reader);
  flow::VpcLog log;
  std::uint64_t records = 0;
  for (std::string_view text = as_text(input); !text.empty();) {
    const std::string_view line = cut(text, '\n');
    const auto result = log.read(line, batch);
    records += result == flow::VpcLog::Line::record ? 1 : 0;
    must(result != flow::VpcLog::Line::wrong || log.problem().column <= line.size() + 1,
         "a problem has its place");
  }
  batch.flush();
  must(reader.count() == records, "each line is a record at most");
}

}  // namespace weir::fuzz
