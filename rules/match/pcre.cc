#include "rules/match/pcre.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <new>
#include <string>

namespace weir::rules {
namespace {

constexpr std::size_t kJitStackStart = 32 * 1024, kJitStackMost = 512 * 1024;
constexpr std::size_t kMaxErrorText = 120;

}  // namespace

void PcreScratch::Free::operator()(pcre2_real_match_data_8* p) const {
  pcre2_match_data_free(p);
}
void PcreScratch::Free::operator()(pcre2_real_match_context_8* p) const {
  pcre2_match_context_free(p);
}
void PcreScratch::Free::operator()(pcre2_real_jit_stack_8* p) const {
  pcre2_jit_stack_free(p);
}

PcreScratch::PcreScratch()
    : stack_(pcre2_jit_stack_create(kJitStackStart, kJitStackMost, nullptr)),
      context_(pcre2_match_context_create(nullptr)),
      data_(pcre2_match_data_create(kMaxCaptures + 1, nullptr)) {
  if (!context_ || !data_) throw std::bad_alloc();
  pcre2_set_match_limit(context_.get(), kMatchLimit);
  pcre2_set_depth_limit(context_.get(), kDepthLimit);
  if (stack_) pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
}
PcreScratch::~PcreScratch() = default;
PcreScratch::PcreScratch(PcreScratch&&) noexcept = default;
PcreScratch& PcreScratch::operator=(PcreScratch&&) noexcept = default;

std::optional<std::pair<std::size_t, std::size_t>> PcreScratch::group(std::uint32_t n) const {
  if (groups_ <= 0 || n >= static_cast<std::uint32_t>(groups_)) return std::nullopt;
  const PCRE2_SIZE* const at = pcre2_get_ovector_pointer(data_.get());
  const std::size_t begin = at[std::size_t{2} * n], end = at[std::size_t{2} * n + 1];
  if (begin == PCRE2_UNSET || end == PCRE2_UNSET || begin > end) return std::nullopt;
  return std::pair{begin, end};
}

tl::expected<std::shared_ptr<const Pcre>, KeywordError> Pcre::compile(std::string_view expression,
                                                                      const Options& options) {
  std::uint32_t flags = 0;
  if (options.nocase) flags |= PCRE2_CASELESS;
  if (options.multiline) flags |= PCRE2_MULTILINE;
  if (options.dot_all) flags |= PCRE2_DOTALL;
  if (options.extended) flags |= PCRE2_EXTENDED;
  if (options.anchored) flags |= PCRE2_ANCHORED;
  if (options.dollar_end) flags |= PCRE2_DOLLAR_ENDONLY;
  if (options.ungreedy) flags |= PCRE2_UNGREEDY;
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                                         flags, &error, &offset, nullptr);
  if (code == nullptr) {
    std::array<PCRE2_UCHAR, kMaxErrorText> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return refuse(std::string("not a regular expression: ") + reinterpret_cast<const char*>(text.data()),
                  expression.substr(offset < expression.size() ? offset : 0));
  }
  return std::shared_ptr<const Pcre>(new Pcre(code));
}

Pcre::~Pcre() {
  pcre2_code_free(code_);
}

std::optional<std::pair<std::size_t, std::size_t>> Pcre::match(Bytes subject, std::size_t start,
                                                               PcreScratch& scratch) const {
  // Most expressions are never reached by traffic: machine code is made for those that are.
  std::call_once(jit_, [this] { (void)pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE); });
  scratch.groups_ = 0;
  if (start > subject.size()) return std::nullopt;
  static constexpr std::uint8_t kNothing = 0;
  const auto* const bytes = subject.empty() ? &kNothing : subject.data();
  const int rc =
      pcre2_match(code_, bytes, subject.size(), start, 0, scratch.data_.get(), scratch.context_.get());
  if (rc < 0) {
    if (rc != PCRE2_ERROR_NOMATCH) ++scratch.limit_hits;
    return std::nullopt;
  }
  scratch.groups_ = rc == 0 ? static_cast<int>(kMaxCaptures + 1) : rc;
  return scratch.group(0);
}

std::uint32_t Pcre::groups() const {
  std::uint32_t count = 0;
  pcre2_pattern_info(code_, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

std::vector<Pcre::NamedGroup> Pcre::named_groups() const {
  std::uint32_t count = 0, size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code_, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code_, PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code_, PCRE2_INFO_NAMETABLE, &table);
  std::vector<NamedGroup> out;
  for (std::uint32_t i = 0; i < count; ++i, table += size)
    out.push_back({reinterpret_cast<const char*>(table + 2), (std::uint32_t{table[0]} << 8U) | table[1]});
  return out;
}

}  // namespace weir::rules
