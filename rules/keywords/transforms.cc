// Keywords that transform the sticky buffer before them.
#include "rules/match/transforms.h"
#include "decoders/text.h"
#include "rules/language/option_text.h"

#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::size_t kMaxXorKey = 255;

template <std::shared_ptr<const Transform> (*make)()>
Compiled compile_plain(RuleBuilder& rule, std::string_view) {
  return rule.add_transform(make());
}
template <Hash kind>
Compiled compile_hash(RuleBuilder& rule, std::string_view) {
  return rule.add_transform(make_hash(kind));
}

Compiled compile_xor(RuleBuilder& rule, std::string_view argument) {
  auto key = parse_hex(unquote_if_quoted(argument));
  if (!key || key->empty() || key->size() > kMaxXorKey)
    return refuse(fmt::format("the key is 1 to {} bytes in hexadecimal", kMaxXorKey), argument);
  return rule.add_transform(make_xor(std::move(*key)));
}

// [bytes N][,offset N][,mode strict|rfc4648|rfc2045]
Compiled compile_from_base64(RuleBuilder& rule, std::string_view argument) {
  std::uint32_t bytes = 0, offset = 0;
  auto mode = Base64Mode::rfc4648;
  for (const std::string_view item : split(argument, ',')) {
    std::string_view rest = item;
    const std::string_view name = take_word(rest);
    if (name == "mode") {
      if (rest != "strict" && rest != "rfc4648" && rest != "rfc2045")
        return refuse("must be strict, rfc4648 or rfc2045", item);
      mode = rest == "strict"    ? Base64Mode::strict
             : rest == "rfc2045" ? Base64Mode::rfc2045
                                 : Base64Mode::rfc4648;
      continue;
    }
    if (name != "bytes" && name != "offset") return refuse("must be bytes N, offset N or mode NAME", item);
    const auto n = parse_number<std::uint16_t>(rest);
    if (!n) return refuse("must be a number up to 65535", item);
    (name == "bytes" ? bytes : offset) = *n;
  }
  return rule.add_transform(make_from_base64(mode, bytes, offset));
}

Compiled compile_pcrexform(RuleBuilder& rule, std::string_view argument) {
  const auto text = unquote(argument);
  if (!text) return refuse("the expression stands in quotes", argument);
  auto regex = Pcre::compile(*text, {});
  if (!regex) return tl::unexpected(regex.error());
  if ((*regex)->groups() == 0) return refuse("the expression has no group to take", argument);
  return rule.add_transform(make_pcre_group(*text, std::move(*regex)));
}

// [max-size N]
template <bool gzip>
Compiled compile_inflate(RuleBuilder& rule, std::string_view argument) {
  std::size_t max_size = kDefaultInflated;
  if (!argument.empty()) {
    std::string_view rest = argument;
    if (take_word(rest) != "max-size") return refuse("must be max-size N", argument);
    const auto n = parse_unsigned(rest);
    if (!n || *n == 0 || *n > kMaxInflated)
      return refuse(fmt::format("must be from 1 to {}", kMaxInflated), argument);
    max_size = *n;
  }
  return rule.add_transform(make_inflate(gzip, max_size));
}

constexpr KeywordSpec kTransformsKeywords[] = {
    {"dotprefix", compile_plain<make_dotprefix>, Argument::none, "puts a dot before the buffer"},
    {"domain", compile_plain<make_domain>, Argument::none, "the registered part of a host's name"},
    {"tld", compile_plain<make_tld>, Argument::none, "the public suffix of a host's name"},
    {"to_md5", compile_hash<Hash::md5>, Argument::none, "MD5 of the buffer, 16 bytes"},
    {"to_sha1", compile_hash<Hash::sha1>, Argument::none, "SHA-1 of the buffer, 20 bytes"},
    {"to_sha256", compile_hash<Hash::sha256>, Argument::none, "SHA-256 of the buffer, 32 bytes"},
    {"strip_whitespace", compile_plain<make_strip_whitespace>, Argument::none, "takes out all blanks"},
    {"compress_whitespace", compile_plain<make_compress_whitespace>, Argument::none,
     "makes one space of blanks that follow each other"},
    {"to_lowercase", compile_plain<make_to_lowercase>, Argument::none, "to lower case"},
    {"to_uppercase", compile_plain<make_to_uppercase>, Argument::none, "to upper case"},
    {"url_decode", compile_plain<make_url_decode>, Argument::none, "decodes %XX, and + to a space"},
    {"header_lowercase", compile_plain<make_header_lowercase>, Argument::none,
     "names of header lines to lower case"},
    {"strip_pseudo_headers", compile_plain<make_strip_pseudo_headers>, Argument::none,
     "takes out HTTP/2 pseudo headers"},
    {"xor", compile_xor, Argument::required, "combines with a repeated key by exclusive or"},
    {"from_base64", compile_from_base64, Argument::optional, "decodes base64"},
    {"pcrexform", compile_pcrexform, Argument::required, "the first group of a regular expression"},
    {"gunzip", compile_inflate<true>, Argument::optional, "decompresses gzip data"},
    {"zlib_deflate", compile_inflate<false>, Argument::optional, "decompresses zlib data"},
};

}  // namespace

const KeywordFile keywords_transforms{.keywords = kTransformsKeywords};

}  // namespace weir::rules
