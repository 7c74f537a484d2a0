// What records are grouped by ("src/16,dport"), and the key of the group that a record belongs to: bytes of a fixed length.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "engine/query/answer.h"
#include "engine/query/record_source.h"

namespace weir::engine {

enum class GroupField : std::uint8_t {
#define GROUP_FIELD(word, name, bytes, fields, column, meaning) name,
#include "engine/query/groups/group_fields.def"
#undef GROUP_FIELD
};

// Texts of groups, as the numbers that stand for them in keys. Owns them. Beyond kMaxTexts others are all one number.
class GroupTexts {
 public:
  static constexpr std::size_t kMaxTexts = std::size_t{1} << 20U;
  // 0 is the empty text. Only the first kMaxTextBytes count.
  std::uint32_t number_of(std::string_view text);
  [[nodiscard]] std::string_view text_of(std::uint32_t number) const;
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  static constexpr std::size_t kMaxTextBytes = 256;
  static constexpr std::uint32_t kOther = 0xffffffff;
  std::deque<std::string> texts_;  // of the numbers from 1
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

class GroupKeys {
 public:
  static constexpr std::size_t kMaxFields = 8, kMaxWords = 12;
  using Key = std::array<std::uint64_t, kMaxWords>;  // the first words() of it count, others are 0

  // "src,dst/24". With `with_step` a key begins with the number of a step. Fails with a text that begins with "--by".
  static tl::expected<GroupKeys, std::string> parse(std::string_view by, bool with_step = false);

  [[nodiscard]] std::size_t words() const { return words_; }
  [[nodiscard]] Fields fields() const { return fields_; }
  // What a rollup must keep for them.
  [[nodiscard]] output::RollupKeys rollup_keys() const;
  // A record belongs to two groups, one for each of its ends, unless both are the same.
  [[nodiscard]] bool is_of_either_end() const { return either_; }

  // The key of a record, for its end `end` (of fields of either end).
  void write(const flow::Record& record, std::size_t end, GroupTexts& texts, Key& key) const;
  // The step stands in the first bytes.
  static void write_step(std::uint64_t* key, std::uint32_t step);
  static std::uint32_t step_of(const std::uint64_t* key);

  // Columns, and a row's cells for them; the step is none of them.
  [[nodiscard]] std::vector<AnswerColumn> columns() const;
  void append_cells(const std::uint64_t* key, const GroupTexts& texts, std::vector<Cell>& row) const;

  // Numbers of texts in a key of another table become those of this one's: `numbers` by the other's number.
  [[nodiscard]] bool has_texts() const { return has_texts_; }
  // Names of hosts among them.
  [[nodiscard]] bool has_names() const { return has_names_; }
  [[nodiscard]] bool has_addresses() const { return has_addresses_; }
  // Countries or autonomous systems.
  [[nodiscard]] bool has_places() const { return has_places_; }
  void renumber_texts(std::uint64_t* key, std::span<const std::uint32_t> numbers) const;

 private:
  struct Part {
    GroupField field = GroupField::source;
    std::uint8_t v4_bits = 32, v6_bits = 128;
    bool is_network = false;
    std::size_t at = 0;  // bytes
  };
  tl::expected<void, std::string> add(std::string_view word, std::string_view by);

  std::vector<Part> parts_;
  std::size_t bytes_ = 0, words_ = 0;
  Fields fields_;
  bool either_ = false, has_texts_ = false, has_names_ = false, has_addresses_ = false, has_places_ = false;
};

// The port that the service has, as far as a record tells: the destination's of one that saw both sides, else the lower one, as records
// of one side may be of answers. 0: none.
std::uint16_t service_port(const flow::Record& record);

}  // namespace weir::engine
