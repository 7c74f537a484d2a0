// The clients of a listening socket, served on the main thread's FdLoop: request and answer, one after the
// other. Nothing here ever waits for a client.
//
// A client's next request is looked at only when the answer to the one before has gone out, so a client that
// asks much and reads nothing holds one answer at most; it is closed when it takes nothing for a while, and so is
// one that says nothing, or never comes to the end of a request. There is always a place for a new one: of clients
// whose request is not being carried out the one that has been quiet for longest goes, those first that have never
// asked anything. Clients that wait for their answer (a reload may take long) have places of their own; when these are
// full, too, the one that has waited for longest is turned away with a word. So are new clients for the moment in which
// all others are being sent an answer, and input that grows beyond its limit without being a request.
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
  std::size_t clients = 16;  // whose request is not being carried out
  std::size_t waiting = 64;  // besides, whose request is
  std::size_t input_bytes = 65536;
  std::chrono::milliseconds patience{30'000};  // for a client that takes none of its answer
  // To a client's first request, and from the first byte of one to its end.
  std::chrono::milliseconds silence{10'000};
  // When places are short a client that takes none of its answer for so long loses its own.
  std::chrono::milliseconds stall{1000};
  // After its last answer; 0: as long as there is room for it.
  std::chrono::milliseconds idle{0};
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
  // To be called a few times a second: closes whose time has run out.
  void tick();

  struct Counts {
    std::uint64_t accepted = 0, refused = 0;
    std::uint64_t gave_up = 0;     // closed for taking nothing
    std::uint64_t silent = 0;      // closed for saying nothing, or nothing whole
    std::uint64_t pushed_out = 0;  // closed for a new one's sake; those that waited for an answer, too
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
    bool has_asked = false;                   // something that was answered
    Clock::time_point active = Clock::now();  // when it came, or last took a byte of an answer
    Clock::time_point waited_for = active;    // when it came, or began what it has not said to the end
    [[nodiscard]] bool idle() const { return !busy && output.empty(); }
    [[nodiscard]] bool is_silent() const { return idle() && (!has_asked || !input.empty()); }
  };
  using Clients = std::map<ClientId, Client>;

  void accept_all();
  void take_in(int fd);
  void hear_all();
  [[nodiscard]] bool has_place() const;
  bool make_room();
  bool push_out();
  void turn_away(int fd);
  [[nodiscard]] bool may_be_pushed_out(const Client& client, Clock::time_point now) const;
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
