#include "engine/live/sources/nfqueue_settings.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace weir::engine {
namespace {

template <class T>
bool parse_number(std::string_view text, T& out) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}
  template <class T>
  void number(const char* key, T& out) {
    const auto text = config_.text(key);
    if (text && !parse_number(*text, out) && error_.empty())
      error_ = fmt::format("{}: '{}' is not a number up to {}", key, *text, std::numeric_limits<T>::max());
  }
  void mode(NfqueueMode& out) {
    const std::string text = config_.text("nfq.mode").value_or("accept");
    if (text == "accept")
      out = NfqueueMode::accept;
    else if (text == "repeat")
      out = NfqueueMode::repeat;
    else if (text == "route")
      out = NfqueueMode::route;
    else
      error_ = fmt::format("nfq.mode: '{}': expected accept, repeat or route", text);
  }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const Config& config_;
  std::string error_;
};

}  // namespace

tl::expected<NfqueueSettings, std::string> NfqueueSettings::from(const Config& config) {
  NfqueueSettings out;
  Reader in(config);
  in.mode(out.mode);
  in.number("nfq.repeat-mark", out.repeat_mark);
  in.number("nfq.repeat-mask", out.repeat_mask);
  in.number("nfq.bypass-mark", out.bypass_mark);
  in.number("nfq.bypass-mask", out.bypass_mask);
  in.number("nfq.route-queue", out.route_queue);
  in.number("nfq.batchcount", out.batch);
  in.number("nfq.queue-length", out.queue_length);
  out.fail_open = config.flag("nfq.fail-open", true);
  if (!in.error().empty()) return tl::unexpected(in.error());
  constexpr std::uint32_t kMaxBatch = 255;
  out.batch = std::min(std::max(out.batch, 1U), kMaxBatch);
  return out;
}

tl::expected<std::vector<std::uint16_t>, std::string> parse_queue_range(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string_view all = text;
  std::uint16_t first = 0, last = 0;
  const bool good = colon == std::string::npos ? parse_number(all, first)
                                               : parse_number(all.substr(0, colon), first) &&
                                                     parse_number(all.substr(colon + 1), last);
  if (colon == std::string::npos) last = first;
  constexpr int kMaxQueues = 256;
  if (!good || last < first || last - first >= kMaxQueues)
    return tl::unexpected(
        fmt::format("-q {}: expected a queue number or a range of up to {} ('0:3')", text, kMaxQueues));
  std::vector<std::uint16_t> out;
  for (unsigned n = first; n <= last; ++n) out.push_back(static_cast<std::uint16_t>(n));
  return out;
}

}  // namespace weir::engine
