// The table of rule keywords. Adding one is a row in a file of rules/keywords/, adding a file is the file:
// CMake finds it.
//
// rules/keywords/NAME.cc defines `const KeywordFile keywords_NAME` with its rows. Most keywords are of a
// family, and say only what is theirs: a sticky buffer (BufferSpec), a number of a transaction or a packet
// (TxNumber, PacketNumber). The others bring a function.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "rules/compile/number_keyword.h"
#include "rules/language/diagnostic.h"
#include "rules/match/buffer.h"

namespace weir::rules {

class RuleBuilder;

struct KeywordSpec {
  // Turns the argument into checks of the rule under construction; runs at load, may allocate.
  using Function = Compiled (*)(RuleBuilder&, std::string_view argument);
  struct Selects {
    const BufferSpec* buffer;
  };  // what follows looks at the buffer
  struct Moves {
    const BufferSpec* buffer;
  };  // old form: the content before it looks at the buffer
  using How = std::variant<Function, Selects, Moves, const TxNumber*, const PacketNumber*>;

  std::string_view name;  // spelling in a rule, e.g. "dns.query"
  How how;
  enum class Argument : unsigned char { none, required, optional } argument = Argument::required;
  std::string_view summary;  // one line for the manual

  Compiled compile(RuleBuilder& rule, std::string_view text) const;
};

// What a file of keywords defines. Its rows live as long as the program.
struct KeywordFile {
  std::span<const KeywordSpec> keywords;
  std::span<const BufferSpec> buffers;
  std::span<const TxNumber> tx_numbers;
  std::span<const PacketNumber> packet_numbers;
};

#define KEYWORD_FILE(name) extern const KeywordFile keywords_##name;
#include "keyword_files.def"  // made by CMake of the names in rules/keywords/
#undef KEYWORD_FILE

// Null for a keyword that is not known.
const KeywordSpec* find_keyword(std::string_view name);
std::span<const KeywordSpec> all_keywords();

// The buffer that a sticky keyword selects; there must be such a keyword.
const BufferSpec& buffer_named(std::string_view keyword);

}  // namespace weir::rules
