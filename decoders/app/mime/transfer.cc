#include "decoders/app/mime/transfer.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;
constexpr std::size_t kMaxUuLine = 100;  // a line stands for 45 bytes at most, in 61 characters

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

// What a digit at each place of a group of four adds to the three bytes that the group stands for; kNoGroup for any other
// byte. Most of a mail are such groups: they are decoded four digits at a time.
constexpr std::uint32_t kNoGroup = 0x80000000U;
using GroupDigits = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr GroupDigits make_group_digits() {
  GroupDigits out{};
  for (std::size_t place = 0; place < 4; ++place)
    for (std::size_t c = 0; c < 256; ++c)
      out[place][c] = kDigits[c] == kNoDigit ? kNoGroup : std::uint32_t{kDigits[c]} << (18 - 6 * place);
  return out;
}
constexpr GroupDigits kGroupDigits = make_group_digits();

// Decodes whole groups up to the first that is none, and gives how many.
std::size_t decode_groups(Bytes encoded, SlabString& out) {
  constexpr std::size_t kAtOnce = 256;
  std::array<char, 3 * kAtOnce> bytes;
  std::size_t done = 0;
  for (bool going = true; going;) {
    const std::size_t last = std::min(encoded.size() / 4, done + kAtOnce);
    const std::size_t first = done;
    char* to = bytes.data();
    for (; done < last; ++done) {
      const std::uint8_t* const digits = encoded.data() + 4 * done;
      const std::uint32_t group = kGroupDigits[0][digits[0]] | kGroupDigits[1][digits[1]] |
                                  kGroupDigits[2][digits[2]] | kGroupDigits[3][digits[3]];
      if ((group & kNoGroup) != 0) break;
      *to++ = static_cast<char>(group >> 16U);
      *to++ = static_cast<char>(group >> 8U & 0xffU);
      *to++ = static_cast<char>(group & 0xffU);
    }
    out.append(bytes.data(), 3 * (done - first));
    going = done - first == kAtOnce;
  }
  return done;
}

}  // namespace

Transfer transfer_named(std::string_view name) {
  if (equals_nocase(name, "base64")) return Transfer::base64;
  if (equals_nocase(name, "quoted-printable")) return Transfer::quoted_printable;
  for (const std::string_view uu : {"x-uuencode", "x-uue", "uuencode"})
    if (equals_nocase(name, uu)) return Transfer::uuencode;
  return Transfer::identity;
}

void TransferDecoder::decode(Bytes encoded, SlabString& out) {
  switch (transfer_) {
    case Transfer::identity: break;
    case Transfer::base64: return base64(encoded, out);
    case Transfer::quoted_printable: return quoted_printable(encoded, out);
    case Transfer::uuencode: return uuencode(encoded, out);
  }
}

void TransferDecoder::finish(SlabString& out) {
  if (transfer_ == Transfer::uuencode && !held_.empty()) uu_line(out);
  // Of quoted-printable an "=" at the very end goes; with a digit behind it stays.
  if (transfer_ == Transfer::quoted_printable && held_.size() > 1) out += held_;
  resynchronise();
}

void TransferDecoder::resynchronise() {
  bits_ = 0;
  count_ = 0;
  held_.clear();
}

// RFC 2045, 6.8: what is none of the 64 is passed over. Behind "=" a new group begins: receivers read on where several
// encodings stand one behind the other.
void TransferDecoder::base64(Bytes encoded, SlabString& out) {
  while (!encoded.empty()) {
    if (count_ == 0) {
      const std::size_t groups = decode_groups(encoded, out);
      valid_ += 4 * groups;
      encoded = encoded.subspan(4 * groups);
      if (encoded.empty()) return;
    }
    const std::uint8_t c = encoded.front();
    encoded = encoded.subspan(1);
    const std::uint8_t digit = kDigits[c];
    if (digit == kNoDigit) {
      if (c == '=')
        resynchronise();
      else if (!is_blank_byte(c))
        ++junk_;
      continue;
    }
    ++valid_;
    bits_ = bits_ << 6U | digit;
    if (++count_ == 1) continue;
    // The second, third and fourth digit of a group each complete a byte.
    out.push_back(static_cast<char>(bits_ >> (8U - 2U * count_) & 0xffU));
    if (count_ == 4) count_ = 0;
  }
}

void TransferDecoder::quoted_printable(Bytes encoded, SlabString& out) {
  std::string_view rest = as_text(encoded);
  while (!rest.empty()) {
    if (held_.empty()) {
      const std::size_t plain = std::min(rest.size(), rest.find('='));
      out += rest.substr(0, plain);
      rest.remove_prefix(plain);
      if (rest.empty()) return;
      held_.push_back('=');
    } else {
      quoted_byte(rest.front(), out);
    }
    rest.remove_prefix(1);
  }
}

// The byte behind "=" or behind "=" and one more: two digits are a byte, a line end is none at all, whatever else stays as it is.
void TransferDecoder::quoted_byte(char c, SlabString& out) {
  const bool second = held_.size() == 2;
  if (c == '\n' && (!second || held_[1] == '\r')) return held_.clear();
  if (!second && (c == '\r' || hex_digit(c) >= 0)) return held_.push_back(c);
  if (second && held_[1] != '\r' && hex_digit(c) >= 0) {
    out.push_back(static_cast<char>(hex_digit(held_[1]) << 4 | hex_digit(c)));
    return held_.clear();
  }
  broken_ = true;
  out += held_;
  held_.clear();
  if (c == '=')
    held_.push_back(c);
  else
    out.push_back(c);
}

void TransferDecoder::uuencode(Bytes encoded, SlabString& out) {
  for (const std::uint8_t c : encoded) {
    if (c == '\n')
      uu_line(out);
    else if (c != '\r' && held_.size() < kMaxUuLine)
      held_.push_back(static_cast<char>(c));
  }
}

// "begin 644 name", then lines whose first character says how many bytes they stand for, then "end".
void TransferDecoder::uu_line(SlabString& out) {
  const std::string_view line = held_;
  if (line.starts_with("begin ")) {
    inside_ = true;
  } else if (line == "end") {
    inside_ = false;
  } else if (inside_ && !line.empty()) {
    const auto value = [](char c) { return static_cast<std::uint32_t>((c - ' ') & 0x3f); };
    std::uint32_t left = value(line.front());
    for (std::size_t at = 1; left > 0 && at + 1 < line.size(); at += 4) {
      std::uint32_t bits = 0;
      for (std::size_t i = 0; i < 4; ++i)
        bits = bits << 6U | (at + i < line.size() ? value(line[at + i]) : 0);
      for (unsigned shift = 24; shift > 0 && left > 0; --left)
        out.push_back(static_cast<char>(bits >> (shift -= 8) & 0xffU));
    }
  }
  held_.clear();
}

}  // namespace weir::mime
