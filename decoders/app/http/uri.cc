#include "decoders/app/http/uri.h"

#include <algorithm>

#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

// The value of `digits` hexadecimal digits at the start of s, or -1.
int hex_number(std::string_view s, std::size_t digits) {
  if (s.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int d = hex_digit(s[i]);
    if (d < 0) return -1;
    value = value * 16 + d;
  }
  return value;
}

// The byte a server would make of a code point: Latin-1 and full-width ASCII have one, others show as '?'.
char best_fit(int code_point) {
  if (code_point >= 0xff01 && code_point <= 0xff5e) return static_cast<char>(code_point - 0xff01 + '!');
  return code_point < 0x100 ? static_cast<char>(code_point) : '?';
}

struct UriParts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_query = false;
};

UriParts split(std::string_view uri) {
  UriParts out;
  const std::size_t colon = uri.find(':');
  if (colon != std::string_view::npos && !uri.empty() && uri.front() != '/' &&
      colon < uri.find_first_of("/?#")) {
    out.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (!out.scheme.empty() && uri.substr(0, 2) == "//") {
    uri.remove_prefix(2);
    const std::size_t end = std::min(uri.size(), uri.find_first_of("/?#"));
    out.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  } else if (!out.scheme.empty()) {  // "localhost:8080/x" has no scheme
    uri = {out.scheme.data(), out.scheme.size() + 1 + uri.size()};
    out.scheme = {};
  }
  const std::size_t query = uri.find_first_of("?#");
  out.path = uri.substr(0, query);
  if (query == std::string_view::npos) return out;
  uri.remove_prefix(query);
  if (uri.front() == '?') {
    out.has_query = true;
    const std::size_t hash = uri.find('#');
    out.query = uri.substr(1, hash == std::string_view::npos ? hash : hash - 1);
    uri.remove_prefix(std::min(uri.size(), hash));
  }
  if (!uri.empty()) out.fragment = uri.substr(1);
  return out;
}

void compress_slashes(SlabString& path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  const auto end = std::unique(path.begin(), path.end(), [](char a, char b) { return a == '/' && b == '/'; });
  path.erase(end, path.end());
}

struct Host {
  std::string_view name, port;
  bool valid = true;
};

// "user@host:port", "[::1]:80"
Host split_host(std::string_view authority) {
  Host out;
  authority = trim(authority);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::size_t colon = authority.find(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return {authority, {}, false};
    colon = authority.find(':', close);
  }
  out.name = trim(authority.substr(0, colon));
  if (colon != std::string_view::npos) {
    out.port = trim(authority.substr(colon + 1));
    out.valid = !out.port.empty();
  }
  return out;
}

bool valid_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// RFC 1123 names of at most 255 bytes and labels of at most 63, and addresses in brackets.
bool valid_host_name(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  if (name.front() == '[')
    return name.back() == ']' && name.size() > 3 &&
           name.substr(1, name.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.%") ==
               std::string_view::npos;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!valid_label_char(c) || ++label > 63) {
      return false;
    }
  }
  return true;
}

std::int32_t port_number(std::string_view text) {
  if (text.empty() || text.size() > 5) return -1;
  std::int32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 65535 ? value : -1;
}

SlabString normal_host(std::string_view name) {
  SlabString out(name);
  for (char& c : out) c = to_lower(c);
  while (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

Slice place(std::string_view part, std::string_view whole) {
  if (part.empty()) return {};
  return {static_cast<std::uint32_t>(part.data() - whole.data()), static_cast<std::uint32_t>(part.size())};
}

void host_from_uri(std::string_view authority, HttpTransaction& tx) {
  Request& r = tx.request;
  const Host host = split_host(authority);
  r.host_in_uri = place(host.name, r.line);
  r.hostname = normal_host(host.name);
  r.port = port_number(host.port);
  if (!host.valid || !valid_host_name(host.name) || (!host.port.empty() && r.port < 0))
    note(tx, Event::request_uri_host_invalid);
}

}  // namespace

SlabString percent_decode(std::string_view text, bool plus) {
  SlabString out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 1 < text.size() && (text[i + 1] == 'u' || text[i + 1] == 'U')) {
      const int code_point = hex_number(text.substr(i + 2), 4);
      if (code_point >= 0) {
        out.push_back(best_fit(code_point));
        i += 5;
        continue;
      }
    } else if (c == '%') {
      const int value = hex_number(text.substr(i + 1), 2);
      if (value >= 0) {
        out.push_back(static_cast<char>(value));
        i += 2;
        continue;
      }
    }
    out.push_back(plus && c == '+' ? ' ' : c);
  }
  return out;
}

void remove_dot_segments(SlabString& path) {
  std::size_t in = 0, out = 0;
  const auto rest = [&] { return std::string_view(path).substr(in); };
  const auto pop = [&] {
    while (out > 0 && path[out - 1] != '/') --out;
    if (out > 0) --out;
  };
  while (in < path.size()) {
    const std::string_view r = rest();
    if (r.substr(0, 3) == "../") {
      in += 3;
    } else if (r.substr(0, 2) == "./" || r.substr(0, 3) == "/./") {
      in += 2;
    } else if (r == "/.") {
      path[out++] = '/';
      break;
    } else if (r.substr(0, 4) == "/../") {
      in += 3;
      pop();
    } else if (r == "/..") {
      pop();
      path[out++] = '/';
      break;
    } else if (r == "." || r == "..") {
      break;
    } else {
      do path[out++] = path[in++];
      while (in < path.size() && path[in] != '/');
    }
  }
  path.resize(out);
}

namespace {

// Decodes what was decoded once; an escape that this finds was written as an escape of an escape.
void decode_again(SlabString& text, bool plus, HttpTransaction& tx) {
  const std::size_t before = text.size();
  text = percent_decode(text, plus);
  if (text.size() < before) note(tx, Event::double_encoded_uri);
}

}  // namespace

void normalise_uri(const HttpSettings& settings, HttpTransaction& tx) {
  Request& r = tx.request;
  const std::string_view uri = r.uri.of(r.line);
  if (equals_nocase(r.method.of(r.line), "connect") && !uri.starts_with('/')) return host_from_uri(uri, tx);
  const UriParts parts = split(uri);
  if (!parts.authority.empty()) host_from_uri(parts.authority, tx);

  SlabString path = percent_decode(parts.path, false);
  if (settings.double_decode_path) decode_again(path, false, tx);
  compress_slashes(path);
  remove_dot_segments(path);
  SlabString& out = r.normalised_uri;
  if (settings.uri_include_all && !parts.scheme.empty())
    out.append(parts.scheme).append("://").append(parts.authority);
  out.append(path);
  r.path_size = static_cast<std::uint32_t>(out.size());
  if (parts.has_query) {
    SlabString query = percent_decode(parts.query, settings.plus_is_space);
    if (settings.double_decode_query) decode_again(query, settings.plus_is_space, tx);
    out.append("?").append(query);
  }
  if (settings.uri_include_all && !parts.fragment.empty()) out.append("#").append(parts.fragment);
}

void apply_host_header(HttpTransaction& tx) {
  const auto value = tx.request.header("host");
  if (value)
    apply_host(tx, *value);
  else if (tx.request.protocol_number >= 101)
    note(tx, Event::missing_host_header);
}

void apply_host(HttpTransaction& tx, std::string_view authority) {
  Request& r = tx.request;
  const Host host = split_host(authority);
  const bool port_ok = host.port.empty() || port_number(host.port) > 0;
  if (!host.valid || !valid_host_name(host.name) || !port_ok) note(tx, Event::request_header_host_invalid);
  const SlabString name = normal_host(host.name);
  if (r.hostname.empty()) {
    r.hostname = name;
    r.host_text = host.name;
    r.port = port_number(host.port);
    return;
  }
  const std::int32_t port = port_number(host.port);
  if (name != r.hostname || (port > 0 && r.port > 0 && port != r.port))
    note(tx, Event::host_header_ambiguous);
}

}  // namespace weir::http
