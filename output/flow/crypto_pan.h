// Addresses changed so that whoever has no key cannot tell them, and that two of them have as many first bits in common as before:
// Crypto-PAn (J. Xu, J. Fan, M. Ammar, S. Moon: Prefix-Preserving IP Address Anonymization, ICNP 2002), with AES-128. IPv6 likewise,
// over all its 128 bits.
//
// The same key gives the same addresses in every run and in other programs. Used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/ip_address.h"

struct evp_cipher_ctx_st;

namespace weir::output {

class CryptoPan {
 public:
  // 16 bytes of AES's key, 16 that the padding is made of.
  static constexpr std::size_t kKeyBytes = 32;
  using Key = std::array<std::uint8_t, kKeyBytes>;
  // How many addresses are remembered; when there are more, all are forgotten and worked out again.
  static constexpr std::size_t kMostRemembered = std::size_t{1} << 18U;

  // Fails when OpenSSL does, with its reason.
  static tl::expected<CryptoPan, std::string> make(const Key& key);
  // No address stays none. Costs an AES block a bit, the first time.
  IpAddress operator()(const IpAddress& address);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* c) const;
  };
  struct Hash {
    std::size_t operator()(const IpAddress& a) const;
  };
  using Block = std::array<std::uint8_t, 16>;

  CryptoPan() = default;
  // Encrypts each block in its place.
  void encrypt(std::vector<Block>& blocks);
  IpAddress work_out(const IpAddress& address);

  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
  Block pad_{};
  std::vector<Block> blocks_;
  std::unordered_map<IpAddress, IpAddress, Hash> known_;
};

// A key from a file: 32 bytes, or 64 hexadecimal digits with or without a line's end. Fails with "FILE: why". `warning`: others may
// read the file, a text.
tl::expected<CryptoPan::Key, std::string> read_anonymiser_key(const std::string& path, std::string& warning);

}  // namespace weir::output
