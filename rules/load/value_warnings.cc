#include "rules/load/value_warnings.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/language/content_text.h"

namespace weir::rules {
namespace {

constexpr std::uint8_t kMostOfNoText = 0x1f;  // a longer label's length could be a character of a name

bool is_name_byte(std::uint8_t b) {
  return (b >= '0' && b <= '9') || (to_lower(b) >= 'a' && to_lower(b) <= 'z') || b == '-' || b == '_';
}

// A byte that says how many bytes of a label follow, as far as the content goes on.
bool has_label_length(Bytes content) {
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == 0 || content[i] > kMostOfNoText) continue;
    const Bytes label = content.subspan(i + 1, std::min<std::size_t>(content[i], content.size() - i - 1));
    if (std::all_of(label.begin(), label.end(), is_name_byte)) return true;
  }
  return false;
}

// "example.com:80": letters of no IPv6 address, a colon and digits to the end.
bool ends_in_port(Bytes content) {
  const auto is_digit = [](std::uint8_t b) { return b >= '0' && b <= '9'; };
  const auto colon = std::find(content.rbegin(), content.rend(), ':');
  if (colon == content.rend() || !std::all_of(content.rbegin(), colon, is_digit)) return false;
  return std::any_of(colon, content.rend(),
                     [](std::uint8_t b) { return to_lower(b) > 'f' && to_lower(b) <= 'z'; });
}

struct Why {
  std::string reason, advice;
  bool never = false;
};

std::optional<Why> why_not(const ValueForm& form, const Content& c) {
  const auto* const text = reinterpret_cast<const char*>(c.pattern.data());
  if (!form.header.empty() && contains_nocase({text, c.pattern.size()}, std::string(form.header) + ":"))
    return Why{"the buffer is the value of the header, without its name",
               "it matches only where a value repeats the name"};
  if (form.dotted_name && has_label_length(c.pattern))
    return Why{"names have dots between their labels here, and no lengths before them",
               "it matches only names that hold such a byte"};
  if (!can_hold(form, c.pattern, c.nocase) || (form.without_port && ends_in_port(c.pattern)))
    return Why{fmt::format("a value is {}", form.what), "the content can never match", true};
  if (form.whole && c.pattern.size() < form.layout.size())
    return Why{
        fmt::format("has {} of a value's {} characters: {}", c.pattern.size(), form.layout.size(), form.what),
        "as a whole value it can never match"};
  return std::nullopt;
}

std::optional<Why> why_not(const BufferEngine& engine, const Content& c) {
  if (engine.transforms.empty())
    return engine.buffer->form == nullptr ? std::nullopt : why_not(*engine.buffer->form, c);
  const Transform& last = *engine.transforms.back();
  if (last.size() == 0 || c.pattern.size() <= last.size()) return std::nullopt;
  return Why{fmt::format("{} gives {} bytes, and this has {}", last.name(), last.size(), c.pattern.size()),
             "the content can never match; bytes of a digest are written as |d4 1d 8c d9 ...|", true};
}

}  // namespace

std::optional<RuleWarning> is_no_value(const Signature& s, const RuleEnvironment&) {
  for (const BufferEngine& engine : s.buffers)
    for (const BufferOp& op : engine.chain) {
      if (std::holds_alternative<Base64Data>(op)) break;
      const auto* const c = std::get_if<Content>(&op);
      if (c == nullptr || c->negated) continue;
      if (auto why = why_not(engine, *c))
        return RuleWarning{.keyword = engine.buffer->name,
                           .argument = {},
                           .found = pattern_text(c->pattern),
                           .reason = std::move(why->reason),
                           .advice = std::move(why->advice),
                           .never = why->never && !engine.or_else};
    }
  return std::nullopt;
}

}  // namespace weir::rules
