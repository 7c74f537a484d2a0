#include "engine/live/sources/nfqueue_settings.h"

#include <limits>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}
  template <class T>
  void number(const char* key, T& out) {
    const auto text = config_.text(key);
    if (!text) return;
    const auto value = parse_unsigned(*text);
    if (value && *value <= std::numeric_limits<T>::max())
      out = static_cast<T>(*value);
    else if (error_.empty())
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
  const auto first = parse_unsigned(all.substr(0, colon));
  const auto last = colon == std::string::npos ? first : parse_unsigned(all.substr(colon + 1));
  constexpr std::uint64_t kMaxQueues = 256;
  if (!first || !last || *last > UINT16_MAX || *last < *first || *last - *first >= kMaxQueues)
    return tl::unexpected(
        fmt::format("-q {}: expected a queue number or a range of up to {} ('0:3')", text, kMaxQueues));
  std::vector<std::uint16_t> out;
  for (std::uint64_t n = *first; n <= *last; ++n) out.push_back(static_cast<std::uint16_t>(n));
  return out;
}

}  // namespace weir::engine
