#include "engine/ruleset/dataset_setup.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/state/dataset_registry.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;
using rules::DatasetSource;

constexpr std::array<std::string_view, 4> kOtherKeys{"enabled", "defaults", "limits", "rules"};

std::vector<std::string> set_names(const Config& config) {
  std::vector<std::string> out = config.keys("datasets");
  std::erase_if(out, [](const std::string& key) {
    return std::find(kOtherKeys.begin(), kOtherKeys.end(), key) != kOtherKeys.end();
  });
  return out;
}

std::uint32_t small_number(const Settings& settings, std::string_view path, std::uint32_t fallback) {
  const std::uint64_t number = settings.number(path, fallback);
  if (number <= UINT32_MAX) return static_cast<std::uint32_t>(number);
  settings.unreadable(path, "a number below 4294967296");
  return fallback;
}

rules::DatasetRules rules_of(const Config& config) {
  rules::DatasetRules out;
  out.allow_absolute = config.flag("datasets.rules.allow-absolute-filenames", out.allow_absolute);
  out.allow_write = config.flag("datasets.rules.allow-write", out.allow_write);
  out.memcap_bytes = config.bytes("datasets.defaults.memcap", out.memcap_bytes);
  out.hash_size = std::max(small_number(config, "datasets.defaults.hashsize", out.hash_size), 1U);
  out.most_hash_size = small_number(config, "datasets.limits.single-hashsize", out.most_hash_size);
  out.hash_sizes_left = config.number("datasets.limits.total-hashsizes", out.hash_sizes_left);
  return out;
}

// The user's own files: anywhere.
std::string path_of(const Config& config, const std::string& data_dir, const std::string& name,
                    bool is_read) {
  const fs::path below = fs::path(data_dir.empty() ? config.directory() : data_dir) / name;
  std::error_code error;
  const fs::path beside = fs::path(config.directory()) / name;
  return is_read && !fs::exists(below, error) && fs::exists(beside, error) ? beside.string() : below.string();
}

// Fails with what is wrong and the key that says so.
struct Wrong {
  std::string key, reason;
};
tl::expected<DatasetSource, Wrong> read_source(const Config& config, const std::string& data_dir,
                                               const Settings& set, const rules::DatasetRules& rules) {
  DatasetSource out{.configured = true};
  const auto type = set.text("type");
  if (!type) return tl::unexpected(Wrong{"", "a set needs a type: string, md5, sha256, ipv4 or ip"});
  const auto known = rules::dataset_type(*type);
  if (!known)
    return tl::unexpected(Wrong{"type", fmt::format("'{}' is not string, md5, sha256, ipv4 or ip", *type)});
  out.type = *known;
  const auto load = set.text("load"), state = set.text("state"), save = set.text("save");
  if (state && (load || save))
    return tl::unexpected(Wrong{"state", "stands for load and save of one file, and goes with neither"});
  if (load) out.load = path_of(config, data_dir, *load, true);
  if (save) out.save = path_of(config, data_dir, *save, false);
  if (state) out.load = out.save = path_of(config, data_dir, *state, false);
  out.may_be_missing = state.has_value();
  out.memcap_bytes = set.bytes("memcap", rules.memcap_bytes);
  out.hash_size = std::max(small_number(set, "hashsize", rules.hash_size), 1U);
  return out;
}

// "weir.yaml:3:5" in its parts.
rules::RuleDiagnostic diagnose_at(const std::string& place, std::string keyword, std::string reason) {
  rules::RuleDiagnostic out{.file = place, .keyword = std::move(keyword), .reason = std::move(reason)};
  const std::size_t second = place.rfind(':');
  const std::size_t first =
      second == std::string::npos || second == 0 ? second : place.rfind(':', second - 1);
  if (first == std::string::npos) return out;
  const auto line =
      parse_number<std::uint32_t>(std::string_view(place).substr(first + 1, second - first - 1));
  const auto column = parse_number<std::uint32_t>(std::string_view(place).substr(second + 1));
  if (!line || !column) return out;
  out.file = place.substr(0, first);
  out.line = *line;
  out.column = *column;
  return out;
}

}  // namespace

void set_up_datasets(const Config& config, rules::RuleEnvironment& environment,
                     std::vector<rules::RuleDiagnostic>& diagnostics) {
  environment.dataset_rules = rules_of(config);
  for (const std::string& name : set_names(config)) {
    const std::string path = fmt::format("datasets.{}", name);
    const auto tell = [&](const std::string& key, std::string reason) {
      const std::string at = key.empty() ? path : fmt::format("{}.{}", path, key);
      diagnostics.push_back(diagnose_at(config.place(at), at, std::move(reason)));
    };
    auto source = read_source(config, environment.data_dir, config.sub(path), environment.dataset_rules);
    if (!source) {
      tell(source.error().key, source.error().reason);
      continue;
    }
    const auto made = rules::make_dataset(environment, name, std::move(*source));
    if (!made)
      tell("", made.error().offending.empty()
                   ? made.error().reason
                   : fmt::format("{} ({})", made.error().reason, made.error().offending));
  }
  std::move(environment.list_problems.begin(), environment.list_problems.end(),
            std::back_inserter(diagnostics));
  environment.list_problems.clear();
}

DatasetFiles dataset_files(const Config& config, const std::string& data_dir) {
  DatasetFiles out;
  const rules::DatasetRules rules;
  for (const std::string& name : set_names(config)) {
    const auto source = read_source(config, data_dir, config.sub(fmt::format("datasets.{}", name)), rules);
    if (!source) continue;
    if (!source->load.empty()) out.read.push_back(source->load);
    if (!source->save.empty()) out.written.push_back(source->save);
  }
  return out;
}

}  // namespace weir::engine
