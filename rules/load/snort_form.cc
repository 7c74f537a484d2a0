#include "rules/load/snort_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "decoders/text.h"

namespace weir::rules {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

// Snort's buffer, ours.
constexpr std::array kBuffers{
    Name{"http_uri", "http.uri"},
    Name{"http_raw_uri", "http.uri.raw"},
    Name{"http_header", "http.header"},
    Name{"http_raw_header", "http.header.raw"},
    Name{"http_client_body", "http.request_body"},
    Name{"http_method", "http.method"},
    Name{"http_cookie", "http.cookie"},
    Name{"http_raw_cookie", "http.cookie"},
    Name{"http_stat_code", "http.stat_code"},
    Name{"http_stat_msg", "http.stat_msg"},
    Name{"http_version", "http.protocol"},
    Name{"http_raw_request", "http.request_line"},
    Name{"http_raw_status", "http.response_line"},
    Name{"file_data", "file.data"},
    Name{"pkt_data", "pkt_data"},
    Name{"raw_data", "pkt_data"},
};
// http_header:field NAME
constexpr std::array kHeaderFields{
    Name{"user-agent", "http.user_agent"},
    Name{"host", "http.host"},
    Name{"content-type", "http.content_type"},
    Name{"referer", "http.referer"},
    Name{"accept", "http.accept"},
    Name{"accept-encoding", "http.accept_enc"},
    Name{"accept-language", "http.accept_lang"},
    Name{"connection", "http.connection"},
    Name{"content-length", "http.content_len"},
    Name{"server", "http.server"},
    Name{"location", "http.location"},
};
// Of Snort alone, with what there is instead.
constexpr std::array kNotHere{
    Name{"appids", "applications are not told apart; app-layer-protocol names protocols"},
    Name{"file_type", "file types are asked for with filemagic"},
    Name{"js_data", "scripts are not normalised; file_data has them as they are"},
    Name{"vba_data", "macros are not unpacked"},
    Name{"http_true_ip", "the address of a proxy's client is no buffer"},
    Name{"http_param", "parameters are no buffers; look into http_uri or http_client_body"},
    Name{"http_raw_body", "bodies before decoding are no buffer; file_data has them decoded"},
    Name{"http_trailer", "trailers are no buffer of their own"},
    Name{"http_raw_trailer", "trailers are no buffer of their own"},
    Name{"soid", "rules in shared objects cannot be read"},
    Name{"so", "rules in shared objects cannot be read"},
    Name{"regex", "write it as pcre"},
    Name{"sd_pattern", "write it as pcre"},
};
constexpr std::array<std::string_view, 4> kOnlySnorts{"service", "bufferlen", "rem", "fast_pattern_offset"};

std::string_view find_name(std::span<const Name> names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.first == name; });
  return found == names.end() ? std::string_view{} : found->second;
}

// The parts between separators that stand outside of quotes, each without outer blanks. "\" keeps what follows it.
std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      out.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (const std::string_view last = trim(text.substr(std::min(begin, text.size()))); !last.empty())
    out.push_back(last);
  return out;
}

// A ";" between quotes ends the option in our form unless a "\\" stands before it.
std::string with_escaped_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ';') out += '\\';
    out += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

struct Parts {
  std::vector<std::string_view> header;                                // words
  std::vector<std::pair<std::string_view, std::string_view>> options;  // keyword and argument
};
std::optional<Parts> take_apart(std::string_view text) {
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  Parts out;
  for (std::string_view rest = text.substr(0, open); !(rest = trim(rest)).empty();)
    out.header.push_back(take_word(rest));
  for (const std::string_view option : split_outside_quotes(text.substr(open + 1, close - open - 1), ';')) {
    std::string_view rest = option;
    const std::string_view keyword = trim(cut(rest, ':'));
    if (!keyword.empty()) out.options.emplace_back(keyword, trim(rest));
  }
  return out;
}

class SnortReader {
 public:
  Parsed<SnortRule> read(const Parts& parts) {
    std::string options;
    for (const auto& [keyword, argument] : parts.options) {
      const auto turned = option(keyword, with_escaped_ends(argument));
      if (!turned) return tl::unexpected(turned.error());
      options += *turned;
    }
    auto head = header(parts);
    if (!head) return tl::unexpected(std::move(head.error()));
    out_.text = fmt::format("{} ({})", *head, options);
    return std::move(out_);
  }

 private:
  using Text = Parsed<std::string>;

  Text option(std::string_view keyword, std::string_view argument) {
    if (const auto reason = find_name(kNotHere, keyword); !reason.empty())
      return refuse(std::string(reason), keyword);
    if (keyword == "content") return content(argument);
    if (keyword == "bufferlen") return buffer_length(argument);
    if (keyword == "service") return note_service(argument);
    if (keyword == "rem") return std::string{};
    if (const auto buffer = find_name(kBuffers, keyword); !buffer.empty())
      return select(keyword, buffer, argument);
    return argument.empty() ? fmt::format(" {};", keyword) : fmt::format(" {}:{};", keyword, argument);
  }
  Text select(std::string_view keyword, std::string_view buffer, std::string_view argument) {
    is_http_ = is_http_ || buffer.starts_with("http.");
    if (keyword == "http_raw_cookie")
      differ("http_raw_cookie: the cookie is looked at as http.cookie has it");
    if (argument.empty()) return fmt::format(" {};", buffer);
    std::string_view field = argument;
    if (keyword != "http_header" || take_word(field) != "field")
      return refuse("a part of a buffer cannot be chosen here", argument);
    const auto header = find_name(kHeaderFields, lower_case(field));
    if (header.empty())
      return refuse("this header is no buffer of its own; http.header has it with the others", field);
    return fmt::format(" {};", header);
  }
  // "x",nocase,offset 3
  Text content(std::string_view argument) {
    const auto parts = split_outside_quotes(argument, ',');
    if (parts.empty()) return refuse("a content is empty");
    std::string out = fmt::format(" content:{};", parts[0]), fast_offset, fast_length;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      std::string_view value = parts[i];
      const std::string_view name = take_word(value);
      if (name == "fast_pattern_offset")
        fast_offset = value;
      else if (name == "fast_pattern_length")
        fast_length = value;
      else if (name == "nocase" || name == "fast_pattern")
        out += fmt::format(" {};", name);
      else if (name == "offset" || name == "depth" || name == "distance" || name == "within")
        out += fmt::format(" {}:{};", name, value);
      else
        return refuse("not a modifier of content", parts[i]);
    }
    if (!fast_offset.empty() && !fast_length.empty())
      out += fmt::format(" fast_pattern:{},{};", fast_offset, fast_length);
    return out;
  }
  // N, >N, <N, N<>M (without both), N<=>M (with both), !=N
  Text buffer_length(std::string_view argument) {
    const auto parts = split(argument, ',');
    if (parts.size() != 1) return refuse("a length counts from the start of the buffer here", argument);
    std::string_view range = parts[0];
    const std::size_t both = range.find("<=>");
    if (both == std::string_view::npos)
      return fmt::format(" bsize:{};",
                         range.starts_with("!=") ? fmt::format("!{}", range.substr(2)) : std::string(range));
    const auto low = parse_number<std::uint32_t>(trim(range.substr(0, both)));
    const auto high = parse_number<std::uint32_t>(trim(range.substr(both + 3)));
    if (!low || !high || *low == 0) return refuse("not a range of lengths", argument);
    return fmt::format(" bsize:{}<>{};", *low - 1, *high + 1);
  }
  Text note_service(std::string_view argument) {
    const auto services = split(argument, ',');
    if (services.size() == 1) service_ = services[0];
    names_services_ = true;
    return std::string{};
  }

  Text header(const Parts& parts) {
    if (parts.header.empty()) return refuse("the rule has no action");
    auto action = action_of(parts.header[0]);
    if (!action) return action;
    if (parts.header.size() > 2) return full_header(parts, *action);
    const std::string_view named = parts.header.size() == 2 ? parts.header[1] : std::string_view(service_);
    if (named == "file") return fmt::format("{} tcp any any -> any any", *action);
    auto protocol = protocol_of(named);
    if (!protocol) return protocol;
    return fmt::format("{} {} any any -> any any", *action, *protocol);
  }
  Text full_header(const Parts& parts, const std::string& action) {
    std::string out = action;
    for (std::size_t i = 1; i < parts.header.size(); ++i) out += fmt::format(" {}", parts.header[i]);
    if (names_services_ && !is_http_) differ("service: the rule is looked at on its ports alone");
    if (is_http_) differ("http: the rule is looked at on its ports alone, whatever the service");
    return out;
  }
  Text protocol_of(std::string_view service) const {
    if (service.empty()) return std::string(is_http_ ? "http" : "ip");
    if (service == "ssl") return std::string("tls");
    constexpr std::array<std::string_view, 4> kTransports{"ip", "tcp", "udp", "icmp"};
    const bool known = std::find(kTransports.begin(), kTransports.end(), service) != kTransports.end() ||
                       protocol_by_name(service) != AppProto::unknown;
    return known ? Text(std::string(service)) : refuse("not a protocol that is known here", service);
  }
  static Text action_of(std::string_view action) {
    if (action == "block") return std::string("drop");
    if (action == "rewrite") return std::string("alert");
    if (action == "react")
      return refuse("answering with a page is not possible; reject resets the connection", action);
    return std::string(action);
  }
  void differ(std::string difference) { out_.differences.push_back(std::move(difference)); }

  SnortRule out_;
  bool is_http_ = false, names_services_ = false;
  std::string service_;
};

bool has_modifiers(std::string_view argument) {
  return split_outside_quotes(argument, ',').size() > 1;
}

}  // namespace

bool is_snort_form(std::string_view text) {
  const auto parts = take_apart(text);
  if (!parts || parts->header.empty()) return false;
  if (parts->header.size() <= 2) return true;
  bool content_seen = false;
  for (const auto& [keyword, argument] : parts->options) {
    if (std::find(kOnlySnorts.begin(), kOnlySnorts.end(), keyword) != kOnlySnorts.end()) return true;
    if (keyword == "content" && has_modifiers(argument)) return true;
    content_seen = content_seen || keyword == "content";
    if (!content_seen && keyword.starts_with("http_") && !find_name(kBuffers, keyword).empty()) return true;
  }
  return false;
}

Parsed<SnortRule> from_snort_form(std::string_view text) {
  const auto parts = take_apart(text);
  if (!parts) return refuse("the rule has no options in parentheses");
  return SnortReader().read(*parts);
}

}  // namespace weir::rules
