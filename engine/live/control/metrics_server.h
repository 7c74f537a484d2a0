// Answers GET /metrics (HTTP/1.0 and 1.1, one request a connection) with a live run's metrics. All on the
// main thread.
#pragma once

#include <optional>
#include <string>

#include "engine/account/ticks.h"
#include "engine/live/control/control_target.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/socket_server.h"

namespace weir::engine {

class MetricsServer final : private SocketProtocol {
 public:
  // `loop` and `target` outlive the server.
  MetricsServer(Listener listener, FdLoop& loop, ControlTarget& target);
  // A few times a second.
  void tick() { server_.tick(); }
  [[nodiscard]] const Listener& listener() const { return server_.listener(); }

 private:
  bool take_request(ClientId client, std::string& input, bool ended) override;
  [[nodiscard]] std::string too_many_clients() const override;
  [[nodiscard]] std::string too_long() const override;
  void send_page(ClientId client, bool with_body);
  double seconds_per_tick();

  ControlTarget& target_;
  TickRate rate_;
  std::optional<double> seconds_per_tick_;  // once it has been asked for
  SocketServer server_;
};

}  // namespace weir::engine
