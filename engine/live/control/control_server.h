// The control socket of a live run: requests in, answers out (control_protocol.h), commands by the table
// (control_commands.h). All on the main thread.
#pragma once

#include <memory>
#include <string>

#include "engine/live/control/control_protocol.h"
#include "engine/live/control/control_target.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/socket_server.h"

namespace weir::engine {

class ControlServer final : private SocketProtocol {
 public:
  // `loop` and `target` outlive the server.
  ControlServer(Listener listener, FdLoop& loop, ControlTarget& target, const SocketLimits& limits = {});

  // A few times a second.
  void tick() { server_.tick(); }
  [[nodiscard]] const std::string& path() const { return server_.listener().path(); }
  [[nodiscard]] const SocketServer& sockets() const { return server_; }

 private:
  bool take_request(ClientId client, std::string& input, bool ended) override;
  [[nodiscard]] std::string too_many_clients() const override;
  [[nodiscard]] std::string too_long() const override;
  void carry_out(ClientId client, std::string_view line);

  ControlTarget& target_;
  ControlParser parser_;
  SocketServer server_;
};

}  // namespace weir::engine
