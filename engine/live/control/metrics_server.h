// Answers GET /metrics (HTTP/1.0 and 1.1, one request a connection) with a page of metrics. All on the main thread.
#pragma once

#include <functional>
#include <string>

#include "engine/live/control/control_target.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/socket_server.h"

namespace weir::engine {

class MetricsServer final : private SocketProtocol {
 public:
  // Makes a page and hands it over, at once or later.
  using Ready = std::function<void(const std::string& page)>;
  using MakePage = std::function<void(Ready)>;
  // `loop` and what pages are made of outlive the server.
  MetricsServer(Listener listener, FdLoop& loop, MakePage make_page);
  // Of a live run.
  MetricsServer(Listener listener, FdLoop& loop, ControlTarget& target);
  // A few times a second.
  void tick() { server_.tick(); }
  [[nodiscard]] const Listener& listener() const { return server_.listener(); }

 private:
  bool take_request(ClientId client, std::string& input, bool ended) override;
  [[nodiscard]] std::string too_many_clients() const override;
  [[nodiscard]] std::string too_long() const override;
  void send_page(ClientId client, bool with_body);

  MakePage make_page_;
  SocketServer server_;
};

}  // namespace weir::engine
