// One request of HTTP and its response, in whatever form they came.
#pragma once

#include "decoders/app/http/framed.h"
#include "decoders/app/http/message.h"
#include "decoders/app/transaction.h"

namespace weir::http {

// Progress of a side: the part that the name says is there (the line is parsed, the headers are complete,
// body bytes may come, the trailer is complete). Suricata's names, `request_` or `response_` before each.
enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/http/states.def"
#undef STATE
};

// What stands for the URI of a request that was not seen, in events and as a file's name.
inline constexpr std::string_view kUnseenUri = "/libhtp::request_uri_not_seen";

struct HttpTransaction final : Transaction {
  explicit HttpTransaction(std::uint64_t tx_id) : Transaction(tx_id) { identifies(); }

  using Transaction::files;
  FileList* files(Direction d) override { return &message(d).files; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;
  [[nodiscard]] TransactionIdentity identity(bool /*fingerprints*/) const override {
    return {.host = request.hostname};
  }

  [[nodiscard]] Message& message(Direction d) {
    return d == Direction::to_server ? static_cast<Message&>(request) : static_cast<Message&>(response);
  }
  [[nodiscard]] const Message& message(Direction d) const {
    return d == Direction::to_server ? static_cast<const Message&>(request)
                                     : static_cast<const Message&>(response);
  }
  // Of the files that came in parts, of which this message brought the last one, the `number`th that nobody has looked at. They
  // are looked at together with the message's body.
  [[nodiscard]] std::optional<BodyView> joined_file(Direction d, std::uint32_t number) const {
    return joins_files && d == Direction::to_client ? find_joined_file(number) : std::nullopt;
  }
  [[nodiscard]] State state(Direction d) const { return static_cast<State>(progress[index(d)]); }

  // Without case.
  [[nodiscard]] bool is_method(std::string_view method) const;
  // No body follows the head of the response.
  [[nodiscard]] bool is_head() const { return head_request || is_method("head"); }

  // The response came without a request (it was not seen, or has ended for want of room): that side is empty and
  // complete.
  bool request_missing = false;
  bool stands_alone = false;      // so that no response is to be expected of it, or no request
  bool line_ends_behind = false;  // the response's body has some that came with its end
  bool joins_files = false;       // the response has completed some that came in parts
  bool head_request = false;      // that request was a HEAD
  Request request;
  Response response;
  std::unique_ptr<FramedExchange> framed;  // null: HTTP/1
  // The protocol's own numbers for http::Event, or kNoEvent; null: they are the same.
  const std::uint8_t* event_codes = nullptr;
  static constexpr std::uint8_t kNoEvent = 255;

 private:
  [[nodiscard]] std::optional<BodyView> find_joined_file(std::uint32_t number) const;
};

}  // namespace weir::http
