#include "decoders/app/smb/transaction.h"

namespace weir::smb {
namespace {

std::size_t held_by(const std::monostate&) {
  return 0;
}
std::size_t held_by(const Negotiation& n) {
  std::size_t bytes = n.client_dialects.capacity() * sizeof(SlabString);
  for (const SlabString& dialect : n.client_dialects) bytes += dialect.capacity();
  return bytes;
}
std::size_t held_by(const SessionSetup& s) {
  std::size_t bytes = 0;
  if (s.ntlmssp)
    bytes += s.ntlmssp->domain.capacity() + s.ntlmssp->user.capacity() + s.ntlmssp->host.capacity();
  if (s.kerberos)
    for (const SlabString& name : s.kerberos->names) bytes += name.capacity() + sizeof(SlabString);
  for (const auto* software : {&s.client, &s.server})
    if (*software) bytes += (*software)->native_os.capacity() + (*software)->native_lm.capacity();
  return bytes;
}
std::size_t held_by(const TreeConnect& t) {
  return t.share.capacity() + (t.requested_service ? t.requested_service->capacity() : 0) +
         (t.granted_service ? t.granted_service->capacity() : 0);
}
std::size_t held_by(const Create& c) {
  return c.name.capacity();
}
std::size_t held_by(const Transfer& t) {
  std::size_t bytes = t.name.capacity() + t.share.capacity();
  bytes += weir::held_by(t.files);
  return bytes;
}
std::size_t held_by(const SetInfo& s) {
  return s.name.capacity();
}
std::size_t held_by(const Rename& r) {
  return r.from.capacity() + r.to.capacity();
}
std::size_t held_by(const Ioctl&) {
  return 0;
}

std::size_t held_by(const PipeCall& p) {
  return p.call.held() + p.interfaces.capacity() * sizeof(dcerpc::Interface);
}

}  // namespace

std::size_t SmbTransaction::held() const {
  return dialect.capacity() + std::visit([](const auto& about) { return held_by(about); }, content);
}

void SmbTransaction::after_detection(Direction d) {
  if (const FileList* const shown = files(d)) mark_inspected(*shown);
}

}  // namespace weir::smb
