#include "engine/query/text_addresses.h"

#include <algorithm>
#include <optional>

#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::engine {
namespace {

// What is longer is a fingerprint, or no text.
constexpr std::size_t kLongestRun = 56;

bool is_letter_of_word(char c) {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_';
}
bool is_letter_of_address(char c) {
  return hex_digit(c) >= 0 || c == ':' || c == '.';
}

// All that could be an address, or an address with a port or the end of a sentence behind it.
std::string_view run_at(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_letter_of_address(text[length])) ++length;
  return text.substr(0, length);
}

struct Found {
  IpAddress address;
  std::size_t length = 0;
};
// The longest address that the run begins with; `ends_in_word`: its last group is the begin of a word.
std::optional<Found> address_in(std::string_view run, bool ends_in_word) {
  if (ends_in_word) run = run.substr(0, std::min(run.find_last_of(".:"), run.size()));
  while (run.find_first_of(".:") != std::string_view::npos) {
    const bool has_end = hex_digit(run.back()) >= 0;
    if (has_end || (run.ends_with("::") && run.size() > 2))
      if (const auto address = parse_address(run)) return Found{*address, run.size()};
    run = run.substr(0, has_end ? run.find_last_of(".:") : run.size() - 1);
  }
  return std::nullopt;
}

// How many letters are seen.
std::size_t shown(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

class Replacer {
 public:
  explicit Replacer(const AddressReplacement& replacement) : replacement_(replacement) {}

  std::string run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view run = run_at(text.substr(at));
      if (text[at] == ' ')
        at += blanks(text.substr(at));
      else if (run.size() > kLongestRun)
        at += keep(run);
      else if (const auto found = find(text, at, run.size()))
        at += replace(text.substr(at, found->length), found->address);
      else
        at += keep(text.substr(at, 1));
    }
    return std::move(out_);
  }

 private:
  static std::optional<Found> find(std::string_view text, std::size_t at, std::size_t length) {
    if (length == 0 || (at != 0 && is_letter_of_word(text[at - 1]))) return std::nullopt;
    const std::size_t end = at + length;
    return address_in(text.substr(at, length), end < text.size() && is_letter_of_word(text[end]));
  }
  std::size_t keep(std::string_view text) {
    out_ += text;
    return text.size();
  }
  std::size_t replace(std::string_view text, const IpAddress& address) {
    const std::string other = replacement_(address);
    if (other.empty()) return keep(text);
    out_ += other;
    longer_ += static_cast<std::ptrdiff_t>(shown(other)) - static_cast<std::ptrdiff_t>(text.size());
    return text.size();
  }
  std::size_t blanks(std::string_view text) {
    const std::size_t count = std::min(text.find_first_not_of(' '), text.size());
    if (count < 2 || count == text.size()) {
      out_.append(count, ' ');
      return count;
    }
    const std::ptrdiff_t wanted = std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(count) - longer_, 1);
    longer_ -= static_cast<std::ptrdiff_t>(count) - wanted;
    out_.append(static_cast<std::size_t>(wanted), ' ');
    return count;
  }

  const AddressReplacement& replacement_;
  std::string out_;
  std::ptrdiff_t longer_ = 0;  // than it was, and not made up for yet
};

}  // namespace

std::string replace_addresses(std::string_view text, const AddressReplacement& replacement) {
  return Replacer(replacement).run(text);
}

}  // namespace weir::engine
