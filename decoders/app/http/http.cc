// HTTP/1's row in the table of protocols.
#include <array>

#include "decoders/app/http/parser.h"
#include "decoders/app/protocol.h"

namespace weir {
namespace {

constexpr ProbePattern method(std::string_view text) {
  return {.bytes = text, .nocase = true, .direction = Direction::to_server};
}
constexpr ProbePattern version(std::string_view text) {
  return {.bytes = text, .nocase = true, .direction = Direction::to_client};
}

#define BOTH_BLANKS(name) method(name " "), method(name "\t")
constexpr std::array kPatterns{BOTH_BLANKS("GET"),
                               BOTH_BLANKS("PUT"),
                               BOTH_BLANKS("POST"),
                               BOTH_BLANKS("HEAD"),
                               BOTH_BLANKS("TRACE"),
                               BOTH_BLANKS("OPTIONS"),
                               BOTH_BLANKS("CONNECT"),
                               BOTH_BLANKS("DELETE"),
                               BOTH_BLANKS("PATCH"),
                               BOTH_BLANKS("PROPFIND"),
                               BOTH_BLANKS("PROPPATCH"),
                               BOTH_BLANKS("MKCOL"),
                               BOTH_BLANKS("COPY"),
                               BOTH_BLANKS("MOVE"),
                               BOTH_BLANKS("LOCK"),
                               BOTH_BLANKS("UNLOCK"),
                               BOTH_BLANKS("CHECKOUT"),
                               BOTH_BLANKS("UNCHECKOUT"),
                               BOTH_BLANKS("CHECKIN"),
                               BOTH_BLANKS("UPDATE"),
                               BOTH_BLANKS("LABEL"),
                               BOTH_BLANKS("REPORT"),
                               BOTH_BLANKS("MKWORKSPACE"),
                               BOTH_BLANKS("MKACTIVITY"),
                               BOTH_BLANKS("MERGE"),
                               BOTH_BLANKS("INVALID"),
                               BOTH_BLANKS("VERSION-CONTROL"),
                               BOTH_BLANKS("BASELINE-CONTROL"),
                               version("HTTP/0.9"),
                               version("HTTP/1.0"),
                               version("HTTP/1.1")};
#undef BOTH_BLANKS

constexpr std::array<std::string_view, 6> kRequestStates{"request_started", "request_line",
                                                         "request_headers", "request_body",
                                                         "request_trailer", "request_complete"};
constexpr std::array<std::string_view, 6> kResponseStates{"response_started", "response_line",
                                                          "response_headers", "response_body",
                                                          "response_trailer", "response_complete"};

constexpr std::array kEvents{
#define HTTP_EVENT(id, rule, eve) AppEventName{rule, eve},
#include "decoders/app/http/events.def"
#undef HTTP_EVENT
};

class HttpFactory final : public ParserFactory {
 public:
  explicit HttpFactory(const Settings& settings) : settings_(http::HttpSettings::from(settings)) {}
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::make_unique<http::HttpParser>(settings_);
  }

 private:
  http::HttpSettings settings_;
};

std::unique_ptr<const ParserFactory> configure(const Settings& settings) {
  return std::make_unique<HttpFactory>(settings);
}

}  // namespace

const ProtocolInfo proto_http{.id = AppProto::http,
                              .name = "http",
                              .config_name = "http",
                              .over_tcp = true,
                              .patterns_tcp = kPatterns,
                              .configure = configure,
                              .states_to_server = kRequestStates,
                              .states_to_client = kResponseStates,
                              .events = kEvents};

}  // namespace weir
