// NFS: what a call asks for, and the version of the protocol. Ranges of both include their ends.
#include "decoders/app/nfs/transaction.h"

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/uint_match.h"

namespace weir::rules {
namespace {

using nfs::NfsTransaction;

// One condition, or the two ends of a range.
struct Range {
  std::optional<UintMatch> least, most;

  [[nodiscard]] bool matches(std::uint64_t value) const {
    return (!least || least->matches(value)) && (!most || most->matches(value));
  }
};

Parsed<Range> parse_range(std::string_view text) {
  const auto at = text.find_first_of("-<", 1);
  const std::string_view separator =
      at == std::string_view::npos ? "" : text.substr(at, text[at] == '-' ? 1 : 2);
  const bool is_range = separator == "-" || separator == "<>";
  const auto one = [](const std::string& condition) { return UintMatch::parse(condition, UINT32_MAX); };
  auto least = one(is_range ? ">=" + std::string(trim(text.substr(0, at))) : std::string(text));
  if (!least) return tl::unexpected(std::move(least.error()));
  if (!is_range) return Range{.least = *least, .most = std::nullopt};
  auto most = one("<=" + std::string(trim(text.substr(at + separator.size()))));
  if (!most) return tl::unexpected(std::move(most.error()));
  if (least->bounds().first >= most->bounds().second)
    return refuse("expects the smaller end of the range first", text);
  return Range{.least = *least, .most = *most};
}

class VersionCheck final : public TxCheck {
 public:
  explicit VersionCheck(const Range& range) : range_(range) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction) const override {
    const auto& tx = tx_cast<NfsTransaction>(transaction);
    return !tx.is_nameless && range_.matches(tx.version);
  }

 private:
  Range range_;
};

// Only calls of NFS itself have a number that means something: those for access lists do not.
bool has_procedure(const NfsTransaction& tx) {
  return !tx.is_nameless && (tx.program == nfs::kNfsProgram || tx.procedure == 0);
}

class ProcedureCheck final : public TxCheck {
 public:
  explicit ProcedureCheck(const Range& range) : range_(range) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction) const override {
    const auto& tx = tx_cast<NfsTransaction>(transaction);
    return has_procedure(tx) && range_.matches(tx.procedure);
  }

 private:
  Range range_;
};

// By name: each version has a number of its own for it.
class ProcedureNameCheck final : public TxCheck {
 public:
  using Numbers = std::array<std::optional<std::uint32_t>, nfs::kNewestVersion + 1>;
  ProcedureNameCheck(const Numbers& numbers, bool negated) : numbers_(numbers), negated_(negated) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction) const override {
    const auto& tx = tx_cast<NfsTransaction>(transaction);
    if (!has_procedure(tx)) return false;
    return (tx.version < numbers_.size() && numbers_[tx.version] == tx.procedure) != negated_;
  }

 private:
  Numbers numbers_;  // by version
  bool negated_;
};

// All of it is known as soon as the transaction is there. The call is looked at, once.
Compiled add_nfs_check(RuleBuilder& rule, std::shared_ptr<const TxCheck> check) {
  if (auto ok = rule.require_protocol(AppProto::nfs); !ok) return ok;
  constexpr auto kStarted = static_cast<std::uint8_t>(nfs::State::started);
  return rule.add_tx_check(
      {.protocol = AppProto::nfs, .progress_to_server = kStarted, .check = std::move(check)});
}

Compiled compile_version(RuleBuilder& rule, std::string_view argument) {
  auto range = parse_range(trim(argument));
  if (!range) return tl::unexpected(std::move(range.error()));
  return add_nfs_check(rule, std::make_shared<VersionCheck>(*range));
}

Compiled compile_procedure(RuleBuilder& rule, std::string_view argument) {
  std::string_view text = trim(argument);
  const bool negated = text.starts_with('!');
  const std::string_view name = trim(text.substr(negated ? 1 : 0));
  ProcedureNameCheck::Numbers numbers{};
  bool is_name = false;
  for (std::uint32_t version = nfs::kOldestVersion; version <= nfs::kNewestVersion; ++version) {
    numbers[version] = nfs::procedure_number(version, name);
    is_name = is_name || numbers[version];
  }
  if (is_name) return add_nfs_check(rule, std::make_shared<ProcedureNameCheck>(numbers, negated));
  auto range = parse_range(text);
  if (!range) return tl::unexpected(std::move(range.error()));
  return add_nfs_check(rule, std::make_shared<ProcedureCheck>(*range));
}

constexpr KeywordSpec kNfsKeywords[] = {
    {.name = "nfs_procedure",
     .how = compile_procedure,
     .summary =
         "procedure of an NFS call, or the operation that a COMPOUND of NFS 4 is about, by number or name"},
    {.name = "nfs.version", .how = compile_version, .summary = "version of NFS: 2, 3 or 4"},
    {.name = "nfs_version", .how = compile_version, .summary = "the same as nfs.version"},
};

}  // namespace

const KeywordFile keywords_nfs{.keywords = kNfsKeywords};

}  // namespace weir::rules
