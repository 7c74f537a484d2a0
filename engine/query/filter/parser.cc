#include "engine/query/filter/parser.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "decoders/ip_network.h"
#include "decoders/text.h"
#include "engine/query/filter/values.h"

namespace weir::engine::filter {
namespace {

template <class T>
using Parsed = tl::expected<T, FilterError>;

// "!=" turns a test round; the others are ranges.
enum class Sign : std::uint8_t { equal, unequal, less, more, at_most, at_least, in };
struct SignWord {
  std::string_view text;
  Sign sign;
};
constexpr std::array kSignWords{
    SignWord{"=", Sign::equal},     SignWord{"==", Sign::equal},   SignWord{"eq", Sign::equal},
    SignWord{"!=", Sign::unequal},  SignWord{"ne", Sign::unequal}, SignWord{"<", Sign::less},
    SignWord{"lt", Sign::less},     SignWord{">", Sign::more},     SignWord{"gt", Sign::more},
    SignWord{"<=", Sign::at_most},  SignWord{"le", Sign::at_most}, SignWord{">=", Sign::at_least},
    SignWord{"ge", Sign::at_least}, SignWord{"in", Sign::in}};

bool is_address_start(const Token& token) {
  return token.is_sign("[") || (token.kind == TokenKind::word && IpNetwork::parse(token.text).has_value());
}

bool is_country(std::string_view text) {
  return text.size() == flow::Country{}.size() && std::all_of(text.begin(), text.end(), [](char c) {
           return to_lower(c) >= 'a' && to_lower(c) <= 'z';
         });
}

// "255.255.0.0" as a number of bits.
std::optional<std::uint8_t> bits_of_mask(std::string_view text) {
  const auto mask = parse_address(text);
  if (!mask || mask->family != 4) return std::nullopt;
  const std::uint32_t bits = mask->v4_host_order();
  const auto length = static_cast<std::uint8_t>(std::countl_one(bits));
  return std::popcount(bits) == length ? std::optional{length} : std::nullopt;
}

Node node_of(Test test) {
  return Node{.kind = Node::Kind::test, .test = std::move(test), .parts = {}};
}
Node negation_of(Node node) {
  Node out{.kind = Node::Kind::negation, .test = {}, .parts = {}};
  out.parts.push_back(std::move(node));
  return out;
}
Node join(Node::Kind kind, std::vector<Node> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return Node{.kind = kind, .test = {}, .parts = std::move(parts)};
}

class Parser {
 public:
  explicit Parser(const std::vector<Token>& tokens) : tokens_(tokens) {}

  Parsed<Node> whole() {
    if (peek().kind == TokenKind::end) return node_of(Test{});
    auto out = filter();
    if (out && peek().kind != TokenKind::end) return unexpected("and, or or the end");
    return out;
  }

 private:
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  void next() { at_ = std::min(at_ + 1, tokens_.size() - 1); }
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::word && equals_nocase(peek(ahead).text, word);
  }
  bool take_sign(std::string_view sign) {
    if (!peek().is_sign(sign)) return false;
    next();
    return true;
  }
  bool take_word(std::string_view word) {
    if (!is_word(word)) return false;
    next();
    return true;
  }
  [[nodiscard]] tl::unexpected<FilterError> wrong(std::string what) const {
    return tl::unexpected(FilterError{peek().column, std::move(what)});
  }
  [[nodiscard]] tl::unexpected<FilterError> unexpected(std::string_view expected) const {
    const Token& token = peek();
    if (token.kind == TokenKind::end) return wrong(fmt::format("expected {} behind the last word", expected));
    return wrong(fmt::format("expected {}, got '{}'", expected, clip(token.text)));
  }

  Parsed<Node> filter() {
    if (++depth_ > kMaxFilterDepth)
      return wrong(fmt::format("more than {} parentheses in each other", kMaxFilterDepth));
    auto out = parts_of(Node::Kind::one, "or", "||",
                        [&] { return parts_of(Node::Kind::all, "and", "&&", [&] { return part(); }); });
    --depth_;
    return out;
  }

  template <class ParsePart>
  Parsed<Node> parts_of(Node::Kind kind, std::string_view word, std::string_view sign,
                        ParsePart&& parse_part) {
    std::vector<Node> parts;
    do {
      auto one = parse_part();
      if (!one) return one;
      parts.push_back(std::move(*one));
    } while (take_word(word) || take_sign(sign));
    return join(kind, std::move(parts));
  }

  Parsed<Node> part() {
    bool is_negated = false;
    while (take_word("not") || take_sign("!")) is_negated = !is_negated;
    const bool is_alone = !peek().is_sign("(");
    auto out = take_sign("(") ? in_parentheses() : test();
    if (!out || !is_negated) return out;
    // "flags S and not flags AFRPU" is meant to find nothing but SYN, here as in nfdump: none of the others, not only some.
    if (Test& one = out->test; is_alone && out->kind == Node::Kind::test &&
                               one.subject == Subject::tcp_flags && !one.only_these_flags) {
      one.none_of_flags = true;
      return out;
    }
    return negation_of(std::move(*out));
  }

  Parsed<Node> in_parentheses() {
    auto out = filter();
    if (out && !take_sign(")")) return unexpected("and, or or ')'");
    return out;
  }

  // What stands before a word: which sides are meant.
  std::optional<Ends> ends() {
    const bool from_source = is_word("src");
    if (!from_source && !is_word("dst")) return std::nullopt;
    const std::string_view other = from_source ? "dst" : "src";
    next();
    if (!is_word(other, 1) || !(is_word("and") || is_word("or")))
      return from_source ? Ends::source : Ends::destination;
    const bool both = is_word("and");
    next();
    next();
    return both ? Ends::both : Ends::either;
  }

  // The row of the next word, which is taken; of two words where there is a row for both.
  const Word* word() {
    if (peek().kind != TokenKind::word) return nullptr;
    const Word* row = nullptr;
    if (peek(1).kind == TokenKind::word) row = find_word(fmt::format("{} {}", peek().text, peek(1).text));
    if (row != nullptr) next();
    if (row == nullptr) row = find_word(peek().text);
    if (row != nullptr) next();
    return row;
  }

  Parsed<Node> test() {
    if (++tests_ > kMaxFilterTests) return wrong(fmt::format("more than {} tests", kMaxFilterTests));
    const std::size_t begin = at_;
    const std::optional<Ends> given = ends();
    Test out{.ends = given.value_or(Ends::either)};
    if (given && is_address_start(peek())) {
      out.subject = Subject::address;
      return value(std::move(out));
    }
    const std::size_t place = at_;
    const Word* const row = word();
    if (row == nullptr) return unknown_word();
    out.subject = row->subject;
    if (given && (!info_of(row->subject).has_sides || row->ends != Ends::either)) {
      at_ = place;
      return wrong(fmt::format("'{}' goes without '{}'", row->word, tokens_[begin].text));
    }
    if (row->ends != Ends::either) out.ends = row->ends;
    if (row->value.empty()) return bare(*row, std::move(out));
    return value(std::move(out));
  }

  [[nodiscard]] tl::unexpected<FilterError> unknown_word() const {
    if (peek().kind != TokenKind::word) return unexpected("a word such as src, port or bytes");
    const std::string_view near = nearest_word(peek().text);
    return wrong(near.empty()
                     ? fmt::format("'{}' is no word of filters", clip(peek().text))
                     : fmt::format("'{}' is no word of filters; is '{}' meant?", clip(peek().text), near));
  }

  // "tcp", "answered". Behind a protocol "and" can be left out: "tcp dst port 80".
  Parsed<Node> bare(const Word& row, Test out) {
    if (row.subject != Subject::protocol) return node_of(std::move(out));
    const std::uint64_t number = parse_protocol(row.word).value_or(0);
    out.ranges.emplace_back(number, number);
    constexpr std::array<std::string_view, 4> kFollow{"port", "src", "dst", "flags"};
    if (std::none_of(kFollow.begin(), kFollow.end(), [&](std::string_view w) { return is_word(w); }))
      return node_of(std::move(out));
    auto more = test();
    if (!more) return more;
    std::vector<Node> parts;
    parts.push_back(node_of(std::move(out)));
    parts.push_back(std::move(*more));
    return join(Node::Kind::all, std::move(parts));
  }

  Sign sign() {
    if (peek().kind == TokenKind::end || peek().kind == TokenKind::quoted) return Sign::in;
    for (const SignWord& row : kSignWords)
      if (equals_nocase(row.text, peek().text)) {
        next();
        return row.sign;
      }
    return Sign::in;
  }

  // The sign, and one item or a list of them.
  Parsed<Node> value(Test out) {
    const std::size_t sign_place = at_;
    const Sign how = sign();
    const ValueKind kind = info_of(out.subject).kind;
    const bool is_order =
        how == Sign::less || how == Sign::more || how == Sign::at_most || how == Sign::at_least;
    const bool has_order = kind == ValueKind::number || kind == ValueKind::amount ||
                           kind == ValueKind::span || kind == ValueKind::protocol;
    if (is_order && (!has_order || peek().is_sign("["))) {
      at_ = sign_place;
      return wrong(has_order ? fmt::format("'{}' goes with one value, not with a list", peek().text)
                             : fmt::format("'{}' goes with numbers only", peek().text));
    }
    out.only_these_flags = sign_place != at_ && how != Sign::in;
    auto read = items(out, how);
    if (!read) return tl::unexpected(read.error());
    return how == Sign::unequal ? negation_of(node_of(std::move(out))) : node_of(std::move(out));
  }

  Parsed<void> items(Test& out, Sign how) {
    if (!take_sign("[")) return item(out, how);
    // A test has one set of flags.
    if (info_of(out.subject).kind == ValueKind::flags) return unexpected("TCP flags, not a list");
    do {
      if (auto read = item(out, how); !read) return read;
      take_sign(",");
    } while (!take_sign("]"));
    return {};
  }

  Parsed<void> item(Test& out, Sign how) {
    const Token& token = peek();
    const bool is_text = info_of(out.subject).kind == ValueKind::text;
    const bool is_value = token.kind == TokenKind::word || (is_text && token.kind == TokenKind::quoted);
    if (!is_value || !add(out, how, token.text)) return unexpected(expected_value(out.subject));
    next();
    return {};
  }

  // False: the text is no value of the subject.
  bool add(Test& out, Sign how, std::string_view text) {
    switch (info_of(out.subject).kind) {
      case ValueKind::address: return add_network(out, text);
      case ValueKind::text: out.texts.push_back(lower_case(text)); return !text.empty();
      case ValueKind::country: out.texts.push_back(lower_case(text)); return is_country(text);
      case ValueKind::flags: {
        const auto flags = parse_flags(text);
        out.flags = flags.value_or(0);
        return flags.has_value();
      }
      default: return add_range(out, how, text);
    }
  }

  bool add_network(Test& out, std::string_view text) {
    auto network = IpNetwork::parse(text);
    if (!network) return false;
    // As nfdump has it: an address and a mask. "0.0.0.0" is an address, too, but the only one that is a mask of no bits.
    if (const auto mask = peek(1).kind == TokenKind::word ? bits_of_mask(peek(1).text) : std::nullopt;
        mask && network->address.family == 4 && network->bits == 32) {
      network->bits = *mask;
      next();
    }
    out.addresses.add(*network);
    return true;
  }

  static bool add_range(Test& out, Sign how, std::string_view text) {
    const SubjectInfo& info = info_of(out.subject);
    const auto read = [&](std::string_view one) { return parse_value(info.kind, info.most, one); };
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    if (const auto one = read(text)) {
      switch (how) {
        case Sign::less:
          if (*one != 0) out.ranges.emplace_back(0, *one - 1);
          break;
        case Sign::more:
          if (*one != kMost) out.ranges.emplace_back(*one + 1, kMost);
          break;
        case Sign::at_most: out.ranges.emplace_back(0, *one); break;
        case Sign::at_least: out.ranges.emplace_back(*one, kMost); break;
        default: out.ranges.emplace_back(*one, *one);
      }
      return true;
    }
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || !(how == Sign::equal || how == Sign::unequal || how == Sign::in))
      return false;
    const auto low = read(text.substr(0, dash)), high = read(text.substr(dash + 1));
    if (!low || !high || *low > *high) return false;
    out.ranges.emplace_back(*low, *high);
    return true;
  }

  const std::vector<Token>& tokens_;
  std::size_t at_ = 0, depth_ = 0, tests_ = 0;
};

}  // namespace

tl::expected<Node, FilterError> parse_filter(std::string_view text) {
  const auto tokens = scan(text);
  if (!tokens) return tl::unexpected(tokens.error());
  return Parser(*tokens).whole();
}

}  // namespace weir::engine::filter
