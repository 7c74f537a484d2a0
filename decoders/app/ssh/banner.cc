#include "decoders/app/ssh/banner.h"

namespace weir::ssh {

std::optional<Banner> parse_banner(Bytes line) {
  constexpr std::string_view kStart = "SSH-";
  std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
  if (!text.starts_with(kStart)) return std::nullopt;
  text.remove_prefix(kStart.size());
  const std::size_t dash = text.find('-');
  if (dash == 0 || dash == std::string_view::npos) return std::nullopt;
  Banner out{.protocol = text.substr(0, dash), .software = {}, .comments = {}};
  text.remove_prefix(dash + 1);
  const std::size_t end = text.find_first_of(" \r");
  out.software = text.substr(0, end);
  if (out.software.empty()) return std::nullopt;
  if (end != std::string_view::npos && text[end] == ' ') out.comments = text.substr(end + 1);
  return out;
}

}  // namespace weir::ssh
