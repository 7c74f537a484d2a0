#include "engine/live/control/metrics_server.h"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/account/ticks.h"
#include "engine/live/control/metrics.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxHead = 8192;
constexpr SocketLimits kLimits{.clients = 8,
                               .input_bytes = kMaxHead,
                               .patience = std::chrono::seconds(10),
                               .idle = std::chrono::seconds(10)};

std::string response(std::string_view status, std::string_view type, std::string_view body, bool with_body,
                     std::string_view more = {}) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}",
                     status, type, body.size(), more, with_body ? body : std::string_view{});
}

std::string refusal(std::string_view status, bool with_body = true, std::string_view more = {}) {
  return response(status, "text/plain; charset=utf-8", fmt::format("{}\n", status), with_body, more);
}

// Where the request's head ends (RFC 9112, section 2.2: a single LF will do as well); npos: not yet.
std::size_t head_end(std::string_view input) {
  const std::size_t crlf = input.find("\r\n\r\n"), lf = input.find("\n\n");
  return std::min(crlf, lf);
}

struct RequestLine {
  std::string_view method, target, version;
};
RequestLine read_request_line(std::string_view head) {
  std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  RequestLine out;
  for (std::string_view* part : {&out.method, &out.target, &out.version}) {
    const std::size_t space = line.find(' ');
    *part = line.substr(0, space);
    line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  }
  if (!line.empty()) out.version = {};
  return out;
}

// How long the ticks of a run's histograms are.
class RunClock {
 public:
  // Fixed the first time: a rate that is measured ever better would move times from class to class.
  double seconds_per_tick() {
    constexpr double kNanosecond = 1e-9;
    if (!seconds_per_tick_) seconds_per_tick_ = rate_.nanoseconds_per_tick() * kNanosecond;
    return *seconds_per_tick_;
  }

 private:
  TickRate rate_;
  std::optional<double> seconds_per_tick_;  // once it has been asked for
};

}  // namespace

MetricsServer::MetricsServer(Listener listener, FdLoop& loop, MakePage make_page)
    : make_page_(std::move(make_page)), server_(std::move(listener), loop, *this, kLimits) {}

MetricsServer::MetricsServer(Listener listener, FdLoop& loop, ControlTarget& target)
    : MetricsServer(std::move(listener), loop,
                    [&target, clock = std::make_shared<RunClock>()](const Ready& ready) {
                      ask_reports(target, [&target, clock, ready](const std::vector<NamedReport>& reports) {
                        ready(metrics_page(target, reports, clock->seconds_per_tick()));
                      });
                    }) {}

bool MetricsServer::take_request(ClientId client, std::string& input, bool /*ended*/) {
  const std::size_t end = head_end(input);
  if (end == std::string::npos) return false;
  const std::string head = input.substr(0, end);
  input.clear();  // one request a connection
  const RequestLine request = read_request_line(head);
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const bool is_head = request.method == "HEAD";
  if (!request.version.starts_with("HTTP/1."))
    server_.answer(client, refusal("400 Bad Request"), true);
  else if (request.method != "GET" && !is_head)
    server_.answer(client, refusal("405 Method Not Allowed", true, "Allow: GET, HEAD\r\n"), true);
  else if (path != "/metrics")
    server_.answer(client, refusal("404 Not Found", !is_head), true);
  else
    send_page(client, !is_head);
  return true;
}

void MetricsServer::send_page(ClientId client, bool with_body) {
  make_page_([this, client, with_body](const std::string& page) {
    server_.answer(client, response("200 OK", PrometheusText::kContentType, page, with_body), true);
  });
}

std::string MetricsServer::too_many_clients() const {
  return refusal("503 Service Unavailable");
}

std::string MetricsServer::too_long() const {
  return refusal("431 Request Header Fields Too Large");
}

}  // namespace weir::engine
