#include "decoders/app/mime/settings.h"

#include <algorithm>

#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::uint64_t kMaxHeaderValueDepth = 64 * 1024;

BodyLimits read_window(const Settings& s, BodyLimits usual) {
  constexpr std::uint64_t kMost = UINT32_MAX;
  usual.limit = s.bytes("inspected-tracker.content-limit", usual.limit);
  usual.inspect_min_size = static_cast<std::uint32_t>(
      std::min(s.bytes("inspected-tracker.content-inspect-min-size", usual.inspect_min_size), kMost));
  usual.inspect_window = static_cast<std::uint32_t>(
      std::min(s.bytes("inspected-tracker.content-inspect-window", usual.inspect_window), kMost));
  return usual;
}

}  // namespace

MimeSettings MimeSettings::from(const Settings& s) {
  MimeSettings out;
  out.decode = s.flag("mime.decode-mime", out.decode);
  out.base64 = s.flag("mime.decode-base64", out.base64);
  out.quoted_printable = s.flag("mime.decode-quoted-printable", out.quoted_printable);
  out.header_value_depth = static_cast<std::uint32_t>(
      std::min(s.bytes("mime.header-value-depth", out.header_value_depth), kMaxHeaderValueDepth));
  out.extract_urls = s.flag("mime.extract-urls", out.extract_urls);
  if (const auto schemes = s.list("mime.extract-urls-schemes"); !schemes.empty()) {
    out.url_schemes.clear();
    for (const std::string& scheme : schemes) out.url_schemes.push_back(lower_case(scheme));
  }
  out.url_with_scheme = s.flag("mime.log-url-scheme", out.url_with_scheme);
  out.body_md5 = s.flag("mime.body-md5", out.body_md5);
  out.window = read_window(s, out.window);
  return out;
}

}  // namespace weir::mime
