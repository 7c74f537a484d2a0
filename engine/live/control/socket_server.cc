#include "engine/live/control/socket_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

namespace weir::engine {

SocketServer::SocketServer(Listener listener, FdLoop& loop, SocketProtocol& protocol,
                           const SocketLimits& limits)
    : listener_(std::move(listener)), loop_(loop), protocol_(protocol), limits_(limits) {
  loop_.add(listener_.fd(), POLLIN, [this](short) { accept_all(); });
}

SocketServer::~SocketServer() {
  loop_.remove(listener_.fd());
  while (!clients_.empty()) {
    send_out(clients_.begin()->second);  // what the socket takes without waiting
    close(clients_.begin());
  }
}

void SocketServer::accept_all() {
  constexpr int kAtOnce = 32;
  for (int i = 0; i < kAtOnce; ++i) {
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors: the listener would stay readable, so it is left alone until the next tick.
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) loop_.change(listener_.fd(), 0);
      return;
    }
    if (!has_place() && !make_room()) {
      turn_away(fd);
      ::close(fd);
      ++counts_.refused;
      continue;
    }
    ++counts_.accepted;
    take_in(fd);
  }
}

void SocketServer::take_in(int fd) {
  const ClientId id = ++last_id_;
  try {
    clients_[id].fd = fd;
    loop_.add(fd, POLLIN, [this, id](short events) { on_ready(id, events); });
  } catch (const std::bad_alloc&) {
    clients_.erase(id);
    ::close(fd);
    return;
  }
  on_ready(id, POLLIN);  // what it has asked already counts when the next one wants its place
}

bool SocketServer::may_be_pushed_out(const Client& client, Clock::time_point now) const {
  return client.idle() || (!client.output.empty() && now - client.active >= limits_.stall);
}

// What lies in their sockets may not have been looked at yet.
void SocketServer::hear_all() {
  std::vector<ClientId> ids;
  for (const auto& [id, client] : clients_)
    if (client.idle()) ids.push_back(id);
  for (const ClientId id : ids) on_ready(id, POLLIN);
}

bool SocketServer::has_place() const {
  const auto waiting =
      std::count_if(clients_.begin(), clients_.end(), [](const auto& c) { return c.second.busy; });
  return clients_.size() < limits_.clients + limits_.waiting &&
         clients_.size() - static_cast<std::size_t>(waiting) < limits_.clients;
}

void SocketServer::turn_away(int fd) {
  const std::string word = protocol_.too_many_clients();
  (void)::send(fd, word.data(), word.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool SocketServer::make_room() {
  hear_all();
  while (!has_place())
    if (!push_out()) return false;
  return true;
}

// One of the others, those that are still being carried out last.
bool SocketServer::push_out() {
  const auto now = Clock::now();
  const auto before = [](const Client& a, const Client& b) {
    return a.has_asked != b.has_asked ? b.has_asked : a.active < b.active;
  };
  auto first = clients_.end(), waits = clients_.end();
  for (auto at = clients_.begin(); at != clients_.end(); ++at) {
    if (may_be_pushed_out(at->second, now) && (first == clients_.end() || before(at->second, first->second)))
      first = at;
    if (at->second.busy && (waits == clients_.end() || at->second.waited_for < waits->second.waited_for))
      waits = at;
  }
  if (first == clients_.end() && clients_.size() >= limits_.clients + limits_.waiting) {
    if (waits == clients_.end()) return false;
    turn_away(waits->second.fd);
    first = waits;
  }
  if (first == clients_.end()) return false;
  ++counts_.pushed_out;
  close(first);
  return true;
}

// A client that there is no memory for is let go of.
void SocketServer::on_ready(ClientId id, short events) try {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if ((events & POLLOUT) != 0) send_out(client);
  if ((events & POLLIN) != 0) receive(client);
  // Gone altogether: no answer can reach it. One that only ended its own side still gets its answers.
  if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0 && (events & POLLIN) == 0) {
    close(found);
    return;
  }
  serve(id, client);
  watch(id, client);
} catch (const std::bad_alloc&) {
  if (const auto found = clients_.find(id); found != clients_.end()) close(found);
}

void SocketServer::receive(Client& client) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::recv(client.fd, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    if (client.input.empty() && client.has_asked) client.waited_for = Clock::now();
    client.input.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    client.input_ended = true;
  }
}

void SocketServer::serve(ClientId id, Client& client) {
  if (client.serving) return;  // answer() came from within take_request()
  client.serving = true;
  while (client.idle() && !client.closing) {
    client.busy = true;
    if (protocol_.take_request(id, client.input, client.input_ended)) continue;
    client.busy = false;
    if (client.input.size() >= limits_.input_bytes) {
      client.output = protocol_.too_long();
      client.closing = true;
      send_out(client);
    } else if (client.input_ended) {
      client.closing = true;
    }
    break;
  }
  client.serving = false;
}

void SocketServer::answer(ClientId id, std::string text, bool last) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.busy = false;
  client.has_asked = true;
  client.closing = client.closing || last;
  client.output += text;
  client.active = client.waited_for = Clock::now();
  send_out(client);
  if (client.serving) return;
  serve(id, client);
  watch(id, client);
}

void SocketServer::send_out(Client& client) {
  while (client.sent < client.output.size()) {
    const ssize_t n = ::send(client.fd, client.output.data() + client.sent,
                             client.output.size() - client.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;
      client.closing = true;
      break;
    }
    client.sent += static_cast<std::size_t>(n);
    client.active = Clock::now();
  }
  client.output.clear();
  client.output.shrink_to_fit();
  client.sent = 0;
}

// Waits for what can come next, or closes when nothing can.
void SocketServer::watch(ClientId id, Client& client) {
  if (client.closing && client.output.empty()) {
    close(clients_.find(id));
    return;
  }
  const bool reads = client.idle() && !client.input_ended && !client.closing;
  loop_.change(client.fd, static_cast<short>((reads ? POLLIN : 0) | (client.output.empty() ? 0 : POLLOUT)));
}

void SocketServer::close(Clients::iterator client) {
  loop_.remove(client->second.fd);
  ::close(client->second.fd);
  clients_.erase(client);
}

void SocketServer::tick() {
  loop_.change(listener_.fd(), POLLIN);
  const auto now = Clock::now();
  for (auto at = clients_.begin(); at != clients_.end();) {
    const auto next = std::next(at);
    const Client& client = at->second;
    if (!client.output.empty() && now - client.active >= limits_.patience) {
      ++counts_.gave_up;
      close(at);
    } else if (client.is_silent() && now - client.waited_for >= limits_.silence) {
      ++counts_.silent;
      close(at);
    } else if (limits_.idle.count() != 0 && client.idle() && now - client.active >= limits_.idle) {
      close(at);
    }
    at = next;
  }
}

}  // namespace weir::engine
