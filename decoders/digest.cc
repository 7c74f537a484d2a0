#include "decoders/digest.h"

#include <new>

#include <openssl/evp.h>

#include "decoders/text.h"

namespace weir {
namespace {

// Kept as long as the program runs. To look one up costs more than to hash a short text with it.
const EVP_MD* algorithm(Hash kind) {
  static const std::array<EVP_MD*, 3> found{EVP_MD_fetch(nullptr, "MD5", nullptr),
                                            EVP_MD_fetch(nullptr, "SHA1", nullptr),
                                            EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  return found[static_cast<std::size_t>(kind)];
}

// With an algorithm that is there, OpenSSL fails for want of memory only.
void need(bool done) {
  if (!done) throw std::bad_alloc();
}

EVP_MD_CTX* new_context() {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  need(context != nullptr);
  return context;
}

DigestValue finish(EVP_MD_CTX* context) {
  DigestValue out;
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context, out.bytes.data(), &size) == 1) out.size = size;
  return out;
}

}  // namespace

void FreeDigestContext::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void look_up_digests() {
  (void)algorithm(Hash::md5);
}

RunningDigest::RunningDigest(Hash kind) {
  const EVP_MD* const chosen = algorithm(kind);
  if (chosen == nullptr) return;
  context_.reset(new_context());
  need(EVP_DigestInit_ex2(context_.get(), chosen, nullptr) == 1);
}

void RunningDigest::add(Bytes data) {
  if (context_ != nullptr) need(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

DigestValue RunningDigest::finish() noexcept {
  return context_ != nullptr ? weir::finish(context_.get()) : DigestValue{};
}

DigestValue digest(Hash kind, Bytes data) {
  thread_local std::array<DigestContext, 3> contexts;
  const EVP_MD* const chosen = algorithm(kind);
  if (chosen == nullptr) return {};
  DigestContext& context = contexts[static_cast<std::size_t>(kind)];
  if (context == nullptr) context.reset(new_context());
  need(EVP_DigestInit_ex2(context.get(), chosen, nullptr) == 1 &&
       EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1);
  return finish(context.get());
}

SlabString hex(Bytes bytes) {
  SlabString out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) append_hex(out, b);
  return out;
}

}  // namespace weir
