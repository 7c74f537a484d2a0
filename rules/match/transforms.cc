#include "rules/match/transforms.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <zlib.h>

#include "decoders/text.h"


namespace weir::rules {
namespace {

char to_char(std::uint8_t b) {
  return static_cast<char>(b);
}
bool is_upper(std::uint8_t b) {
  return b >= 'A' && b <= 'Z';
}
bool is_lower(std::uint8_t b) {
  return b >= 'a' && b <= 'z';
}

// A transform without state: a name and a function, and perhaps a function that looks at contents.
class Plain final : public Transform {
 public:
  using Apply = void (*)(Bytes, std::string&);
  using Refuses = std::string_view (*)(Bytes, bool nocase);
  Plain(std::string_view name, Apply write, Refuses reason = nullptr, std::size_t size = 0)
      : name_(name), apply_(write), refuses_(reason), size_(size) {}
  void apply(Bytes in, std::string& out, PcreScratch&) const override {
    out.clear();
    apply_(in, out);
  }
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string_view refuses(Bytes content, bool nocase) const override {
    return refuses_ == nullptr ? std::string_view{} : refuses_(content, nocase);
  }
  [[nodiscard]] std::size_t size() const override { return size_; }

 private:
  std::string_view name_;
  Apply apply_;
  Refuses refuses_;
  std::size_t size_;
};

void dotprefix(Bytes in, std::string& out) {
  out.push_back('.');
  out.append(reinterpret_cast<const char*>(in.data()), in.size());
}

void strip_whitespace(Bytes in, std::string& out) {
  for (const std::uint8_t b : in)
    if (!is_blank_byte(b)) out.push_back(to_char(b));
}
std::string_view refuse_whitespace(Bytes content, bool) {
  return std::any_of(content.begin(), content.end(), is_blank_byte) ? "strip_whitespace leaves no blanks to match"
                                                               : std::string_view{};
}

void compress_whitespace(Bytes in, std::string& out) {
  bool before = false;
  for (const std::uint8_t b : in) {
    const bool space = is_blank_byte(b);
    if (!space)
      out.push_back(to_char(b));
    else if (!before)
      out.push_back(' ');
    before = space;
  }
}
std::string_view refuse_double_whitespace(Bytes content, bool) {
  const auto two = [](std::uint8_t a, std::uint8_t b) { return is_blank_byte(a) && is_blank_byte(b); };
  return std::adjacent_find(content.begin(), content.end(), two) != content.end()
             ? "compress_whitespace leaves no two blanks together"
             : std::string_view{};
}

void to_lowercase(Bytes in, std::string& out) {
  for (const std::uint8_t b : in) out.push_back(to_char(to_lower(b)));
}
std::string_view refuse_upper(Bytes content, bool nocase) {
  return !nocase && std::any_of(content.begin(), content.end(), is_upper)
             ? "to_lowercase leaves no upper case to match"
             : std::string_view{};
}
void to_uppercase(Bytes in, std::string& out) {
  for (const std::uint8_t b : in)
    out.push_back(to_char(is_lower(b) ? static_cast<std::uint8_t>(b & ~0x20U) : b));
}
std::string_view refuse_lower(Bytes content, bool nocase) {
  return !nocase && std::any_of(content.begin(), content.end(), is_lower)
             ? "to_uppercase leaves no lower case to match"
             : std::string_view{};
}

// application/x-www-form-urlencoded; a "%" without two digits stays as it is.
void url_decode(Bytes in, std::string& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '%' && i + 2 < in.size()) {
      const int high = hex_digit(to_char(in[i + 1])), low = hex_digit(to_char(in[i + 2]));
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(in[i] == '+' ? ' ' : to_char(in[i]));
  }
}

void header_lowercase(Bytes in, std::string& out) {
  bool in_name = true;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '\n')
      in_name = true;
    else if (in[i] == ':' && i > 0 && in[i - 1] != '\n')
      in_name = false;
    out.push_back(to_char(in_name ? to_lower(in[i]) : in[i]));
  }
}

void strip_pseudo_headers(Bytes in, std::string& out) {
  while (!in.empty()) {
    const auto end = std::find(in.begin(), in.end(), std::uint8_t{'\n'});
    const std::size_t length = static_cast<std::size_t>(end - in.begin()) + (end == in.end() ? 0 : 1);
    if (in[0] != ':') out.append(reinterpret_cast<const char*>(in.data()), length);
    in = in.subspan(length);
  }
}

template <Hash kind>
void hash(Bytes in, std::string& out) {
  out.append(as_text(digest(kind, in).view()));
}

class Xor final : public Transform {
 public:
  explicit Xor(std::string key) : key_(std::move(key)) {
    name_ = "xor:";
    for (const char c : key_) append_hex(name_, static_cast<std::uint8_t>(c));
  }
  void apply(Bytes in, std::string& out, PcreScratch&) const override {
    out.resize(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = static_cast<char>(in[i] ^ key_[i % key_.size()]);
  }
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  std::string key_, name_;
};

class FromBase64 final : public Transform {
 public:
  FromBase64(Base64Mode mode, std::uint32_t bytes, std::uint32_t offset)
      : mode_(mode), bytes_(bytes), offset_(offset) {
    name_ = fmt::format("from_base64:{},{},{}", static_cast<int>(mode), bytes, offset);
  }
  void apply(Bytes in, std::string& out, PcreScratch&) const override {
    in = in.subspan(std::min<std::size_t>(offset_, in.size()));
    if (bytes_ != 0) in = in.first(std::min<std::size_t>(bytes_, in.size()));
    decode_base64(in, out, mode_);
  }
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  Base64Mode mode_;
  std::uint32_t bytes_, offset_;
  std::string name_;
};

class PcreGroup final : public Transform {
 public:
  PcreGroup(std::string_view text, std::shared_ptr<const Pcre> regex)
      : name_(fmt::format("pcrexform:{}", text)), regex_(std::move(regex)) {}
  void apply(Bytes in, std::string& out, PcreScratch& scratch) const override {
    Bytes part = in;
    if (regex_->match(in, 0, scratch))
      if (const auto group = scratch.group(1)) part = in.subspan(group->first, group->second - group->first);
    out.assign(reinterpret_cast<const char*>(part.data()), part.size());
  }
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  std::string name_;
  std::shared_ptr<const Pcre> regex_;
};

class Inflate final : public Transform {
 public:
  Inflate(bool gzip, std::size_t max_size)
      : gzip_(gzip),
        max_size_(max_size),
        name_(fmt::format("{}:{}", gzip ? "gunzip" : "zlib_deflate", max_size)) {}
  void apply(Bytes in, std::string& out, PcreScratch&) const override {
    out.clear();
    constexpr int kWindowBits = 15, kGzipHeader = 16;
    z_stream z{};
    if (inflateInit2(&z, gzip_ ? kWindowBits + kGzipHeader : kWindowBits) != Z_OK) return;
    out.resize(max_size_);
    z.next_in = const_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), UINT32_MAX));
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    (void)inflate(&z, Z_SYNC_FLUSH);
    out.resize(max_size_ - z.avail_out);
    inflateEnd(&z);
  }
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  bool gzip_;
  std::size_t max_size_;
  std::string name_;
};

std::shared_ptr<const Transform> plain(std::string_view name, Plain::Apply apply,
                                       Plain::Refuses refuses = nullptr, std::size_t size = 0) {
  return std::make_shared<Plain>(name, apply, refuses, size);
}

}  // namespace

std::shared_ptr<const Transform> make_dotprefix() {
  return plain("dotprefix", dotprefix);
}
std::shared_ptr<const Transform> make_strip_whitespace() {
  return plain("strip_whitespace", strip_whitespace, refuse_whitespace);
}
std::shared_ptr<const Transform> make_compress_whitespace() {
  return plain("compress_whitespace", compress_whitespace, refuse_double_whitespace);
}
std::shared_ptr<const Transform> make_to_lowercase() {
  return plain("to_lowercase", to_lowercase, refuse_upper);
}
std::shared_ptr<const Transform> make_to_uppercase() {
  return plain("to_uppercase", to_uppercase, refuse_lower);
}
std::shared_ptr<const Transform> make_url_decode() {
  return plain("url_decode", url_decode);
}
std::shared_ptr<const Transform> make_header_lowercase() {
  return plain("header_lowercase", header_lowercase);
}
std::shared_ptr<const Transform> make_strip_pseudo_headers() {
  return plain("strip_pseudo_headers", strip_pseudo_headers);
}
std::shared_ptr<const Transform> make_hash(Hash kind) {
  constexpr std::size_t kMd5Bytes = 16, kSha1Bytes = 20, kSha256Bytes = 32;
  switch (kind) {
    case Hash::md5: return plain("to_md5", hash<Hash::md5>, nullptr, kMd5Bytes);
    case Hash::sha1: return plain("to_sha1", hash<Hash::sha1>, nullptr, kSha1Bytes);
    case Hash::sha256: break;
  }
  return plain("to_sha256", hash<Hash::sha256>, nullptr, kSha256Bytes);
}
std::shared_ptr<const Transform> make_xor(std::string key) {
  return std::make_shared<Xor>(std::move(key));
}
std::shared_ptr<const Transform> make_from_base64(Base64Mode mode, std::uint32_t bytes,
                                                  std::uint32_t offset) {
  return std::make_shared<FromBase64>(mode, bytes, offset);
}
std::shared_ptr<const Transform> make_pcre_group(std::string_view text, std::shared_ptr<const Pcre> regex) {
  return std::make_shared<PcreGroup>(text, std::move(regex));
}
std::shared_ptr<const Transform> make_inflate(bool gzip, std::size_t max_size) {
  return std::make_shared<Inflate>(gzip, max_size);
}

}  // namespace weir::rules
