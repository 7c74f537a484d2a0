// Values of single HTTP headers: http.user_agent, http.referer, http.cookie ...
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
std::string_view field(const Transaction& tx, Direction d) {
  return http_tx(tx).message(d).header(name.view()).value_or("");
}

// The value alone, in one line: folded lines are joined.
template <Name name>
constexpr ValueForm kValue{.what = "a line", .without = "\n", .header = name.view()};

template <Name name>
constexpr auto& kRequest = kOfRequest<State::headers, tx_text<field<name>>>;
template <Name name>
constexpr auto& kResponse = kOfResponse<State::headers, tx_text<field<name>>>;
template <Name name>
constexpr auto& kEither = kOfBoth<State::headers, tx_text<field<name>>>;
constexpr BufferSource kCookie[] = {kRequest<"cookie">[0], kResponse<"set-cookie">[0], kRequest<"cookie">[1],
                                    kResponse<"set-cookie">[1]};

constexpr BufferSpec kHttpFieldsBuffers[] = {
    {.name = "http.user_agent",
     .summary = "User-Agent header",
     .modifier = "http_user_agent",
     .sources = kRequest<"user-agent">,
     .form = &kValue<"user-agent">},
    {.name = "http.referer",
     .summary = "Referer header",
     .alias = "http_referer",
     .sources = kRequest<"referer">,
     .form = &kValue<"referer">},
    {.name = "http.accept",
     .summary = "Accept header",
     .alias = "http_accept",
     .sources = kRequest<"accept">,
     .form = &kValue<"accept">},
    {.name = "http.accept_enc",
     .summary = "Accept-Encoding header",
     .alias = "http_accept_enc",
     .sources = kRequest<"accept-encoding">,
     .form = &kValue<"accept-encoding">},
    {.name = "http.accept_lang",
     .summary = "Accept-Language header",
     .alias = "http_accept_lang",
     .sources = kRequest<"accept-language">,
     .form = &kValue<"accept-language">},
    {.name = "http.connection",
     .summary = "Connection header",
     .alias = "http_connection",
     .sources = kEither<"connection">,
     .form = &kValue<"connection">},
    {.name = "http.content_type",
     .summary = "Content-Type header",
     .alias = "http_content_type",
     .sources = kEither<"content-type">,
     .form = &kValue<"content-type">},
    {.name = "http.content_len",
     .summary = "Content-Length header",
     .alias = "http_content_len",
     .sources = kEither<"content-length">,
     .form = &kValue<"content-length">},
    {.name = "http.location",
     .summary = "Location header",
     .sources = kResponse<"location">,
     .form = &kValue<"location">},
    {.name = "http.server",
     .summary = "Server header",
     .sources = kResponse<"server">,
     .form = &kValue<"server">},
    {.name = "http.cookie",
     .summary = "Cookie or Set-Cookie header",
     .modifier = "http_cookie",
     .sources = kCookie,
     .form = &kValue<"cookie">},
};

}  // namespace

const KeywordFile keywords_http_fields{.buffers = kHttpFieldsBuffers};

}  // namespace weir::rules
