// Which rollups of a store answer a question for records that are gone, and what is told of them.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/query/record_source.h"
#include "output/flow/store/record_file.h"
#include "output/flow/store/store_files.h"

namespace weir::engine {

class RollupChoice {
 public:
  // `query` lives longer.
  explicit RollupChoice(const RecordQuery& query) : query_(query) {}

  // The file is to be read; false: it has nothing of the time that is asked for, or cannot tell what is. Remembers which days that was of.
  bool takes(const output::StoreFile& entry, const output::RecordFile& file);
  // "2025-11-01 to 2025-11-30: rollups by 5m (src,dst,proto,port) stand for the records", a line for all days of one kind.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  struct Days {
    std::string first, last;
  };
  // Level, keys, and why they cannot answer (empty: they do).
  using Kind = std::tuple<output::StoreLevel, std::string, std::string>;
  [[nodiscard]] std::string why_not(const output::StoreFile& entry, const output::RollupKeys& keys) const;
  [[nodiscard]] bool is_in_time(const output::RecordFile& file) const;
  [[nodiscard]] std::string used_text(output::StoreLevel level) const;

  const RecordQuery& query_;
  std::map<Kind, Days> days_;
};

}  // namespace weir::engine
