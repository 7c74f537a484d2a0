#include "output/flow/clickhouse/server_address.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "decoders/settings.h"
#include "decoders/text.h"

namespace weir::output::clickhouse {
namespace {

constexpr std::uint16_t kHttpPort = 8123,
                        kHttpsPort = 8443;  // those that servers have when nobody says otherwise
constexpr std::size_t kMostNameChars = 128;
constexpr const char* kExpected =
    "expected http://HOST:8123 or https://HOST:8443, with USER:PASSWORD@ before the host, /DATABASE behind "
    "it and ?table=NAME&password-file=FILE&ca=FILE&verify=no at the end, as needed";

struct UrlCleanup {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

// With its escapes undone; empty when it is not there.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const unsigned flags = part == CURLUPART_QUERY || part == CURLUPART_HOST ? 0 : CURLU_URLDECODE;
  if (::curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  ::curl_free(text);
  return out;
}

std::optional<std::string> unescaped(std::string_view text) {
  int size = 0;
  char* plain = ::curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &size);
  if (plain == nullptr) return std::nullopt;
  std::string out(plain, static_cast<std::size_t>(size));
  ::curl_free(plain);
  return out;
}

// "table=flows&verify=no". False: something in it is not known.
bool read_query(std::string_view query, ServerAddress& out) {
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const std::string_view key = cut(value, '=');
    const auto text = value.empty() ? std::nullopt : unescaped(value);
    if (!text) return false;
    if (key == "table")
      out.table = *text;
    else if (key == "password-file")
      out.password_file = *text;
    else if (key == "ca")
      out.authorities = *text;
    else if (key == "verify" && parse_flag(*text))
      out.verify = *parse_flag(*text);
    else
      return false;
  }
  return true;
}

bool read_url(std::string_view text, ServerAddress& out) {
  const Url url(::curl_url());
  if (url == nullptr || ::curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(),
                                       CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return false;
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  out.is_tls = scheme == "https";
  if (!out.is_tls && scheme != "http") return false;
  out.host = part_of(url.get(), CURLUPART_HOST);
  if (out.host.size() > 2 && out.host.front() == '[') out.host = out.host.substr(1, out.host.size() - 2);
  const std::string port = part_of(url.get(), CURLUPART_PORT);
  const auto number = parse_number<std::uint16_t>(port);
  out.port = number.value_or(out.is_tls ? kHttpsPort : kHttpPort);
  out.user = part_of(url.get(), CURLUPART_USER);
  out.password = part_of(url.get(), CURLUPART_PASSWORD);
  std::string path = part_of(url.get(), CURLUPART_PATH);
  path.erase(0, path.find_first_not_of('/'));
  if (!path.empty()) out.database = path;
  return !out.host.empty() && out.port != 0 && (port.empty() || number) &&
         read_query(part_of(url.get(), CURLUPART_QUERY), out);
}

}  // namespace

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameChars && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  });
}

tl::expected<ServerAddress, std::string> ServerAddress::parse(std::string_view url) {
  ServerAddress out;
  if (!read_url(url, out)) return tl::unexpected(std::string(kExpected));
  for (const std::string& name : {out.database, out.table})
    if (!is_table_name(name))
      return tl::unexpected(fmt::format(
          "'{}' is no name of a database or table here: letters, digits, '_', '-' and '.'", clip(name)));
  return out;
}

std::string ServerAddress::text() const {
  return fmt::format("{}://{}:{}/{}", is_tls ? "https" : "http",
                     host.find(':') == std::string::npos ? host : fmt::format("[{}]", host), port, database);
}

std::string ServerAddress::quoted_table() const {
  return fmt::format("`{}`", table);
}

}  // namespace weir::output::clickhouse
