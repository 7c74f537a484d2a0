// Which data sets there are while rules load: those of the configuration, those that rules make, those of the rules before;
// where their files may lie; and writing them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/state/dataset.h"
#include "rules/state/dataset_list.h"

namespace weir::rules {

// The set of this name. When there is none yet it is made: taken over from the rules before when it is dynamic
// (DatasetSource::is_dynamic) and means the same, else read from its file. `where`: what names it; lines of its list that
// cannot be used are put among the environment's list_problems. Fails when its file cannot be used, or when a set of this
// name is something else.
Parsed<std::shared_ptr<Dataset>> make_dataset(RuleEnvironment& environment, const std::string& name,
                                              DatasetSource source);

// Takes a rule's `hashsize` off what is left of datasets.limits. Fails when it is beyond them.
Compiled claim_hash_size(RuleEnvironment& environment, std::uint32_t hash_size);

// The path of a file that a rule names: below the data directory, or, when it is only read and not there, beside the
// rule's own file. Absolute names and ".." only with datasets.rules.allow-absolute-filenames, and never out of the data
// directory, which must be there when the file is to be written.
enum class FileUse : std::uint8_t { read, write };
Parsed<std::string> data_file_path(const RuleEnvironment& environment, const std::string& rule_file,
                                   std::string_view name, FileUse use);
// Its text.
struct DataFile {
  std::string path, text;
};
Parsed<DataFile> read_data_file(RuleBuilder& rule, std::string_view name);
// Tells of lines of a list that cannot be used.
void note_list_problems(RuleEnvironment& environment, const std::string& file, std::string_view keyword,
                        std::vector<ListProblem> problems);

// Writes the set to its file, in place of what was there: whole, or not at all. A set without one is done. Makes the
// folder when it is missing.
tl::expected<void, std::string> save_dataset(const Dataset& set);

}  // namespace weir::rules
