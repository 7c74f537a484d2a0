#include "engine/live/control/prometheus_text.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace weir::engine {

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += "# HELP " + name_ + ' ';
  escape(help, false);
  fmt::format_to(std::back_inserter(text_), "\n# TYPE {} {}\n", name, type);
}

void PrometheusText::sample(Labels labels, std::uint64_t value) {
  part({}, labels, value);
}
void PrometheusText::sample(Labels labels, double value) {
  part({}, labels, value);
}

void PrometheusText::part(std::string_view suffix, Labels labels, std::uint64_t value) {
  start(suffix, labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void PrometheusText::part(std::string_view suffix, Labels labels, double value) {
  start(suffix, labels);
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
  else
    text_ += std::isnan(value) ? " NaN\n" : value > 0 ? " +Inf\n" : " -Inf\n";
}

void PrometheusText::start(std::string_view suffix, Labels labels) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_ += name;
    text_ += "=\"";
    escape(value, true);
    text_ += '"';
    before = ',';
  }
  if (labels.size() != 0) text_ += '}';
}

void PrometheusText::escape(std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\n') {
      text_ += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) text_ += '\\';
    text_ += c;
  }
}

}  // namespace weir::engine
