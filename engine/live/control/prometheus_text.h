// Builds a page in Prometheus's text format (version 0.0.4): families of samples, each with its HELP and
// TYPE.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace weir::engine {

class PrometheusText {
 public:
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What follows belongs to this family. Names are ours and right as they are; `type`: counter, gauge,
  // histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  // One of a histogram's own series: "_bucket", "_sum", "_count".
  void part(std::string_view suffix, Labels labels, std::uint64_t value);
  void part(std::string_view suffix, Labels labels, double value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void start(std::string_view suffix, Labels labels);
  void escape(std::string_view value, bool quotes);

  std::string text_, name_;
};

}  // namespace weir::engine
