// sFlow version 5, https://sflow.org/sflow_version_5.txt: each flow sample becomes a record of one packet.
#include "decoders/flow/decoder.h"
#include "decoders/flow/sflow_sample.h"

namespace weir::flow {
namespace {

constexpr std::uint32_t kAddress4 = 1, kAddress6 = 2;

// Samples of counters are passed over.
void read_samples(const Datagram& in, ByteCursor& datagram, std::uint32_t samples, Domain& domain) {
  Account& account = domain.account;
  if (samples > kMaxSamples) ++account.over_limit;
  for (std::size_t i = 0; i < samples && i < kMaxSamples; ++i) {
    const std::uint32_t format = datagram.be32(), length = datagram.be32();
    const ByteCursor sample = datagram.sub(length);
    if (datagram.failed()) {
      ++account.malformed;
      return;
    }
    const auto kind = static_cast<SflowSample>(format);
    if (kind != SflowSample::flow && kind != SflowSample::expanded_flow) continue;
    Record& record = in.batch.add();
    record.exporter = {in.exporter.address, domain.id};
    const auto [result, is_cut] = read_sflow_sample(kind, sample, record, in.batch);
    account.over_limit += is_cut;
    ++(result == SampleResult::malformed ? account.malformed : account.records);
    // The datagram says how long the switch has run, and not what the time is.
    if (result == SampleResult::record)
      record.sides[0].first = record.sides[0].last = in.received;
    else
      in.batch.drop();
  }
}

}  // namespace

void read_sflow(const Datagram& in) {
  ByteCursor datagram{in.bytes};
  datagram.skip(4);
  const std::uint32_t address_kind = datagram.be32();
  datagram.skip(address_kind == kAddress6 ? 16 : 4);
  const std::uint32_t agent = datagram.be32(), sequence = datagram.be32();
  datagram.skip(4);  // uptime
  const std::uint32_t samples = datagram.be32();
  if (datagram.failed() || (address_kind != kAddress4 && address_kind != kAddress6)) {
    ++in.exporter.without_domain.malformed;
    return;
  }
  Domain& domain = count_message(in, agent, kSflowVersion, in.bytes.size());
  domain.loss.observe(in.port, sequence, 1, true);
  read_samples(in, datagram, samples, domain);
}

}  // namespace weir::flow
