#include "decoders/app/rdp/rdp.h"

#include <utility>

#include "decoders/app/tls/tls.h"
#include "decoders/byte_cursor.h"
#include "decoders/text.h"

namespace weir::rdp {
namespace {

constexpr std::uint8_t kTlsHandshake = 0x16;

// "00:97:E6" becomes "97e6", as a number is written.
SlabString plain_serial(std::string_view serial) {
  SlabString out;
  for (const char c : serial)
    if (c != ':' && (c != '0' || !out.empty())) out += to_lower(c);
  return out;
}

Message certificates_of(const tls::CertificateChain& chain) {
  Message out{.kind = MessageKind::tls_handshake};
  for (std::size_t i = 0; i < chain.parts.size() && i < kMaxListed; ++i) {
    tls::Certificate certificate;
    tls::parse_certificate(chain.certificate(i), certificate);  // what can be read of a broken one, too
    if (!certificate.serial.empty()) out.list.push_back(plain_serial(certificate.serial));
  }
  return out;
}

}  // namespace

RdpParser::RdpParser() = default;
RdpParser::~RdpParser() = default;

ParseOutcome RdpParser::parse(const AppInput& in) {
  bool& in_tls = in_tls_[index(in.direction)];
  if (!over_ && !in_tls && !in.data.empty() && in.data[0] == kTlsHandshake) {
    in_tls = true;
    if (tls_ == nullptr) tls_ = std::make_unique<tls::TlsParser>(EncryptionHandling::full);
  }
  if (in_tls && !over_) return parse_tls(in);
  return records_.run(in.direction, in.data, kPacketHeader,
                      [&](Bytes data) { return step(in.direction, data); });
}

RecordStep RdpParser::step(Direction d, Bytes data) {
  if (over_) return RecordStep::took(data.size());
  if (data[0] == kTlsHandshake) return RecordStep::pause();  // parse() goes on with it
  if (data.size() < kPacketHeader) return RecordStep::wants(kPacketHeader);
  const auto length = packet_length(data);
  if (!length) return RecordStep::broken();
  if (data.size() < *length) return RecordStep::wants(*length);
  if (transactions_.batch_full()) return RecordStep::pause();
  if (auto message = parse_message(data.first(*length))) add(d, std::move(*message));
  return RecordStep::took(*length);
}

// Until the server's certificates are there, or the handshake hides them.
ParseOutcome RdpParser::parse_tls(const AppInput& in) {
  AppInput inner = in;
  inner.frames = {};  // they are of another protocol
  ParseOutcome out = tls_->parse(inner);
  const auto* handshake = tx_cast<tls::TlsTransaction>(tls_->transactions().first());
  const bool failed = out.status == ParseOutcome::Status::error;
  if (handshake != nullptr && !handshake->server_chain.empty()) {
    add(Direction::to_client, certificates_of(handshake->server_chain));
    over_ = true;
  }
  over_ = over_ || failed;
  if (!over_) return out;
  tls_.reset();
  return {.consumed = in.data.size()};
}

void RdpParser::add(Direction d, Message&& message) {
  over_ = over_ || message.kind == MessageKind::connect_response;
  auto& tx = transactions_.add<RdpTransaction>(d);
  tx.message = std::move(message);
  transactions_.charge(tx);
}

// Nothing of what comes later is read.
bool RdpParser::begin_midway() {
  over_ = true;
  return true;
}

bool RdpParser::on_gap(Direction d, std::uint64_t length) {
  if (!records_.skip_gap(d, length)) over_ = true;
  return true;
}

}  // namespace weir::rdp
