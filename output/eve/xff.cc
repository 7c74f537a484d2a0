#include "output/eve/xff.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "decoders/text.h"

namespace weir::output {
namespace {

constexpr std::string_view kBetween = ", \t";

bool is_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (text.size() >= name.size()) return false;
  std::copy(text.begin(), text.end(), name.begin());
  std::array<std::uint8_t, 16> bytes{};
  return inet_pton(AF_INET, name.data(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, name.data(), bytes.data()) == 1;
}

// Only an address of IPv4, or one in brackets, can have a port: colons are a part of others.
std::string_view without_port(std::string_view item) {
  if (item.starts_with('[')) {
    const std::size_t end = item.find(']');
    return end == std::string_view::npos ? std::string_view{} : item.substr(1, end - 1);
  }
  return std::count(item.begin(), item.end(), ':') == 1 ? item.substr(0, item.find(':')) : item;
}

std::string_view end_item(std::string_view value, bool first) {
  if (first) {
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(kBetween)));
    return value.substr(0, value.find_first_of(kBetween));
  }
  value = value.substr(0, value.find_last_not_of(kBetween) + 1);
  return value.substr(value.find_last_of(kBetween) + 1);
}

}  // namespace

std::optional<XffOptions> XffOptions::of(const Settings& entry) {
  if (!entry.has("xff")) return std::nullopt;
  XffOptions o;
  o.enabled = entry.flag("xff.enabled", false);
  o.overwrites = equals_nocase(entry.text("xff.mode").value_or(""), "overwrite");
  o.takes_first = equals_nocase(entry.text("xff.deployment").value_or(""), "forward");
  if (auto header = entry.text("xff.header")) o.header = *std::move(header);
  return o;
}

std::string_view forwarded_address(std::string_view value, bool first) {
  const std::string_view address = without_port(end_item(value, first));
  return is_address(address) ? address : std::string_view{};
}

ForwardedClient::ForwardedClient(const XffOptions& options, const EveTxWriter* writer, const Transaction* tx)
    : overwrites_(options.overwrites) {
  if (!options.enabled || writer == nullptr || tx == nullptr) return;
  address_ = forwarded_address(writer->request_header(*tx, options.header), options.takes_first);
}

EventHead ForwardedClient::head(EventHead head, Direction d) const {
  if (overwrites_) (d == Direction::to_server ? head.source_text : head.destination_text) = address_;
  return head;
}

void ForwardedClient::write(JsonWriter& out) const {
  if (!overwrites_ && !address_.empty()) out.plain("xff", address_);
}

}  // namespace weir::output
