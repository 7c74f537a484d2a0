#include "output/flow/crypto_pan.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <utility>

#include <doctest/doctest.h>

#include "decoders/address_text.h"
#include "decoders/ip_network.h"
#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::output;

namespace {

// The key and addresses that the authors publish with their program.
constexpr CryptoPan::Key kPublishedKey{21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                       22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                       101, 39, 98,  87,  76, 45,  42,  132, 34,  2};
constexpr std::array<std::pair<const char*, const char*>, 20> kPublished{
    {{"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
     {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
     {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
     {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
     {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"},
     {"192.215.32.125", "252.43.47.189"},    {"192.233.80.103", "252.25.108.8"},
     {"192.41.57.43", "252.222.221.184"},    {"193.150.244.223", "253.169.52.216"},
     {"195.205.63.100", "255.186.223.5"},    {"198.200.171.101", "249.199.68.213"},
     {"198.26.132.101", "249.36.123.202"},   {"198.36.213.5", "249.7.21.132"},
     {"198.51.77.238", "249.18.186.254"},    {"199.217.79.101", "248.38.184.213"}}};

CryptoPan published() {
  auto pan = CryptoPan::make(kPublishedKey);
  REQUIRE(pan);
  return std::move(*pan);
}

std::string hidden(CryptoPan& pan, const char* address) {
  const auto parsed = parse_address(address);
  REQUIRE(parsed);
  return std::string(ShortAddress(pan(*parsed)).view());
}

std::size_t common_bits(const IpAddress& a, const IpAddress& b) {
  const std::size_t bits = a.family == 4 ? 32 : 128;
  for (std::size_t n = 0; n < bits; ++n)
    if (((a.bytes[n / 8] ^ b.bytes[n / 8]) & (0x80U >> (n % 8))) != 0) return n;
  return bits;
}

void write_file(const std::string& path, std::string_view text, mode_t mode) {
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), mode);
}

}  // namespace

TEST_CASE("Crypto-PAn: the published addresses come out") {
  CryptoPan pan = published();
  for (const auto& [raw, expected] : kPublished) {
    CHECK(hidden(pan, raw) == expected);
    CHECK(hidden(pan, raw) == expected);  // remembered
  }
}

TEST_CASE("Crypto-PAn: addresses of IPv6 are those that other programs make with the published key") {
  CryptoPan pan = published();
  CHECK(hidden(pan, "::1") == "78ff:f001:9fc0:20df:8380:b1f1:704:ed");
  CHECK(hidden(pan, "2001:db8::1") == "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e");
  CHECK(hidden(pan, "2001:db8::2") == "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c");
}

TEST_CASE("Crypto-PAn: addresses have as many first bits in common as before, of both families") {
  CryptoPan pan = published();
  std::mt19937 random(7);
  for (const std::uint8_t family : {std::uint8_t{4}, std::uint8_t{6}}) {
    const std::size_t bytes = family == 4 ? 4 : 16;
    for (int i = 0; i < 200; ++i) {
      IpAddress a, b;
      a.family = b.family = family;
      const std::size_t same = random() % (8 * bytes);
      for (std::size_t n = 0; n < bytes; ++n) a.bytes[n] = static_cast<std::uint8_t>(random());
      b = a;
      b.bytes[same / 8] = static_cast<std::uint8_t>(b.bytes[same / 8] ^ (0x80U >> (same % 8)));
      REQUIRE(common_bits(a, b) == same);
      CHECK(common_bits(pan(a), pan(b)) == same);
      CHECK(pan(a) != a);
    }
  }
}

TEST_CASE("Crypto-PAn: no address stays none") {
  CryptoPan pan = published();
  CHECK(pan(IpAddress{}) == IpAddress{});
}

TEST_CASE(
    "keys of --anonymise: bytes or hexadecimal digits, others are told what is expected, and a key that all "
    "may read is warned of") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "key";
  std::string warning;
  write_file(path, {reinterpret_cast<const char*>(kPublishedKey.data()), kPublishedKey.size()}, 0600);
  REQUIRE(read_anonymiser_key(path, warning).has_value());
  CHECK(*read_anonymiser_key(path, warning) == kPublishedKey);
  CHECK(warning.empty());
  write_file(path, "152217 8d", 0600);
  const auto broken = read_anonymiser_key(path, warning);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().find("expected a key of 32 bytes, or 64 hexadecimal digits") != std::string::npos);
  CHECK(broken.error().starts_with(path + ": "));
  write_file(path, "1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202\n", 0644);
  const auto hex = read_anonymiser_key(path, warning);
  REQUIRE(hex);
  CHECK(*hex == kPublishedKey);
  CHECK(warning.find("chmod 600") != std::string::npos);
  CHECK_FALSE(read_anonymiser_key(folder / "none", warning).has_value());
}
