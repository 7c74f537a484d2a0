#include "engine/live/control/control_server.h"

#include <utility>

#include <fmt/format.h>

#include "engine/live/control/control_commands.h"

namespace weir::engine {
ControlServer::ControlServer(Listener listener, FdLoop& loop, ControlTarget& target,
                             const SocketLimits& limits)
    : target_(target), server_(std::move(listener), loop, *this, limits) {}

bool ControlServer::take_request(ClientId client, std::string& input, bool ended) {
  const std::size_t newline = input.find('\n');
  std::string line;
  if (newline != std::string::npos) {
    line = input.substr(0, newline);
    input.erase(0, newline + 1);
  } else if ((ended && !input.empty()) || parser_.is_greeting(input)) {
    line.swap(input);
  } else {
    return false;
  }
  if (line.find_first_not_of(" \t\r") == std::string::npos)
    server_.answer(client, {});
  else
    carry_out(client, line);
  return true;
}

void ControlServer::carry_out(ClientId client, std::string_view line) {
  if (line.size() > kMaxControlLine) {
    server_.answer(client, too_long(), true);
    return;
  }
  const auto request = parser_.parse(line);
  if (!request)
    server_.answer(client, control_nok(request.error()));
  else if (request->command.empty())
    server_.answer(client, control_ok());
  else
    run_control_command(target_, *request, ControlReply([this, client](std::string text) {
                          server_.answer(client, std::move(text));
                        }));
}

std::string ControlServer::too_many_clients() const {
  return control_nok("too many clients");
}

std::string ControlServer::too_long() const {
  return control_nok(fmt::format("a request is one line of at most {} bytes", kMaxControlLine));
}

}  // namespace weir::engine
