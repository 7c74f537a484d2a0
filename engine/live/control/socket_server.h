// The clients of a listening socket, served on the main thread's FdLoop: request and answer, one after the
// other. Nothing here ever waits for a client.
//
// A client's next request is looked at only when the answer to the one before has gone out, so a client that
// asks much and reads nothing holds one answer at most; it is closed when it takes nothing for a while. Input
// that grows beyond its limit without being a request, and clients beyond theirs, are turned away with a
// word.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "engine/live/control/fd_loop.h"
#include "engine/live/control/listener.h"

namespace weir::engine {

using ClientId = std::uint64_t;  // never used twice

// What the bytes on the socket mean.
class SocketProtocol {
 public:
  virtual ~SocketProtocol() = default;
  // Takes one request from the front of `input` and begins to carry it out; SocketServer::answer() may come
  // at once or later. False: it is not complete yet, nothing was taken. `ended`: nothing more will come.
  virtual bool take_request(ClientId client, std::string& input, bool ended) = 0;
  // What is sent to a client before it is closed.
  [[nodiscard]] virtual std::string too_many_clients() const = 0;
  [[nodiscard]] virtual std::string too_long() const = 0;
};

struct SocketLimits {
  std::size_t clients = 16;
  std::size_t input_bytes = 65536;
  std::chrono::milliseconds patience{30'000};  // for a client that takes none of its answer
  // A client that has been asking nothing for so long makes room for a new one.
  std::chrono::milliseconds idle{60'000};
  bool close_idle = false;  // and is closed even when there is room
};

class SocketServer {
 public:
  // `loop` and `protocol` outlive the server.
  SocketServer(Listener listener, FdLoop& loop, SocketProtocol& protocol, const SocketLimits& limits = {});
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // The answer to the client's request; `last`: then it is closed. Nothing happens when it has gone.
  void answer(ClientId client, std::string text, bool last = false);
  // To be called a few times a second: closes whom patience has run out for.
  void tick();

  struct Counts {
    std::uint64_t accepted = 0, refused = 0, gave_up = 0;  // gave_up: closed for taking nothing
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }
  [[nodiscard]] const Listener& listener() const { return listener_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    int fd = -1;
    std::string input, output;
    std::size_t sent = 0;  // of output
    bool busy = false;     // a request is being carried out
    bool serving = false;  // serve() is on the stack
    bool input_ended = false, closing = false;
    Clock::time_point active = Clock::now();  // last byte in either direction
    [[nodiscard]] bool idle() const { return !busy && output.empty(); }
  };
  using Clients = std::map<ClientId, Client>;

  void accept_all();
  void take_in(int fd);
  bool make_room();
  void on_ready(ClientId id, short events);
  void receive(Client& client);
  void serve(ClientId id, Client& client);
  void send_out(Client& client);
  void watch(ClientId id, Client& client);
  void close(Clients::iterator client);

  Listener listener_;
  FdLoop& loop_;
  SocketProtocol& protocol_;
  const SocketLimits limits_;
  Clients clients_;
  ClientId last_id_ = 0;
  Counts counts_;
};

}  // namespace weir::engine
