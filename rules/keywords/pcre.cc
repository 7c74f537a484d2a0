// pcre: a regular expression on the selected buffer, or on the one that its flags name.
#include "rules/match/pcre.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/match/captures.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

struct BufferFlag {
  char letter;
  std::string_view buffer;  // the keyword that selects it
};
constexpr std::array<BufferFlag, 13> kBufferFlags{{{'U', "http.uri"},
                                                   {'I', "http.uri.raw"},
                                                   {'P', "http.request_body"},
                                                   {'Q', "file.data"},
                                                   {'H', "http.header"},
                                                   {'D', "http.header.raw"},
                                                   {'M', "http.method"},
                                                   {'C', "http.cookie"},
                                                   {'S', "http.stat_code"},
                                                   {'Y', "http.stat_msg"},
                                                   {'V', "http.user_agent"},
                                                   {'W', "http.host"},
                                                   {'Z', "http.host.raw"}}};

struct PcreText {
  std::string_view expression;
  Pcre::Options options;
  bool relative = false;
  std::string_view buffer;  // empty: the selected one
  std::vector<Capture> captures;
};

Compiled take_flag(PcreText& out, char letter, std::string_view flags) {
  switch (letter) {
    case 'i': out.options.nocase = true; return {};
    case 'm': out.options.multiline = true; return {};
    case 's': out.options.dot_all = true; return {};
    case 'x': out.options.extended = true; return {};
    case 'A': out.options.anchored = true; return {};
    case 'E': out.options.dollar_end = true; return {};
    case 'G': out.options.ungreedy = true; return {};
    case 'R': out.relative = true; return {};
    case 'O': return {};  // lifts the limits elsewhere; ours stay, for rules are not trusted with time
    case 'B': return {};  // raw bytes, which is what we look at
    default: break;
  }
  for (const BufferFlag& row : kBufferFlags) {
    if (row.letter != letter) continue;
    if (!out.buffer.empty() && out.buffer != row.buffer) return refuse("names two buffers", flags);
    out.buffer = row.buffer;
    return {};
  }
  return refuse("unknown flag", flags);
}

std::optional<Capture::Kind> capture_kind(std::string_view prefix, std::string_view name) {
  using Kind = Capture::Kind;
  if (prefix == "flow") return Kind::flow;
  if (prefix == "alert") return Kind::alert;
  if (prefix != "pkt") return std::nullopt;
  return name == "key" ? Kind::packet_key : name == "value" ? Kind::packet_value : Kind::packet;
}

// "flow:NAME", "pkt:NAME" or "alert:NAME": the first is group 1, and so on.
Compiled take_capture(PcreText& out, std::string_view item, NameTable& names) {
  std::string_view rest = item;
  const std::string_view prefix = trim(cut(rest, ':'));
  const std::string_view name = trim(rest);
  const auto kind = capture_kind(prefix, name);
  if (name.empty() || !kind) return refuse("a capture is flow:NAME, pkt:NAME or alert:NAME", item);
  if (out.captures.size() == kMaxCapturesAtOnce) return refuse("too many captures", item);
  out.captures.push_back({*kind, static_cast<std::uint32_t>(out.captures.size() + 1), names.id(name)});
  return {};
}

// "(?P<flow_NAME>...)", "(?P<pkt_NAME>...)", "(?P<alert_NAME>...)"; other names are the expression's own.
void take_named_groups(std::vector<Capture>& captures, const Pcre& regex, NameTable& names) {
  for (const Pcre::NamedGroup& named : regex.named_groups()) {
    std::string_view name = named.name;
    const std::string_view prefix = cut(name, '_');
    const auto kind = capture_kind(prefix, name);
    if (kind && !name.empty() && captures.size() < kMaxCapturesAtOnce)
      captures.push_back({*kind, named.group, names.id(name)});
  }
}

// The text of pkt:key names the variable whose value is that of pkt:value, which follows it.
Compiled check_captures(const std::vector<Capture>& captures, const Pcre& regex) {
  using Kind = Capture::Kind;
  Kind before = Kind::flow;
  for (const Capture& c : captures) {
    if (c.group > std::min(regex.groups(), kMaxCaptures)) return refuse("more names than the expression has groups");
    if ((c.kind == Kind::packet_value) != (before == Kind::packet_key))
      return refuse("pkt:key and pkt:value go together, in this order");
    before = c.kind;
  }
  if (before == Kind::packet_key) return refuse("pkt:key and pkt:value go together, in this order");
  return {};
}

// /EXPRESSION/FLAGS[,captures]
Parsed<PcreText> parse_pcre(std::string_view text, NameTable& names) {
  if (text.empty() || text[0] != '/') return refuse("the expression stands between slashes", text);
  const std::size_t end = text.rfind('/');
  if (end == 0) return refuse("the slash that ends the expression is missing", text);
  PcreText out;
  out.expression = text.substr(1, end - 1);
  std::string_view rest = text.substr(end + 1);
  const std::string_view flags = trim(cut(rest, ','));
  for (const char letter : flags)
    if (auto ok = take_flag(out, letter, flags); !ok) return tl::unexpected(ok.error());
  for (const std::string_view item : split(rest, ','))
    if (auto ok = take_capture(out, item, names); !ok) return tl::unexpected(ok.error());
  return out;
}

Compiled compile_pcre(RuleBuilder& rule, std::string_view argument) {
  std::string_view text = argument;
  PcreOp op;
  op.negated = take_negation(text);
  NameTable& names = rule.environment().variables;
  auto parts = parse_pcre(trim(unquote_if_quoted(text)), names);  // quotes may be left out
  if (!parts) return tl::unexpected(parts.error());
  op.relative = parts->relative;
  auto regex = Pcre::compile(parts->expression, parts->options);
  if (!regex) return tl::unexpected(regex.error());
  op.regex = std::move(*regex);
  op.captures = std::move(parts->captures);
  take_named_groups(op.captures, *op.regex, names);
  if (op.negated && !op.captures.empty()) return refuse("a negated expression captures nothing", text);
  if (auto ok = check_captures(op.captures, *op.regex); !ok) return ok;
  // Q names the server's body: as http.response_body when that is selected, else as file.data.
  if (parts->buffer == "file.data" && rule.selected() == &buffer_named("http.response_body"))
    parts->buffer = "http.response_body";
  return parts->buffer.empty() ? rule.add_op(std::move(op))
                               : rule.add_op_to(buffer_named(parts->buffer), std::move(op));
}

constexpr KeywordSpec kPcreKeywords[] = {
    {"pcre", compile_pcre, Argument::required, "a regular expression: \"/EXPRESSION/FLAGS\" (! not)"},
};

}  // namespace

const KeywordFile keywords_pcre{.keywords = kPcreKeywords};

}  // namespace weir::rules
