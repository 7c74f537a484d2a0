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
#include <string>
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
  // A group whose text the rule keeps under a name (",flow:name", "(?P<flow_name>").
  struct Capture {
    enum class Kind : std::uint8_t { flow, packet, alert } kind = Kind::flow;
    std::string name;
    std::uint32_t group = 1;
  };

  // `captures` that the rule names in order: the first is group 1, and so on. Groups named in the expression
  // ("(?P<flow_name>...)", "(?P<pkt_name>...)") are added to them.
  static tl::expected<std::shared_ptr<const Pcre>, KeywordError> compile(std::string_view expression,
                                                                         const Options& options,
                                                                         std::vector<Capture> captures = {});
  ~Pcre();
  Pcre(const Pcre&) = delete;
  Pcre& operator=(const Pcre&) = delete;

  // The first match at or after `start` as begin and end in `subject`; look-behind sees what lies before
  // `start`.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> match(Bytes subject, std::size_t start,
                                                                         PcreScratch& scratch) const;
  [[nodiscard]] std::uint32_t groups() const;
  [[nodiscard]] const std::vector<Capture>& captures() const { return captures_; }

 private:
  explicit Pcre(pcre2_real_code_8* code) : code_(code) {}
  void add_named_captures();

  pcre2_real_code_8* const code_;
  std::vector<Capture> captures_;
  mutable std::once_flag jit_;
};

}  // namespace weir::rules
