#include "decoders/app/tls/tls.h"

#include <algorithm>

#include "decoders/byte_cursor.h"

namespace weir::tls {
namespace {

constexpr std::size_t kRecordHeader = 5, kMessageHeader = 4;
constexpr std::size_t kSslv2Header = 2;

enum RecordType : std::uint8_t {
  record_change_cipher_spec = 20,
  record_alert = 21,
  record_handshake = 22,
  record_application_data = 23,
  record_heartbeat = 24
};

enum HandshakeType : std::uint8_t {
  handshake_client_hello = 1,
  handshake_server_hello = 2,
  handshake_certificate = 11,
  handshake_server_key_exchange = 12,
  handshake_certificate_request = 13,
  handshake_server_hello_done = 14,
  handshake_client_key_exchange = 16,
  handshake_nothing = 255  // never given out
};

bool is_record_type(std::uint8_t type) {
  return type >= record_change_cipher_spec && type <= record_heartbeat;
}

// https://www.iana.org/assignments/tls-parameters, and what drafts had.
bool is_handshake_type(std::uint8_t type) {
  return type <= 6 || type == 8 || (type >= 11 && type <= 16) || (type >= 20 && type <= 26) || type == 67 ||
         type >= 254;
}

// SSLv3 to TLS 1.3, and the drafts that put their number into records.
bool is_record_version(std::uint16_t version) {
  return (version >= 0x0300 && version <= 0x0304) || (version >> 8U) == 0x7f;
}

}  // namespace

ParseOutcome TlsParser::parse(const AppInput& in) {
  if (over()) return {.consumed = in.data.size()};
  frames_ = in.frames;
  std::size_t records = 0;
  // The first byte tells what is no record: it is not kept waiting for a header, which may never come.
  ParseOutcome outcome = records_.run(in.direction, in.data, 1, [&](Bytes data) {
    settle(in.direction, false);
    if (leaves_the_rest())
      return RecordStep::wants(data.size() + 1);  // none of it, wherever the segment ends
    if (frames_.full()) return RecordStep::pause();
    const RecordStep step = record(in.direction, data);
    const bool whole = step.kind == RecordStep::Kind::took || step.kind == RecordStep::Kind::skip;
    if (whole && !application_data_ && ++records == kManyRecords + 1)
      raise(Event::too_many_records_in_packet);
    return step;
  });
  settle(in.direction, in.eof);
  if (outcome.status == ParseOutcome::Status::ok && leaves_the_rest()) {
    outcome.status = ParseOutcome::Status::bypass;
    outcome.leave_flow = handling_ == EncryptionHandling::bypass;
  }
  return outcome;
}

RecordStep TlsParser::record(Direction d, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t type = in.u8();
  if (!is_record_type(type)) return sslv2_record(d, data);
  const std::uint16_t version = in.be16();
  const std::size_t length = in.be16();
  if (in.failed()) return RecordStep::wants(kRecordHeader);
  if (!is_record_version(version)) return refuse(Event::invalid_record_version);
  tx().record_version[index(d)] = version;
  if (length == 0 && type <= record_handshake) raise(Event::invalid_tls_header);  // RFC 5246 6.2.1 forbids it
  if (length > kMaxRecord) return refuse(Event::invalid_record_length);
  if (type == record_application_data) {
    tell_frames(type, data, length);
    application_data(d);
    return RecordStep::skip(kRecordHeader + length);
  }
  if (length > in.remaining()) return RecordStep::wants(kRecordHeader + length);
  tell_frames(type, data, length);
  record_body(d, type, in.take(length));
  return RecordStep::took(kRecordHeader + length);
}

// `length` bytes follow the header; not all of them need be there.
void TlsParser::tell_frames(std::uint8_t type, Bytes record, std::size_t length) {
  const std::uint64_t tx_id = tx().id;
  const Bytes body = record.subspan(kRecordHeader);
  frames_.begin(FrameKind::pdu, record, kRecordHeader + length, tx_id);
  frames_.begin(FrameKind::hdr, record, kRecordHeader, tx_id);
  frames_.begin(FrameKind::data, body, length, tx_id);
  if (type == record_alert) frames_.begin(FrameKind::alert, body, length, tx_id);
  if (type == record_heartbeat) frames_.begin(FrameKind::heartbeat, body, length, tx_id);
}

RecordStep TlsParser::refuse(Event e) {
  raise(e);
  return RecordStep::broken();
}

// Early data of TLS 1.3 comes before the server has said a word (RFC 8446 2.3): the handshake goes on.
void TlsParser::application_data(Direction d) {
  application_data_ = application_data_ || d == Direction::to_client || tx().server.seen || !tx().client.seen;
}

// A two-byte header with the top bit set, then CLIENT-HELLO (1) or SERVER-HELLO (4): the SSLv2 draft, and how
// old clients open later versions (RFC 5246 E.2).
RecordStep TlsParser::sslv2_record(Direction d, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t header = in.be16();
  const std::uint8_t type = in.u8();
  const std::uint16_t version = in.be16();
  const bool first = !tx().client.seen || (d == Direction::to_client && !tx().server.seen);
  if ((data[0] & 0x80U) == 0 || !first || (!in.failed() && type > 8))
    return refuse(first && (data[0] & 0x80U) != 0 ? Event::invalid_sslv2_header : Event::invalid_record_type);
  if (in.failed()) return RecordStep::wants(kRecordHeader);
  const std::size_t length = kSslv2Header + (header & 0x7fffU);
  if (length > data.size()) return length > kMaxRecord ? RecordStep::broken() : RecordStep::wants(length);
  frames_.begin(FrameKind::ssl2_hdr, data, kSslv2Header, tx().id);
  frames_.begin(FrameKind::ssl2_pdu, data, length, tx().id);
  if (type == 0) raise(Event::error_message_encountered);
  tx().record_version[index(d)] = 0x0200;
  if (type == 1 && d == Direction::to_server) {
    tx().client.version = version;
    tx().client.seen = true;
    tx().reach(ClientState::hello_done);
  }
  return RecordStep::took(length);
}

void TlsParser::record_body(Direction d, std::uint8_t type, Bytes body) {
  switch (type) {
    case record_change_cipher_spec: cipher_changed_[index(d)] = true; break;
    case record_handshake:
      if (!encrypted(d)) handshake_bytes(d, body);
      break;
    case record_heartbeat:
      if (!encrypted(d)) heartbeat(body);
      break;
    default: break;  // alerts are seen in the stream
  }
}

void TlsParser::handshake_bytes(Direction d, Bytes bytes) {
  Handshake& h = handshake_[index(d)];
  const std::size_t skipped = std::min(h.skip, bytes.size());
  h.skip -= skipped;
  bytes = bytes.subspan(skipped);
  if (h.pending.empty()) {
    whole_messages(d, bytes);
    h.pending.assign(bytes.begin(), bytes.end());
    return;
  }
  h.pending.insert(h.pending.end(), bytes.begin(), bytes.end());
  Bytes all = h.pending;
  whole_messages(d, all);
  h.pending.erase(h.pending.begin(), h.pending.end() - static_cast<std::ptrdiff_t>(all.size()));
}

// Handles every message that is there and leaves the rest in `bytes`.
void TlsParser::whole_messages(Direction d, Bytes& bytes) {
  while (bytes.size() >= kMessageHeader) {
    ByteCursor in{bytes};
    const std::uint8_t type = in.u8();
    const std::size_t length = in.be24();
    if (!is_handshake_type(type)) raise(Event::invalid_handshake_message);
    if (length > kMaxHandshakeMessage) {
      const std::size_t whole = kMessageHeader + length;
      raise(Event::handshake_invalid_length);
      handshake_[index(d)].skip = whole - std::min(whole, bytes.size());
      bytes = bytes.subspan(std::min(whole, bytes.size()));
      continue;
    }
    if (length > in.remaining()) return;
    message(d, type, in.take(length));
    bytes = in.rest();
  }
}

void TlsParser::message(Direction d, std::uint8_t type, Bytes body) {
  switch (type) {
    case handshake_client_hello:
      if (d == Direction::to_server) client_hello(body);
      break;
    case handshake_server_hello:
      if (d == Direction::to_client) server_hello(body);
      break;
    case handshake_certificate: certificates(d, body); break;
    case handshake_server_key_exchange: tx().server_key_exchange = true; break;
    case handshake_client_key_exchange: tx().client_key_exchange = true; break;
    case handshake_certificate_request: tx().certificate_requested = true; break;
    case handshake_server_hello_done: tx().reach(ServerState::hello_done); break;
    case handshake_nothing: raise(Event::invalid_ssl_record); break;
    default: break;
  }
}

void TlsParser::note(HelloFault fault) {
  switch (fault) {
    case HelloFault::none: break;
    case HelloFault::truncated: raise(Event::handshake_invalid_length); break;
    case HelloFault::multiple_sni: raise(Event::multiple_sni_extensions); break;
    case HelloFault::sni_type: raise(Event::invalid_sni_type); break;
    case HelloFault::sni_length: raise(Event::invalid_sni_length); break;
  }
}

// A repeated hello (after HelloRetryRequest, or in a renegotiation) does not replace the first.
void TlsParser::client_hello(Bytes body) {
  if (tx().client.seen) return;
  tx().fingerprints = fingerprints_;
  note(parse_client_hello(body, tx().client));
  tx().reach(ClientState::hello_done);
}

void TlsParser::server_hello(Bytes body) {
  if (tx().server.seen) return;
  tx().fingerprints = fingerprints_;
  note(parse_server_hello(body, tx().server));
  tx().reach(ServerState::hello);
}

// RFC 5246 7.4.2: a list of certificates, each behind its length, the sender's own first.
void TlsParser::certificates(Direction d, Bytes body) {
  CertificateChain& chain = d == Direction::to_client ? tx().server_chain : tx().client_chain;
  if (!chain.empty()) return;
  ByteCursor in{body};
  ByteCursor list = in.sub(in.be24());
  if (in.failed()) return raise(Event::certificate_invalid_length);
  chain.bytes.reserve(list.remaining());
  while (!list.empty() && chain.parts.size() < kMaxCertificates) {
    const Bytes der = list.take(list.be24());
    if (list.failed()) {
      raise(Event::certificate_invalid_length);
      break;
    }
    chain.parts.push_back(
        {static_cast<std::uint32_t>(chain.bytes.size()), static_cast<std::uint32_t>(der.size())});
    chain.bytes.insert(chain.bytes.end(), der.begin(), der.end());
  }
  if (chain.empty()) return;  // a client may answer a request with no certificate
  const CertificateFault fault = parse_certificate(chain.certificate(0), chain.leaf);
  constexpr std::array kEvents = {Event::invalid_certificate /* none */,
                                  Event::certificate_invalid_der,
                                  Event::certificate_invalid_version,
                                  Event::certificate_invalid_serial,
                                  Event::certificate_invalid_algorithmidentifier,
                                  Event::certificate_invalid_issuer,
                                  Event::certificate_invalid_validity,
                                  Event::certificate_invalid_date,
                                  Event::certificate_invalid_subject,
                                  Event::certificate_missing_element,
                                  Event::certificate_invalid_extensions,
                                  Event::certificate_unknown_element,
                                  Event::certificate_invalid_string};
  if (fault != CertificateFault::none) raise(kEvents[static_cast<std::size_t>(fault)]);
  if (d == Direction::to_client)
    tx().reach(ServerState::cert_done);
  else
    tx().reach(ClientState::cert_done);
}

// RFC 6520: type, length of what is to be sent back, and at least 16 bytes of padding.
void TlsParser::heartbeat(Bytes body) {
  ByteCursor in{body};
  const std::uint8_t type = in.u8();
  const std::size_t length = in.be16();
  if (in.failed() || type < 1 || type > 2) return raise(Event::invalid_heartbeat_message);
  raise(Event::heartbeat_message);
  if (length > in.remaining())
    raise(type == 1 ? Event::overflow_heartbeat_message : Event::dataleak_heartbeat_mismatch);
}

bool TlsParser::encrypted(Direction d) const {
  const TlsTransaction* t = existing();
  if (t == nullptr) return false;
  if (application_data_) return true;
  // TLS 1.3 sends this record for middleboxes only; what follows it may still be a hello (RFC 8446 D.4).
  return cipher_changed_[index(d)] && t->server.seen && !is_tls13(t->version());
}

bool TlsParser::handshake_over() const {
  const TlsTransaction* t = existing();
  return over() || (t != nullptr && t->at_least(ServerState::handshake_done));
}

// Not before there is application data: a heartbeat right behind the handshake is still to be looked at.
bool TlsParser::leaves_the_rest() const {
  if (handling_ == EncryptionHandling::full || !application_data_) return false;
  return handshake_over() && encrypted(Direction::to_server) && encrypted(Direction::to_client);
}

void TlsParser::handshake_done() {
  tx().reach(ClientState::handshake_done);
  tx().reach(ServerState::handshake_done);
}

// Whether the handshake is over: encrypted data says so, or all the certificates that are to come are there.
void TlsParser::settle(Direction d, bool eof) {
  if (existing() == nullptr) return;
  const bool server_certified = !tx().server_chain.empty() && tx().at_least(ServerState::hello_done);
  const bool certified = tx().certificate_requested ? !tx().client_chain.empty() : server_certified;
  if (application_data_ || certified) handshake_done();
  ended_[index(d)] = ended_[index(d)] || eof;
  if (ended_[0] && ended_[1]) {
    tx().reach(ClientState::finished);
    tx().reach(ServerState::finished);
  }
}

}  // namespace weir::tls
