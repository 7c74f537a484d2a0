#include "engine/pipeline/tcp_option_cleaner.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/text.h"

namespace weir::engine {
namespace {

using namespace std::string_literals;

constexpr bool kSyn = true, kLater = false;

std::string cleaned(const std::string& options, bool syn, const std::bitset<256>& allowed = {}) {
  TcpOptionBytes bytes{};
  if (!clean_options(as_bytes(options), syn, allowed, bytes)) return options;
  return std::string(as_text(Bytes{bytes}.first(options.size())));
}

const std::string kMss = "\x02\x04\x05\xb4"s, kScale = "\x03\x03\x07"s, kSackOk = "\x04\x02"s;
const std::string kTime = "\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02"s;
const std::string kSack = "\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02"s;
const std::string kMptcp = "\x1e\x04\x00\x01"s, kCookie = "\x22\x06\x01\x02\x03\x04"s;
std::string nops(std::size_t n) {
  return std::string(n, '\x01');
}

TEST_CASE("tcp options: what hosts send is left alone") {
  const std::string syn = kMss + kSackOk + kTime + nops(1) + kScale;
  for (const std::string& options : {syn, syn + kCookie, kMss + kMptcp + "\x00\x00"s, "\xfd\x04\x12\x34"s}) {
    CAPTURE(options.size());
    TcpOptionBytes bytes{};
    CHECK_FALSE(clean_options(as_bytes(options), kSyn, {}, bytes));
    CHECK(bytes == TcpOptionBytes{});
  }
  CHECK(cleaned(nops(2) + kTime + nops(2) + kSack, kLater) == nops(2) + kTime + nops(2) + kSack);
  CHECK(cleaned(kMptcp + kMptcp, kLater) == kMptcp + kMptcp);  // one segment may hold several
}

TEST_CASE("tcp options: what no host takes here becomes no-operations, and the rest stays") {
  struct Row {
    std::string options;
    bool syn;
    std::string expected;
  };
  const Row rows[] = {
      {kTime + "\x63\x04\xff\xff"s + kSack, kLater, kTime + nops(4) + kSack},  // a kind that nobody uses
      {kMss + kScale + kSackOk + kTime, kLater, nops(9) + kTime},              // of the handshake
      {kCookie + kTime, kLater, nops(6) + kTime},
      {"\x03\x04\x07\x07"s + kMss, kSyn, nops(4) + kMss},                   // of a wrong length
      {"\x05\x0b\x00\x00\x00\x01\x00\x00\x00\x02\x00"s, kLater, nops(11)},  // part of a SACK block
      {kTime + kTime, kLater, kTime + nops(10)},                            // hosts differ in which counts
      {"\x13\x04\x00\x00"s, kLater, nops(4)},                               // no signature
      {kMss + "\x00\x63\x04"s, kSyn, kMss + "\x00\x63\x04"s},               // behind the end
      {kMss + "\x08\x00"s + kTime, kSyn, kMss + nops(12)},                  // hosts stop here
      {kMss + "\x08\x0a\x00\x00"s, kSyn, kMss + nops(4)},
      {kMss + "\x08"s, kSyn, kMss + nops(1)},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    CHECK(cleaned(row.options, row.syn) == row.expected);
  }
}

TEST_CASE("tcp options: kinds that the configuration names stay") {
  std::bitset<256> allowed;
  allowed.set(99);
  CHECK(cleaned("\x63\x04\xff\xff\x64\x02"s, kLater, allowed) == "\x63\x04\xff\xff\x01\x01"s);
}

TEST_CASE("tcp options: every truncation leaves options that lead to their end") {
  const std::string whole = kMss + kSackOk + kTime + kScale + kMptcp + kCookie;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    CAPTURE(n);
    const std::string once = cleaned(whole.substr(0, n), kSyn);
    CHECK(once.size() == n);
    CHECK(cleaned(once, kSyn) == once);
  }
}

}  // namespace
}  // namespace weir::engine
