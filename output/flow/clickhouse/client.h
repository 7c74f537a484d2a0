// Asks a ClickHouse server over HTTP or HTTPS, by libcurl.
//
// Used by one thread, but for stop() and last_progress(). ask() and insert() end after kMostSilence without a byte, and after
// kMostTime; select() takes as long as the server does, which may look for long until it finds something. Source:
// clickhouse.com/docs/interfaces/http.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/types.h"
#include "output/flow/clickhouse/server_address.h"

namespace weir::output::clickhouse {

// Why a call has failed.
struct Failure {
  std::string text;  // with the server's address, and what to do where that is known
  int code = 0;      // of the server's exception; 0: it has not answered so
  // It was sent, and the answer does not say what became of it: what was to be inserted may be there, or some of it.
  bool is_unsure = false;
};
template <class T>
using Answered = tl::expected<T, Failure>;

// A table that goes along with a query, as tab-separated lines.
struct SentTable {
  std::string name, structure;  // "hosts", "ip String"
  std::string lines;
};

class Client {
 public:
  using Setting = std::pair<std::string, std::string>;
  using Take = std::function<bool(Bytes)>;  // false: no more is wanted

  static constexpr std::chrono::seconds kConnectTime{10};
  static constexpr std::chrono::seconds kMostSilence{60}, kMostTime{600};
  static constexpr std::size_t kMostAnswerBytes = std::size_t{1}
                                                  << 20U;  // of ask(), and of what is said in failures

  // Reads what the address names (password, authorities) and looks the host up: the process may be confined afterwards. Connects
  // with the first call. Fails with a text.
  static tl::expected<std::unique_ptr<Client>, std::string> open(const ServerAddress& address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer as text; of a short one.
  Answered<std::string> ask(std::string_view query);
  // An INSERT with its rows.
  Answered<void> insert(std::string_view query, std::string_view rows, const std::vector<Setting>& settings);
  // A SELECT: the answer comes in pieces.
  Answered<void> select(std::string_view query, const std::vector<SentTable>& tables, const Take& take);
  // Called by the thread of a call while that goes on, about once a second or more often. May not throw.
  void meanwhile(std::function<void()> what);
  // A call that goes on ends, and later ones fail at once. From any thread.
  void stop() { stopped_ = true; }
  // When a byte went to the server or came from it the last time. From any thread.
  [[nodiscard]] std::chrono::steady_clock::time_point last_progress() const { return progress_.load(); }

  [[nodiscard]] const ServerAddress& address() const { return address_; }

 private:
  struct Curl;
  explicit Client(const ServerAddress& address);
  tl::expected<void, std::string> load();
  // Everything but the body and who takes the answer.
  void prepare(std::string_view query, const std::vector<Setting>& settings);
  tl::unexpected<Failure> endless() const;
  Answered<void> run(const Take& take);

  ServerAddress address_;
  std::unique_ptr<Curl> curl_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::chrono::steady_clock::time_point> progress_{};
};

}  // namespace weir::output::clickhouse
