// A server on the loopback address that answers as ClickHouse does over HTTP, as far as weir asks; what it is told to answer can be
// changed while it runs.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/loopback_socket.h"

namespace weir::test {

class FakeServer {
  test::LoopbackSocket socket_;  // the port is its

 public:
  // `hangs`: no answer comes until the mode is another one.
  enum class Mode : std::uint8_t { takes, refuses, refuses_inserts, refuses_rows, hangs, hangs_up };
  struct Request {
    std::string target;  // "/?database=default&query=..."
    std::string headers, body;
  };

  explicit FakeServer(std::uint16_t wanted = 0) : socket_(SOCK_STREAM, wanted), port(socket_.port) {
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stops_ = true;
    thread_.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }
  // Those with `part` in their target.
  std::vector<Request> requests(std::string_view part) {
    const std::lock_guard lock(mutex_);
    std::vector<Request> out;
    for (const Request& r : requests_)
      if (r.target.find(part) != std::string::npos) out.push_back(r);
    return out;
  }
  // Of an answer to a SELECT.
  void answer_with(std::string bytes) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(bytes);
  }

  // What it says of itself and of the table; before the first request.
  std::string version = "18.16.1", engine;
  const std::uint16_t port;
  std::atomic<Mode> mode{Mode::takes};
  std::atomic<bool> has_table{false};

 private:
  void serve() {
    while (!stops_) {
      pollfd wait{socket_.fd, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      const int connection = ::accept4(socket_.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      one(connection);
      ::close(connection);
    }
  }
  // A request a connection.
  void one(int connection) {
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    (void)::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string all;
    std::vector<char> bytes(65536);
    std::size_t head = std::string::npos, wanted = 0;
    while (head == std::string::npos || all.size() < wanted) {
      const ssize_t n = ::recv(connection, bytes.data(), bytes.size(), 0);
      if (n <= 0) return;
      all.append(bytes.data(), static_cast<std::size_t>(n));
      if (head != std::string::npos || (head = all.find("\r\n\r\n")) == std::string::npos) continue;
      const std::size_t length = all.find("Content-Length: ");
      wanted = head + 4 + (length < head ? std::stoul(all.substr(length + 16)) : 0);
    }
    Request request{.target = all.substr(5, all.find(" HTTP") - 5),
                    .headers = all.substr(0, head),
                    .body = all.substr(head + 4)};
    while (mode == Mode::hangs && !stops_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (mode == Mode::hangs_up) {
      remember(std::move(request));
      return;
    }
    const std::string reply = reply_to(request);
    remember(std::move(request));
    (void)::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
  }
  void remember(Request request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }
  std::string reply_to(const Request& request) {
    const std::lock_guard lock(mutex_);
    const bool is_insert = request.target.find("INSERT") != std::string::npos;
    std::string status = "200 OK", body;
    if (mode == Mode::refuses || (mode == Mode::refuses_inserts && is_insert))
      status = "500 Internal Server Error", body = "Code: 241, e.displayText() = DB::Exception: Memory limit";
    else if (mode == Mode::refuses_rows && is_insert)
      status = "400 Bad Request", body = "Code: 33, e.displayText() = DB::Exception: Cannot read all data";
    else if (request.body == "SELECT version()")
      body = version + "\n";
    else if (request.body.starts_with("EXISTS"))
      body = has_table ? "1\n" : "0\n";
    else if (request.body.find("engine_full") != std::string::npos)
      body = engine + "\n";
    else if (request.target.find("SELECT") != std::string::npos)
      body = answer_;
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  std::atomic<bool> stops_{false};
  std::mutex mutex_;
  std::vector<Request> requests_;
  std::string answer_;
  std::thread thread_;
};

}  // namespace weir::test
