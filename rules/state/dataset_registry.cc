#include "rules/state/dataset_registry.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "decoders/replace_file.h"
#include "decoders/text_file.h"

namespace weir::rules {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool has_parent_steps(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

// Absolute and without "..", whether or not it exists; links in the part that exists are followed.
fs::path settled(const fs::path& path) {
  std::error_code error;
  fs::path out = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path.lexically_normal() : out;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && relative != "." && *relative.begin() != "..";
}

Compiled fill(RuleEnvironment& environment, Dataset& set) {
  const DatasetSource& source = set.source();
  if (source.load.empty() || (source.may_be_missing && !is_there(source.load))) return {};
  const auto text = read_text_file(source.load, kMaxDatasetFile);
  if (!text) return refuse("the file " + text.error(), source.load);
  auto report = read_dataset_list(set, *text);
  if (!report) return tl::unexpected(std::move(report.error()));
  note_list_problems(environment, source.load, source.with_reputation ? "datarep" : "dataset",
                     std::move(report->problems));
  return {};
}

// What of the set that is there contradicts what a rule says of it; empty: nothing.
std::string_view contradiction(const DatasetSource& known, const DatasetSource& said) {
  if (known.type != said.type) return "the set of this name has another type";
  if (!said.load.empty() && known.load != said.load) return "the set of this name comes from another file";
  if (!said.save.empty() && known.save != said.save) return "the set of this name is written to another file";
  return {};
}

std::string text_of(const Dataset& set) {
  std::string out;
  for (const auto& [value, reputation] : set.values()) {
    out += encode_dataset_value(set.type(), value);
    if (set.source().with_reputation) out += fmt::format(",{}", reputation);
    out += '\n';
  }
  return out;
}

}  // namespace

Parsed<std::shared_ptr<Dataset>> make_dataset(RuleEnvironment& environment, const std::string& name,
                                              DatasetSource source) {
  if (const auto found = environment.datasets.find(name); found != environment.datasets.end()) {
    if (const auto wrong = contradiction(found->second->source(), source); !wrong.empty())
      return refuse(std::string(wrong));
    return found->second;
  }
  const auto kept = environment.kept_datasets.find(name);
  std::shared_ptr<Dataset> set;
  if (kept != environment.kept_datasets.end() && source.is_dynamic() && kept->second->source() == source) {
    set = kept->second;
  } else {
    set = std::make_shared<Dataset>(std::move(source));
    if (auto filled = fill(environment, *set); !filled) return tl::unexpected(std::move(filled.error()));
  }
  environment.datasets.emplace(name, set);
  return set;
}

Compiled claim_hash_size(RuleEnvironment& environment, std::uint32_t hash_size) {
  DatasetRules& limits = environment.dataset_rules;
  if (hash_size > limits.most_hash_size)
    return refuse(
        fmt::format("the hashsize is above datasets.limits.single-hashsize ({})", limits.most_hash_size));
  if (hash_size > limits.hash_sizes_left)
    return refuse(fmt::format("with it the sets are above datasets.limits.total-hashsizes; {} are left",
                              limits.hash_sizes_left));
  limits.hash_sizes_left -= hash_size;
  return {};
}

Parsed<std::string> data_file_path(const RuleEnvironment& environment, const std::string& rule_file,
                                   std::string_view name, FileUse use) {
  if (environment.data_dir.empty()) return refuse("there is no data directory for it", name);
  const fs::path given(name);
  const bool may_wander = environment.dataset_rules.allow_absolute;
  if (name.empty() || (given.is_absolute() && !may_wander))
    return refuse("must be a name below the data directory (or set datasets.rules.allow-absolute-filenames)",
                  name);
  if (has_parent_steps(given) && !may_wander) return refuse("must not lead out of the data directory", name);
  const fs::path folder(environment.data_dir);
  if (use == FileUse::write && !is_there(folder))
    return refuse(fmt::format("the data directory {} is not there", environment.data_dir), name);
  const fs::path path = folder / given;  // an absolute one is itself
  if ((given.is_absolute() || has_parent_steps(given)) && !lies_below(settled(path), settled(folder)))
    return refuse(fmt::format("lies outside of the data directory {}", environment.data_dir), name);
  if (use == FileUse::read && !given.is_absolute() && !has_parent_steps(given) && !is_there(path))
    if (fs::path beside = fs::path(rule_file).parent_path() / given; is_there(beside)) return beside.string();
  return path.string();
}

Parsed<DataFile> read_data_file(RuleBuilder& rule, std::string_view name) {
  rule.signature().has_outside_parts = true;
  auto path = data_file_path(rule.environment(), rule.rule().file, name, FileUse::read);
  if (!path) return tl::unexpected(std::move(path.error()));
  auto text = read_text_file(*path, kMaxDatasetFile);
  if (!text) return refuse("the file " + text.error(), name);
  return DataFile{std::move(*path), std::move(*text)};
}

void note_list_problems(RuleEnvironment& environment, const std::string& file, std::string_view keyword,
                        std::vector<ListProblem> problems) {
  for (ListProblem& p : problems)
    environment.list_problems.push_back({.file = file,
                                         .line = p.line,
                                         .column = p.column,
                                         .keyword = std::string(keyword),
                                         .reason = std::move(p.reason),
                                         .offending = std::move(p.offending),
                                         .severity = p.severity});
}

tl::expected<void, std::string> save_dataset(const Dataset& set) {
  const std::string& path = set.source().save;
  if (path.empty()) return {};
  std::error_code ignored;  // writing says what is wrong
  fs::create_directories(fs::path(path).parent_path(), ignored);
  const std::string problem = replace_file(path, text_of(set), 0644);
  if (problem.empty()) return {};
  return tl::unexpected(fmt::format("dataset: {}: cannot be written: {}", path, problem));
}

}  // namespace weir::rules
