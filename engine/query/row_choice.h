// Which rows of a row group a question is about, found out from as few of its columns as that takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/query/record_source.h"
#include "output/flow/store/record_file.h"

namespace weir::engine {

// What is known of a question once, for all files. Immutable: any number of threads may ask.
class RowChoice {
 public:
  explicit RowChoice(const RecordQuery& query);

  // False: by times and Bloom filters, no row of the group fits.
  [[nodiscard]] bool may_fit(const output::RecordFile& file, std::size_t group) const;
  // The rows that fit, which go up. Fails with a Problem.
  output::parquet::Read<void> choose(const output::RecordFile& file, std::size_t number,
                                     output::RecordGroup& group, std::vector<std::uint32_t>& rows) const;

 private:
  // Addresses of one of the two sets, as they stand in dictionaries.
  struct Keys {
    const AddressSet* set = nullptr;
    bool few = false;  // so few, and no networks: looked for by their texts
    std::vector<std::string> texts;
    std::vector<std::uint64_t> hashes;  // for Bloom filters
  };
  // Of the entries of a dictionary, what each is.
  struct Classes {
    std::span<const std::string_view> entries;
    std::vector<std::uint8_t> of;
  };
  static Keys keys_of(const AddressSet& set);
  void classify(std::span<const std::string_view> entries, bool own, const Classes* like, Classes& out) const;
  output::parquet::Read<void> choose_addresses(output::RecordGroup& group, bool own,
                                               std::vector<std::uint32_t>& rows) const;
  output::parquet::Read<void> choose_ports(output::RecordGroup& group,
                                           std::vector<std::uint32_t>& rows) const;
  output::parquet::Read<void> choose_times(const output::RecordFile& file, std::size_t number,
                                           output::RecordGroup& group,
                                           std::vector<std::uint32_t>& rows) const;

  const RecordQuery& query_;
  Keys hosts_, others_;
};

}  // namespace weir::engine
