// A compiled regular expression of a rule (PCRE2, just-in-time compiled at its first use).
//
// Immutable for its users and shared by all workers; what a match needs to write lies in the worker's
// PcreScratch. Matching is bounded by kMatchLimit and kDepthLimit; a match that runs into one counts as none,
// and is counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/types.h"
#include "rules/language/diagnostic.h"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;
struct pcre2_real_jit_stack_8;

namespace weir::rules {

inline constexpr std::uint32_t kMatchLimit = 3500;  // Suricata's pcre.match-limit
inline constexpr std::uint32_t kDepthLimit = 1500;  // Suricata's pcre.match-limit-recursion
inline constexpr std::uint32_t kMaxCaptures = 31;   // groups beyond it are not reported

// The memory of one worker for matching. Not shared between threads.
class PcreScratch {
 public:
  PcreScratch();
  ~PcreScratch();
  PcreScratch(PcreScratch&&) noexcept;
  PcreScratch& operator=(PcreScratch&&) noexcept;

  // Group `n` of the last match (0: all of it) as begin and end in its subject; none when it took no part.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> group(std::uint32_t n) const;

  std::uint64_t limit_hits = 0;  // matches given up at a limit; for the owner to read and reset

 private:
  friend class Pcre;
  struct Free {
    void operator()(pcre2_real_match_data_8*) const;
    void operator()(pcre2_real_match_context_8*) const;
    void operator()(pcre2_real_jit_stack_8*) const;
  };
  std::unique_ptr<pcre2_real_jit_stack_8, Free> stack_;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
  int groups_ = 0;  // reported by the last match
};

class Pcre {
 public:
  // Letters after the closing slash that change how the expression reads.
  struct Options {
    bool nocase = false;      // i
    bool multiline = false;   // m
    bool dot_all = false;     // s
    bool extended = false;    // x
    bool anchored = false;    // A
    bool dollar_end = false;  // E
    bool ungreedy = false;    // G
  };
  static tl::expected<std::shared_ptr<const Pcre>, KeywordError> compile(std::string_view expression,
                                                                         const Options& options);
  ~Pcre();
  Pcre(const Pcre&) = delete;
  Pcre& operator=(const Pcre&) = delete;

  // The first match at or after `start` as begin and end in `subject`; look-behind sees what lies before
  // `start`.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> match(Bytes subject, std::size_t start,
                                                                         PcreScratch& scratch) const;
  [[nodiscard]] std::uint32_t groups() const;
  // Those that have a name in the expression, "(?P<name>...)", by name. The names live as long as this does.
  struct NamedGroup {
    std::string_view name;
    std::uint32_t group = 1;
  };
  [[nodiscard]] std::vector<NamedGroup> named_groups() const;

 private:
  explicit Pcre(pcre2_real_code_8* code) : code_(code) {}

  pcre2_real_code_8* const code_;
  mutable std::once_flag jit_;
};

}  // namespace weir::rules
