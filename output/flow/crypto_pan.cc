#include "output/flow/crypto_pan.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::output {

void CryptoPan::Free::operator()(evp_cipher_ctx_st* c) const {
  EVP_CIPHER_CTX_free(c);
}

std::size_t CryptoPan::Hash::operator()(const IpAddress& a) const {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), a.bytes.data(), a.bytes.size());
  std::uint64_t hash = a.family;
  for (const std::uint64_t half : halves) hash = (hash ^ half ^ (hash >> 31U)) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 32U);
}

tl::expected<CryptoPan, std::string> CryptoPan::make(const Key& key) {
  CryptoPan out;
  out.cipher_.reset(EVP_CIPHER_CTX_new());
  if (out.cipher_ == nullptr ||
      EVP_EncryptInit_ex(out.cipher_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(out.cipher_.get(), 0) != 1)
    return tl::unexpected(std::string("AES-128 of OpenSSL cannot be used"));
  std::vector<Block> pad(1);
  std::copy(key.begin() + sizeof(Block), key.end(), pad[0].begin());
  out.encrypt(pad);
  out.pad_ = pad[0];
  return out;
}

void CryptoPan::encrypt(std::vector<Block>& blocks) {
  auto* const bytes = blocks.front().data();
  int written = 0;
  const int size = static_cast<int>(blocks.size() * sizeof(Block));
  // It can fail only for want of memory; an address must never get out unchanged.
  if (EVP_EncryptUpdate(cipher_.get(), bytes, &written, bytes, size) != 1 || written != size)
    throw std::bad_alloc();
}

// Bit N of the result is bit N of the address, turned around when the first bit of E(the first N bits, then those of the pad) is set.
IpAddress CryptoPan::work_out(const IpAddress& address) {
  const std::size_t bits = address.family == 4 ? 32 : 128;
  blocks_.assign(bits, pad_);
  for (std::size_t n = 1; n < bits; ++n) {
    const std::size_t whole = n / 8;
    std::copy_n(address.bytes.begin(), whole, blocks_[n].begin());
    const auto mask = static_cast<std::uint8_t>(0xff00U >> (n % 8));
    blocks_[n][whole] = static_cast<std::uint8_t>((address.bytes[whole] & mask) | (pad_[whole] & ~mask));
  }
  encrypt(blocks_);
  IpAddress out = address;
  for (std::size_t n = 0; n < bits; ++n)
    out.bytes[n / 8] = static_cast<std::uint8_t>(out.bytes[n / 8] ^ ((blocks_[n][0] & 0x80U) >> (n % 8)));
  return out;
}

IpAddress CryptoPan::operator()(const IpAddress& address) {
  if (address.family == 0) return address;
  if (const auto known = known_.find(address); known != known_.end()) return known->second;
  if (known_.size() >= kMostRemembered) known_.clear();
  return known_.emplace(address, work_out(address)).first->second;
}

tl::expected<CryptoPan::Key, std::string> read_anonymiser_key(const std::string& path, std::string& warning) {
  constexpr std::size_t kMostBytes = 256;
  auto text = read_text_file(path, kMostBytes);
  if (!text) return tl::unexpected(fmt::format("{}: {}", path, text.error()));
  std::string bytes = *text;
  if (bytes.size() != CryptoPan::kKeyBytes) bytes = parse_hex(trim(bytes)).value_or("");
  if (bytes.size() != CryptoPan::kKeyBytes)
    return tl::unexpected(fmt::format(
        "{}: expected a key of {} bytes, or {} hexadecimal digits; openssl rand -out FILE {} makes one", path,
        CryptoPan::kKeyBytes, 2 * CryptoPan::kKeyBytes, CryptoPan::kKeyBytes));
  struct stat info {};
  constexpr mode_t kOthers = S_IRWXO;
  if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & kOthers) != 0)
    warning =
        fmt::format("{}: everybody may read this key, and undo what it hides: chmod 600 {}", path, path);
  CryptoPan::Key key{};
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

}  // namespace weir::output
