#include "decoders/digest.h"

#include <memory>

#include <openssl/evp.h>

#include "decoders/text.h"

namespace weir {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};
struct FreeAlgorithm {
  void operator()(EVP_MD* a) const { EVP_MD_free(a); }
};

// Fetched once: to look an algorithm up costs more than to hash a short text with it.
class Hasher {
 public:
  explicit Hasher(const char* name) : algorithm_(EVP_MD_fetch(nullptr, name, nullptr)), context_(EVP_MD_CTX_new()) {}

  DigestValue operator()(Bytes data) {
    DigestValue out;
    unsigned size = 0;
    if (algorithm_ == nullptr || context_ == nullptr) return out;
    if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1 ||
        EVP_DigestFinal_ex(context_.get(), out.bytes.data(), &size) != 1)
      return {};
    out.size = size;
    return out;
  }

 private:
  std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm_;
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

DigestValue digest(Hash kind, Bytes data) {
  thread_local std::array<Hasher, 3> hashers{Hasher{"MD5"}, Hasher{"SHA1"}, Hasher{"SHA256"}};
  return hashers[static_cast<std::size_t>(kind)](data);
}

SlabString hex(Bytes bytes) {
  SlabString out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) append_hex(out, b);
  return out;
}

}  // namespace weir
