// Conditions on a transaction's files: fileext, filename, filesize, filemagic, digest lists. All those of a
// rule must hold for one and the same file, so they are one check.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "decoders/app/file.h"
#include "rules/compile/rule_builder.h"
#include "rules/match/check.h"

namespace weir::rules {

class FileCondition {
 public:
  virtual ~FileCondition() = default;
  // A condition that needs bytes that are still to come does not hold yet.
  [[nodiscard]] virtual bool holds(const AppFile& file) const = 0;
};

class FileCheck final : public TxCheck {
 public:
  explicit FileCheck(std::vector<std::shared_ptr<const FileCondition>> conditions)
      : conditions_(std::move(conditions)) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override;
  [[nodiscard]] bool holds(const AppFile& file) const;
  [[nodiscard]] const std::vector<std::shared_ptr<const FileCondition>>& conditions() const {
    return conditions_;
  }

 private:
  std::vector<std::shared_ptr<const FileCondition>> conditions_;
};

// The rule matches on transactions that carry a file. Restricts it to protocols that do.
Compiled require_file(RuleBuilder& rule);

// Whether it asks something of files: their names, kinds, sizes or digests.
bool asks_for_files(const Signature& rule);

// All that the rule asks of files holds for this one.
bool holds_for_file(const Signature& rule, const AppFile& file);

// Adds a condition to the rule's file check, which it makes when there is none. With `only`, the rule looks
// at files of that direction. Restricts the rule to protocols that carry files.
Compiled add_file_condition(RuleBuilder& rule, std::shared_ptr<const FileCondition> condition,
                            std::optional<Direction> only = std::nullopt);

}  // namespace weir::rules
