#include "decoders/app/http/settings.h"

#include <algorithm>
#include <limits>

namespace weir::http {
namespace {

constexpr std::string_view kBase = "libhtp.default-config.";
constexpr std::uint32_t kMostLayers = 10;
constexpr std::uint64_t kMostTransactions = 65'536;
constexpr std::uint64_t kMostTimeout = 86'400;

std::string key(std::string_view name) {
  return std::string(kBase).append(name);
}

std::uint32_t window(const Settings& s, std::string_view name, std::uint32_t fallback) {
  const std::uint64_t v = s.bytes(key(name), fallback);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(v, std::numeric_limits<std::uint32_t>::max()));
}

BodyLimits limits(const Settings& s, const std::string& side, const BodyLimits& fallback) {
  return {s.bytes(key(side + "-body-limit"), fallback.limit),
          window(s, side + "-body-minimal-inspect-size", fallback.inspect_min_size),
          window(s, side + "-body-inspect-window", fallback.inspect_window)};
}

SwfSettings swf_settings(const Settings& s) {
  SwfSettings out;
  if (!s.flag(key("swf-decompression.enabled"), false)) return out;
  const std::string type = s.text(key("swf-decompression.type")).value_or("both");
  out.deflate = type != "lzma";
  out.lzma = type != "deflate";
  out.compress_depth = s.bytes(key("swf-decompression.compress-depth"), out.compress_depth);
  out.decompress_depth = s.bytes(key("swf-decompression.decompress-depth"), out.decompress_depth);
  return out;
}

}  // namespace

HttpSettings HttpSettings::from(const Settings& s) {
  HttpSettings out;
  out.request_body = limits(s, "request", out.request_body);
  out.response_body = limits(s, "response", out.response_body);
  const std::uint64_t layers = s.number(key("response-body-decompress-layer-limit"), out.decompress_layers);
  out.decompress_layers = static_cast<std::uint32_t>(std::min<std::uint64_t>(layers, kMostLayers));
  const std::uint64_t open = s.number(key("max-tx"), out.max_transactions);
  out.max_transactions = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(open, 1, kMostTransactions));
  out.bomb_limit = s.bytes(key("compression-bomb-limit"), out.bomb_limit);
  out.swf = swf_settings(s);
  out.lzma = s.flag(key("lzma-enabled"), out.lzma);
  out.lzma_memory = s.bytes(key("lzma-memlimit"), out.lzma_memory);
  out.double_decode_path = s.flag(key("double-decode-path"), out.double_decode_path);
  out.double_decode_query = s.flag(key("double-decode-query"), out.double_decode_query);
  out.plus_is_space = s.flag(key("query-plusspace-decode"), out.plus_is_space);
  out.uri_include_all = s.flag(key("uri-include-all"), out.uri_include_all);
  if (s.text(key("http-body-inline")).value_or("auto") != "auto")
    out.bodies_at_once = s.flag(key("http-body-inline"), false) ? AtOnce::always : AtOnce::never;
  out.byterange.memcap = s.bytes("byterange.memcap", out.byterange.memcap);
  const std::uint64_t timeout = s.number("byterange.timeout", out.byterange.timeout_s);
  out.byterange.timeout_s = static_cast<std::uint32_t>(std::min<std::uint64_t>(timeout, kMostTimeout));
  out.byterange.window = out.response_body;
  return out;
}

}  // namespace weir::http
