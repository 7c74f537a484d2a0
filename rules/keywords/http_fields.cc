// Values of single HTTP headers: http.user_agent, http.referer, http.cookie ...
#include <array>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

using http::State;

template <std::size_t n>
struct Name {
  char text[n]{};
  constexpr Name(const char (&s)[n]) {  // NOLINT: implicit, so that a literal is a template argument
    for (std::size_t i = 0; i < n; ++i) text[i] = s[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, n - 1}; }
};

template <Name name>
std::optional<BodyView> field(const BufferRequest& r) {
  if (r.index != 0) return std::nullopt;
  const auto value = http_tx(r).message(r.direction).header(name.view());
  return value && !value->empty() ? whole(*value) : std::nullopt;
}

template <Name name>
constexpr BufferSource kRequest{AppProto::http, Direction::to_server, at(State::headers), field<name>};
template <Name name>
constexpr BufferSource kResponse{AppProto::http, Direction::to_client, at(State::headers), field<name>};

constexpr std::array kUserAgent{kRequest<"user-agent">};
constexpr std::array kReferer{kRequest<"referer">};
constexpr std::array kAccept{kRequest<"accept">};
constexpr std::array kAcceptEnc{kRequest<"accept-encoding">};
constexpr std::array kAcceptLang{kRequest<"accept-language">};
constexpr std::array kConnection{kRequest<"connection">, kResponse<"connection">};
constexpr std::array kContentType{kRequest<"content-type">, kResponse<"content-type">};
constexpr std::array kContentLen{kRequest<"content-length">, kResponse<"content-length">};
constexpr std::array kLocation{kResponse<"location">};
constexpr std::array kServer{kResponse<"server">};
constexpr std::array kCookie{kRequest<"cookie">, kResponse<"set-cookie">};

}  // namespace

const BufferSpec buffer_http_user_agent{"http_user_agent", kUserAgent};
const BufferSpec buffer_http_referer{"http_referer", kReferer};
const BufferSpec buffer_http_accept{"http_accept", kAccept};
const BufferSpec buffer_http_accept_enc{"http_accept_enc", kAcceptEnc};
const BufferSpec buffer_http_accept_lang{"http_accept_lang", kAcceptLang};
const BufferSpec buffer_http_connection{"http_connection", kConnection};
const BufferSpec buffer_http_content_type{"http_content_type", kContentType};
const BufferSpec buffer_http_content_len{"http_content_len", kContentLen};
const BufferSpec buffer_http_location{"http.location", kLocation};
const BufferSpec buffer_http_server{"http.server", kServer};
const BufferSpec buffer_http_cookie{"http_cookie", kCookie};

const KeywordSpec kw_http_user_agent = sticky<buffer_http_user_agent>("http.user_agent", "User-Agent header");
const KeywordSpec kw_http_user_agent_old = modifier<buffer_http_user_agent>("http_user_agent");
const KeywordSpec kw_http_referer = sticky<buffer_http_referer>("http.referer", "Referer header");
const KeywordSpec kw_http_referer_old = sticky<buffer_http_referer>("http_referer", "Referer header");
const KeywordSpec kw_http_accept = sticky<buffer_http_accept>("http.accept", "Accept header");
const KeywordSpec kw_http_accept_old = sticky<buffer_http_accept>("http_accept", "Accept header");
const KeywordSpec kw_http_accept_enc =
    sticky<buffer_http_accept_enc>("http.accept_enc", "Accept-Encoding header");
const KeywordSpec kw_http_accept_enc_old =
    sticky<buffer_http_accept_enc>("http_accept_enc", "Accept-Encoding header");
const KeywordSpec kw_http_accept_lang =
    sticky<buffer_http_accept_lang>("http.accept_lang", "Accept-Language header");
const KeywordSpec kw_http_accept_lang_old =
    sticky<buffer_http_accept_lang>("http_accept_lang", "Accept-Language header");
const KeywordSpec kw_http_connection = sticky<buffer_http_connection>("http.connection", "Connection header");
const KeywordSpec kw_http_connection_old =
    sticky<buffer_http_connection>("http_connection", "Connection header");
const KeywordSpec kw_http_content_type =
    sticky<buffer_http_content_type>("http.content_type", "Content-Type header");
const KeywordSpec kw_http_content_type_old =
    sticky<buffer_http_content_type>("http_content_type", "Content-Type header");
const KeywordSpec kw_http_content_len =
    sticky<buffer_http_content_len>("http.content_len", "Content-Length header");
const KeywordSpec kw_http_content_len_old =
    sticky<buffer_http_content_len>("http_content_len", "Content-Length header");
const KeywordSpec kw_http_location = sticky<buffer_http_location>("http.location", "Location header");
const KeywordSpec kw_http_server = sticky<buffer_http_server>("http.server", "Server header");
const KeywordSpec kw_http_cookie = sticky<buffer_http_cookie>("http.cookie", "Cookie or Set-Cookie header");
const KeywordSpec kw_http_cookie_old = modifier<buffer_http_cookie>("http_cookie");

}  // namespace weir::rules
