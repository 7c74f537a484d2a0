#include "rules/load/rule_archive.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::rules {
namespace {

// POSIX.1-1988 ustar: blocks of 512 bytes, a header before each member.
constexpr std::size_t kBlock = 512;
struct Place {
  std::size_t at, size;
};
constexpr Place kName{0, 100}, kSize{124, 12}, kType{156, 1}, kMagic{257, 5}, kPrefix{345, 155};
constexpr std::string_view kMagicText = "ustar";

std::string_view field(std::string_view header, Place place) {
  const std::string_view all = header.substr(place.at, place.size);
  return all.substr(0, all.find('\0'));
}

// Octal digits, with blanks about them.
std::optional<std::uint64_t> octal(std::string_view text) {
  text = trim(text);
  std::uint64_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    out = out * 8 + static_cast<unsigned>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(out);
}

// "27 path=rules/long-name.rules\n" among the records of a pax header; empty: there is none.
std::string pax_path(std::string_view records) {
  constexpr std::string_view kKey = " path=";
  const std::size_t at = records.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = records.substr(at + kKey.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

std::string name_of(std::string_view header) {
  std::string name(field(header, kName));
  if (const std::string_view prefix = field(header, kPrefix); !prefix.empty())
    name = std::string(prefix) + "/" + name;
  return name;
}

}  // namespace

bool is_tar(std::string_view begin) {
  return begin.size() >= kBlock && begin.substr(kMagic.at, kMagic.size) == kMagicText;
}

tl::expected<std::vector<ArchiveMember>, std::string> rule_files_of(std::string_view tar) {
  std::vector<ArchiveMember> out;
  std::string long_name;
  std::size_t members = 0;
  for (std::size_t at = 0; at < tar.size();) {
    if (tar.size() - at < kBlock)
      return tl::unexpected(fmt::format("is an archive that ends in a header, at {}", at));
    const std::string_view header = tar.substr(at, kBlock);
    if (header.find_first_not_of('\0') == std::string_view::npos) break;  // its end
    if (++members > kMaxArchiveMembers)
      return tl::unexpected(fmt::format("is an archive of more than {} members", kMaxArchiveMembers));
    const auto size = octal(field(header, kSize));
    if (!is_tar(header) || !size)
      return tl::unexpected(fmt::format("is an archive with a header that is none, at {}", at));
    at += kBlock;
    if (*size > tar.size() - at)
      return tl::unexpected(fmt::format("is an archive that ends in its member {}", name_of(header)));
    const std::string_view text = tar.substr(at, *size);
    at += std::min<std::uint64_t>((*size + kBlock - 1) / kBlock * kBlock, tar.size() - at);
    const char type = header[kType.at];
    if (type == 'L') {  // GNU: the name of the next member
      long_name = text.substr(0, text.find('\0'));
    } else if (type == 'x') {  // pax: facts about the next member
      if (std::string path = pax_path(text); !path.empty()) long_name = std::move(path);
    } else if (type != 'g') {
      std::string name = std::exchange(long_name, {});
      if (name.empty()) name = name_of(header);
      if ((type == '0' || type == '\0') && name.ends_with(".rules")) out.push_back({std::move(name), text});
    }
  }
  return out;
}

}  // namespace weir::rules
