// Facts about a file: fileext, filename, filesize, filemagic, and digest lists (filemd5, filesha1, filesha256); and that
// it is stored: filestore.
#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "decoders/app/file.h"
#include "decoders/text.h"
#include "rules/compile/file_check.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/language/uint_match.h"
#include "rules/state/dataset_registry.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::size_t kMaxTextBytes = 255;

// A text somewhere in the name, or the name's end behind a dot; case does not matter.
class NameCondition final : public FileCondition {
 public:
  NameCondition(std::string text, bool extension, bool negated)
      : text_(std::move(text)), extension_(extension), negated_(negated) {}
  [[nodiscard]] bool holds(const AppFile& file) const override { return found(file.name) != negated_; }

 private:
  [[nodiscard]] bool found(std::string_view name) const {
    if (!extension_) return contains_nocase(name, text_);
    return name.size() > text_.size() && name[name.size() - text_.size() - 1] == '.' &&
           equals_nocase(name.substr(name.size() - text_.size()), text_);
  }
  std::string text_;
  bool extension_, negated_;
};

class MagicCondition final : public FileCondition {
 public:
  MagicCondition(std::string text, bool negated) : text_(std::move(text)), negated_(negated) {}
  [[nodiscard]] bool holds(const AppFile& file) const override {
    return !file.magic.empty() && contains_nocase(file.magic, text_) != negated_;
  }

 private:
  std::string text_;
  bool negated_;
};

class SizeCondition final : public FileCondition {
 public:
  explicit SizeCondition(UintMatch match) : match_(match) {}
  [[nodiscard]] bool holds(const AppFile& file) const override {
    return file.state == FileState::open ? match_.holds_for_all_above(file.size) : match_.matches(file.size);
  }

 private:
  UintMatch match_;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using DigestSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

class DigestCondition final : public FileCondition {
 public:
  using Digest = SlabString AppFile::*;
  DigestCondition(Digest digest, DigestSet known, bool negated)
      : digest_(digest), known_(std::move(known)), negated_(negated) {}
  [[nodiscard]] bool holds(const AppFile& file) const override {
    const SlabString& value = file.*digest_;
    return !value.empty() && known_.contains(std::string_view(value)) != negated_;
  }

 private:
  Digest digest_;
  DigestSet known_;
  bool negated_;
};

template <bool extension>
Compiled compile_name(RuleBuilder& rule, std::string_view argument) {
  const bool negated = take_negation(argument);
  const std::string_view text = unquote_if_quoted(argument);
  if (text.empty() || text.size() > kMaxTextBytes) return refuse("wants a text of 1 to 255 bytes");
  return add_file_condition(rule, std::make_shared<NameCondition>(lower_case(text), extension, negated));
}

Compiled compile_magic(RuleBuilder& rule, std::string_view argument) {
  const bool negated = take_negation(argument);
  const std::string_view text = unquote_if_quoted(argument);
  if (text.empty() || text.size() > kMaxTextBytes) return refuse("wants a text of 1 to 255 bytes");
  rule.signature().file_facts.magic = true;
  return add_file_condition(rule, std::make_shared<MagicCondition>(lower_case(text), negated));
}

// "filesize:>100", "filesize:to_client,<1MB"
Compiled compile_size(RuleBuilder& rule, std::string_view argument) {
  std::optional<Direction> only;
  if (const std::size_t comma = argument.find(','); comma != std::string_view::npos) {
    const std::string_view side = split(argument, ',').front();
    if (side == "to_server" || side == "toserver")
      only = Direction::to_server;
    else if (side == "to_client" || side == "toclient")
      only = Direction::to_client;
    else
      return refuse("not a direction", side);
    argument = split(argument.substr(comma + 1), ',').front();
  }
  auto match = UintMatch::parse(argument, UINT64_MAX);
  if (!match) return tl::unexpected(std::move(match.error()));
  return add_file_condition(rule, std::make_shared<SizeCondition>(*match), only);
}

// One digest in hexadecimal at the start of each line; lines that begin with '#' are comments. A line that is none is left
// out, and told of.
tl::expected<DigestSet, KeywordError> read_digests(RuleBuilder& rule, const DataFile& file, std::size_t size,
                                                   std::string_view keyword) {
  DigestSet out;
  ListReport report;
  std::uint32_t number = 0;
  for (std::string_view rest = file.text; !rest.empty();) {
    const std::string_view line = cut(rest, '\n');
    ++number;
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r,"));
    if (word.empty() || word.front() == '#') continue;
    if (auto digest = parse_hex(word); digest && digest->size() == size)
      out.insert(std::move(*digest));
    else
      report.leave_out({number, 1, "the line is no digest of this kind", std::string(clip(word))});
  }
  if (out.empty() && report.left_out != 0)
    return refuse("no line of the list is a digest of this kind", report.problems.front().offending);
  report.finish();
  note_list_problems(rule.environment(), file.path, keyword, std::move(report.problems));
  return out;
}

Compiled compile_digests(RuleBuilder& rule, std::string_view argument, DigestCondition::Digest digest,
                         std::size_t size, std::string_view keyword) {
  const bool negated = take_negation(argument);
  const auto file = read_data_file(rule, unquote_if_quoted(argument));
  if (!file) return tl::unexpected(file.error());
  auto known = read_digests(rule, *file, size, keyword);
  if (!known) return tl::unexpected(std::move(known.error()));
  return add_file_condition(rule, std::make_shared<DigestCondition>(digest, std::move(*known), negated));
}

Compiled compile_md5(RuleBuilder& rule, std::string_view argument) {
  rule.signature().file_facts.md5 = true;
  return compile_digests(rule, argument, &AppFile::md5, 16, "filemd5");
}
Compiled compile_sha1(RuleBuilder& rule, std::string_view argument) {
  rule.signature().file_facts.sha1 = true;
  return compile_digests(rule, argument, &AppFile::sha1, 20, "filesha1");
}
Compiled compile_sha256(RuleBuilder& rule, std::string_view argument) {
  rule.signature().file_facts.sha256 = true;
  return compile_digests(rule, argument, &AppFile::sha256, 32, "filesha256");
}

// "filestore", "filestore:request", "filestore:both,flow"
Compiled compile_filestore(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("filestore"); !ok) return ok;
  using Side = Filestore::Side;
  using Scope = Filestore::Scope;
  constexpr std::array<std::pair<std::string_view, Side>, 5> kSides{{{"request", Side::to_server},
                                                                     {"to_server", Side::to_server},
                                                                     {"response", Side::to_client},
                                                                     {"to_client", Side::to_client},
                                                                     {"both", Side::both}}};
  constexpr std::array<std::pair<std::string_view, Scope>, 4> kScopes{
      {{"file", Scope::file}, {"tx", Scope::tx}, {"ssn", Scope::flow}, {"flow", Scope::flow}}};
  const auto choose = [](const auto& names, std::string_view name, auto& chosen) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == name; });
    if (found != names.end()) chosen = found->second;
    return found != names.end();
  };
  Filestore store;
  const auto parts = split(argument, ',');
  if (parts.size() > 2) return refuse("wants a direction and a scope", argument);
  if (!parts.empty() && !choose(kSides, parts[0], store.side))
    return refuse("the direction is request, to_server, response, to_client or both", parts[0]);
  if (parts.size() > 1 && !choose(kScopes, parts[1], store.scope))
    return refuse("the scope is file, tx, ssn or flow", parts[1]);
  rule.signature().filestore = store;
  rule.signature().file_facts.store_chosen = true;
  return store.scope == Scope::file ? require_file(rule) : Compiled{};
}

constexpr KeywordSpec kFileConditionsKeywords[] = {
    {"filestore", compile_filestore, Argument::optional, "stores files of a match: DIRECTION,SCOPE"},
    {"filename", compile_name<false>, Argument::required, "text in the name of a file"},
    {"fileext", compile_name<true>, Argument::required, "extension of a file's name"},
    {"filemagic", compile_magic, Argument::required, "text in libmagic's description of a file"},
    {"filesize", compile_size, Argument::required, "size of a file in bytes"},
    {"filemd5", compile_md5, Argument::required, "MD5 digest of a file is in a list"},
    {"filesha1", compile_sha1, Argument::required, "SHA-1 digest of a file is in a list"},
    {"filesha256", compile_sha256, Argument::required, "SHA-256 digest of a file is in a list"},
};

}  // namespace

const KeywordFile keywords_file_conditions{.keywords = kFileConditionsKeywords};

}  // namespace weir::rules
