#include "decoders/app/mime/urls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::string_view kMark = "://";

constexpr std::array<bool, 256> make_ends() {
  std::array<bool, 256> ends{};
  for (const char c : std::string_view(" \t\r\n\v\f\0\"'<>]`", 13)) ends[static_cast<std::uint8_t>(c)] = true;
  return ends;
}
constexpr std::array<bool, 256> kEnds = make_ends();

constexpr std::array<std::string_view, 13> kProgramEndings{
    ".exe", ".com", ".scr", ".bat", ".cmd", ".vbs", ".vbe", ".js", ".jse", ".ps1", ".msi", ".hta", ".pif"};

// Without port and user.
std::string_view host_of(std::string_view url) {
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) return host.substr(1);
  return host.substr(0, host.find(':'));
}

bool is_program(std::string_view url) {
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  if (path.ends_with('/')) path.remove_suffix(1);
  const bool has_path = path.find('/') != std::string_view::npos;
  return std::any_of(kProgramEndings.begin(), kProgramEndings.end(), [&](std::string_view ending) {
    return path.ends_with(ending) && (has_path || ending != ".com");
  });
}

}  // namespace

void UrlFinder::begin(const Mail& mail) {
  first_ = mail.urls.size();
  word_.clear();
  too_long_ = false;
}

void UrlFinder::text(Bytes piece, const MimeSettings& settings, Mail& mail) {
  for (const std::uint8_t c : piece) {
    if (kEnds[c]) {
      if (!word_.empty()) word(settings, mail);
      too_long_ = false;
    } else if (!too_long_) {
      word_.push_back(to_lower(static_cast<char>(c)));
      if (word_.size() < kMaxUrl) continue;
      word(settings, mail);
      too_long_ = true;
    }
  }
}

void UrlFinder::finish(const MimeSettings& settings, Mail& mail) {
  if (!word_.empty()) word(settings, mail);
}

// The first mark with a scheme of ours in front of it counts.
void UrlFinder::word(const MimeSettings& settings, Mail& mail) {
  const std::string_view all = word_;
  for (std::size_t mark = all.find(kMark); mark != std::string_view::npos; mark = all.find(kMark, mark + 1)) {
    const auto scheme = std::find_if(settings.url_schemes.begin(), settings.url_schemes.end(),
                                     [&](const std::string& s) { return all.substr(0, mark).ends_with(s); });
    if (scheme == settings.url_schemes.end()) continue;
    add(all.substr(mark + kMark.size()), settings.url_with_scheme ? *scheme : "", mail);
    break;
  }
  word_.clear();
}

void UrlFinder::add(std::string_view url, std::string_view scheme, Mail& mail) const {
  if (url.empty() || mail.urls.size() >= kMaxUrls) return;
  mail.has_exe_url = mail.has_exe_url || is_program(url);
  if (const auto host = IpNetwork::parse(host_of(url)))
    (host->address.family == 4 ? mail.has_ipv4_url : mail.has_ipv6_url) = true;
  SlabString kept(scheme);
  if (!scheme.empty()) kept += kMark;
  kept += url;
  mail.urls.insert(mail.urls.begin() + static_cast<std::ptrdiff_t>(std::min(first_, mail.urls.size())),
                   std::move(kept));
}

}  // namespace weir::mime
