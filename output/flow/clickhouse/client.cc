#include "output/flow/clickhouse/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <mutex>

#include <fmt/format.h>

#include "decoders/ip_network.h"
#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::output::clickhouse {
namespace {

// Read at once: a confined process does not look certificates up later.
constexpr const char* kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kMostCertificateBytes = std::size_t{16} << 20U, kMostPasswordBytes = 4096;
constexpr std::size_t kMostToldBytes = 300;
constexpr long kMostHeaderBytes = 65'536;

struct EasyCleanup {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
struct MimeCleanup {
  void operator()(curl_mime* form) const { ::curl_mime_free(form); }
};

// What to do about an exception; the numbers are those of the server's ErrorCodes.
struct Advice {
  int code;
  std::string_view text;
};
constexpr std::array<Advice, 14> kAdvice{
    {{16, "the table has other columns than weir's: name another one, which is made (table=NAME)"},
     {47, "the table has other columns than weir's: name another one, which is made (table=NAME)"},
     {53, "the table's columns have other types than weir's: name another one, which is made (table=NAME)"},
     {60, "there is no such table: name the one that records went to (table=NAME)"},
     {81, "there is no such database: make it, or name another one behind the port (/DATABASE)"},
     {164, "the user may only read: it must be one that may insert, and make the table"},
     {192, "the server does not know this user"},
     {193, "the password is wrong"},
     {194, "the user has a password: give it (USER:PASSWORD@ or password-file)"},
     {241, "the server has too little memory for this, or the user's max_memory_usage is too small"},
     {243, "the server's disk is full"},
     {252, "the server does not get along with merging: take larger batches (weir.flows.clickhouse.batch)"},
     {497, "the user lacks rights: GRANT SELECT, INSERT and CREATE TABLE on the table"},
     {516, "user or password is wrong (USER:PASSWORD@ or password-file)"}}};

// What to do when TLS was not agreed on. `verified`: what OpenSSL says of the server's certificate.
std::string_view tls_advice(CURLcode result, long verified) {
  if (result == CURLE_SSL_CONNECT_ERROR || result == CURLE_OPERATION_TIMEDOUT)
    return "is it the HTTPS port of the server, 8443 where nobody says otherwise?";
  if (result == CURLE_SSL_CACERT_BADFILE)
    return "the file of ca=FILE or tls.ca has to hold certificates as PEM, those of who signs the server's";
  if (result != CURLE_PEER_FAILED_VERIFICATION) return {};
  switch (verified) {
    // The signatures are good, and then the name was looked at: libcurl has not said more of it by then.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate is another host's: name the server as its certificate does, or have one made "
             "for this name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server needs a new certificate, or one of the two clocks is wrong";
    default:
      return "nobody who is trusted here has signed it: name the file of who has (ca=FILE in the URL, "
             "weir.flows.clickhouse.tls.ca)";
  }
}

// After these an INSERT may be there, or its rows of some days: it ran out of time, of memory or of disk amid it, or the one that it
// was passed on to did not answer. Likewise when a proxy before the server says that it has failed. TOO_MANY_PARTS (252) is found out
// before anything is written.
bool leaves_unsure(int code, long status) {
  constexpr std::array kCodes{159, 209, 210, 241, 243, 319};
  constexpr long kServerError = 500;
  if (code == 0) return status >= kServerError;
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

// "Code: 60, e.displayText() = DB::Exception: ..."; 0: it is none.
int code_of(std::string_view text) {
  constexpr std::string_view kBegin = "Code: ";
  if (!text.starts_with(kBegin)) return 0;
  text.remove_prefix(kBegin.size());
  return parse_number<int>(text.substr(0, text.find_first_not_of("0123456789"))).value_or(0);
}

std::string plain(std::string_view text) {
  std::string out(trim(text).substr(0, kMostToldBytes));
  for (char& c : out)
    if (static_cast<std::uint8_t>(c) < ' ' || c == '\x7f') c = ' ';
  return out;
}

std::string escaped(std::string_view text) {
  char* out = ::curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  if (out == nullptr) return {};
  std::string copy(out);
  ::curl_free(out);
  return copy;
}

// All addresses of the host, as CURLOPT_RESOLVE has them; empty with a text in `problem` when there is none.
std::string look_up(const ServerAddress& server, std::string& problem) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(server.host.c_str(), nullptr, &hints, &found); error != 0) {
    problem = fmt::format("{}: the host's name is not found: {}", server.text(), ::gai_strerror(error));
    return {};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  std::string out = fmt::format("{}:{}:", server.host, server.port);
  std::array<char, NI_MAXHOST> text{};
  bool is_first = true;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    if (::getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    const std::string_view address(text.data());
    out += is_first ? "" : ",";
    out += address.find(':') == std::string_view::npos ? std::string(address) : fmt::format("[{}]", address);
    is_first = false;
  }
  return out;
}

}  // namespace

// What a call works on.
struct Client::Curl {
  std::unique_ptr<CURL, EasyCleanup> handle;
  std::unique_ptr<curl_slist, ListCleanup> headers, addresses;
  std::unique_ptr<curl_mime, MimeCleanup> form;
  std::string certificates;
  std::array<char, CURL_ERROR_SIZE> error{};
  const std::atomic<bool>* stopped = nullptr;
  std::atomic<std::chrono::steady_clock::time_point>* progress = nullptr;
  std::function<void()> meanwhile;
  curl_off_t moved = 0;  // bytes of the call, both ways

  // Of the answer.
  const Take* take = nullptr;
  std::string refusal;  // its text, when it is none that was asked for
  bool ended_by_taker = false;

  static std::size_t on_bytes(char* bytes, std::size_t one, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t sent);
  template <class T>
  void set(CURLoption option, T value) {
    ::curl_easy_setopt(handle.get(), option, value);
  }
};

int Client::Curl::on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t sent) {
  Curl& me = *static_cast<Curl*>(self);
  if (std::exchange(me.moved, received + sent) != received + sent)
    me.progress->store(std::chrono::steady_clock::now());
  if (me.meanwhile) me.meanwhile();
  return me.stopped->load() ? 1 : 0;
}

std::size_t Client::Curl::on_bytes(char* bytes, std::size_t one, std::size_t count, void* self) {
  Curl& me = *static_cast<Curl*>(self);
  const std::string_view piece(bytes, one * count);
  long status = 0;
  ::curl_easy_getinfo(me.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    me.refusal += piece.substr(0, kMostAnswerBytes - me.refusal.size());
    return me.refusal.size() < kMostAnswerBytes ? piece.size() : 0;
  }
  if ((*me.take)(as_bytes(piece))) return piece.size();
  me.ended_by_taker = true;
  return 0;
}

Client::Client(const ServerAddress& address) : address_(address), curl_(std::make_unique<Curl>()) {
  curl_->stopped = &stopped_;
  curl_->progress = &progress_;
}
Client::~Client() = default;

void Client::meanwhile(std::function<void()> what) {
  curl_->meanwhile = std::move(what);
}

tl::expected<std::unique_ptr<Client>, std::string> Client::open(const ServerAddress& address) {
  static std::once_flag once;
  std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<Client> out(new Client(address));
  if (auto loaded = out->load(); !loaded) return tl::unexpected(loaded.error());
  return out;
}

tl::expected<void, std::string> Client::load() {
  if (!address_.password_file.empty()) {
    const auto text = read_text_file(address_.password_file, kMostPasswordBytes);
    if (!text)
      return tl::unexpected(fmt::format("password-file {}: {}", address_.password_file, text.error()));
    address_.password = text->substr(0, text->find_first_of("\r\n"));
  }
  if (address_.is_tls && address_.verify) {
    const bool is_own = !address_.authorities.empty();
    const std::string path = is_own ? address_.authorities : kSystemCertificates;
    auto text = read_text_file(path, kMostCertificateBytes);
    if (!text && is_own) return tl::unexpected(fmt::format("ca {}: {}", path, text.error()));
    if (text) curl_->certificates = std::move(*text);
  }
  curl_->handle.reset(::curl_easy_init());
  if (curl_->handle == nullptr) return tl::unexpected(std::string("libcurl cannot be used"));
  if (IpNetwork::parse(address_.host)) return {};
  std::string problem;
  const std::string found = look_up(address_, problem);
  if (!problem.empty()) return tl::unexpected(problem);
  curl_->addresses.reset(::curl_slist_append(nullptr, found.c_str()));
  return {};
}

void Client::prepare(std::string_view query, const std::vector<Setting>& settings) {
  Curl& c = *curl_;
  ::curl_easy_reset(c.handle.get());
  c.form.reset();
  c.refusal.clear();
  c.error[0] = '\0';
  const bool is_v6 = address_.host.find(':') != std::string::npos;
  std::string url = fmt::format("{}://{}:{}/?database={}&query={}", address_.is_tls ? "https" : "http",
                                is_v6 ? fmt::format("[{}]", address_.host) : address_.host, address_.port,
                                escaped(address_.database), escaped(query));
  for (const auto& [name, value] : settings) url += fmt::format("&{}={}", name, escaped(value));
  c.set(CURLOPT_URL, url.c_str());
  if (!address_.user.empty() || !address_.password.empty()) {
    c.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    c.set(CURLOPT_USERNAME, address_.user.empty() ? "default" : address_.user.c_str());
    c.set(CURLOPT_PASSWORD, address_.password.c_str());
  }
  // Nothing from the environment or the user's files, and no other place than that of the address.
  c.set(CURLOPT_PROXY, "");
  c.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  c.set(CURLOPT_PROTOCOLS_STR, address_.is_tls ? "https" : "http");
  c.set(CURLOPT_FOLLOWLOCATION, 0L);
  c.set(CURLOPT_NOSIGNAL, 1L);
  c.set(CURLOPT_RESOLVE, c.addresses.get());
  c.set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(kConnectTime.count()));
  c.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  c.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(kMostSilence.count()));
  c.set(CURLOPT_TIMEOUT, static_cast<long>(kMostTime.count()));
  c.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  c.set(CURLOPT_SSL_VERIFYPEER, address_.verify ? 1L : 0L);
  c.set(CURLOPT_SSL_VERIFYHOST, address_.verify ? 2L : 0L);
  if (!c.certificates.empty()) {
    curl_blob blob{c.certificates.data(), c.certificates.size(), CURL_BLOB_NOCOPY};
    c.set(CURLOPT_CAINFO_BLOB, &blob);
  }
  c.headers.reset(::curl_slist_append(nullptr, "Expect:"));  // old servers do not answer it
  c.set(CURLOPT_HTTPHEADER, c.headers.get());
  c.set(CURLOPT_USERAGENT, "weir");
  c.set(CURLOPT_ERRORBUFFER, c.error.data());
  c.set(CURLOPT_BUFFERSIZE, kMostHeaderBytes);
  c.set(CURLOPT_NOPROGRESS, 0L);
  c.set(CURLOPT_XFERINFOFUNCTION, &Curl::on_progress);
  c.set(CURLOPT_XFERINFODATA, &c);
  c.set(CURLOPT_WRITEFUNCTION, &Curl::on_bytes);
  c.set(CURLOPT_WRITEDATA, &c);
}

Answered<void> Client::run(const Take& take) {
  Curl& c = *curl_;
  c.take = &take;
  c.ended_by_taker = false;
  c.moved = 0;
  const CURLcode result = ::curl_easy_perform(c.handle.get());
  long status = 0;
  ::curl_easy_getinfo(c.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_off_t sent = 0;
  ::curl_easy_getinfo(c.handle.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
  const std::string who = address_.text();
  if (status != 0 && status != 200) {
    const int code = code_of(c.refusal);
    Failure failure{.text = fmt::format("{}: {}", who, plain(c.refusal)),
                    .code = code,
                    .is_unsure = sent > 0 && leaves_unsure(code, status)};
    if (trim(c.refusal).empty()) failure.text = fmt::format("{}: answers with HTTP status {}", who, status);
    for (const Advice& advice : kAdvice)
      if (advice.code == code) failure.text += fmt::format(" ({})", advice.text);
    if (code == 0) failure.text += " (is it the HTTP port of a ClickHouse server?)";
    return tl::unexpected(std::move(failure));
  }
  if (result == CURLE_OK || c.ended_by_taker) return {};
  const std::string_view why = c.error[0] != '\0' ? c.error.data() : ::curl_easy_strerror(result);
  Failure failure{.text = fmt::format("{}: {}", who, plain(why)), .code = 0, .is_unsure = sent > 0};
  long verified = X509_V_OK;
  ::curl_easy_getinfo(c.handle.get(), CURLINFO_SSL_VERIFYRESULT, &verified);
  curl_off_t agreed_us = 0;  // 0: it did not come to that
  ::curl_easy_getinfo(c.handle.get(), CURLINFO_APPCONNECT_TIME_T, &agreed_us);
  const bool was_before_tls = address_.is_tls && agreed_us == 0;
  const bool tells_of_tls = result != CURLE_OPERATION_TIMEDOUT || was_before_tls;
  const std::string_view advice = tells_of_tls ? tls_advice(result, verified) : std::string_view{};
  if (!advice.empty()) failure.text += fmt::format(" ({})", advice);
  return tl::unexpected(std::move(failure));
}

Answered<std::string> Client::ask(std::string_view query) {
  prepare("", {});
  curl_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(query.size()));
  curl_->set(CURLOPT_POSTFIELDS, query.data());
  std::string answer;
  const Take take = [&](Bytes bytes) {
    answer += as_text(bytes);
    return answer.size() <= kMostAnswerBytes;
  };
  if (auto done = run(take); !done) return tl::unexpected(done.error());
  if (answer.size() > kMostAnswerBytes) return endless();
  return answer;
}

tl::unexpected<Failure> Client::endless() const {
  return tl::unexpected(Failure{
      .text = fmt::format("{}: a short answer has no end", address_.text()), .code = 0, .is_unsure = true});
}

Answered<void> Client::insert(std::string_view query, std::string_view rows,
                              const std::vector<Setting>& settings) {
  prepare(query, settings);
  // On a connection that was used before, libcurl would send the rows again by itself.
  curl_->set(CURLOPT_FRESH_CONNECT, 1L);
  curl_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(rows.size()));
  curl_->set(CURLOPT_POSTFIELDS, rows.data());
  std::size_t answered = 0;
  const Take take = [&](Bytes bytes) { return (answered += bytes.size()) <= kMostAnswerBytes; };
  if (auto done = run(take); !done) return done;
  if (answered > kMostAnswerBytes) return endless();
  return {};
}

Answered<void> Client::select(std::string_view query, const std::vector<SentTable>& tables,
                              const Take& take) {
  std::vector<Setting> all;
  for (const SentTable& table : tables) {
    all.emplace_back(table.name + "_structure", table.structure);
    all.emplace_back(table.name + "_format", "TabSeparated");
  }
  prepare(query, all);
  // Nothing comes until something is found; that the server is still there shows below HTTP.
  curl_->set(CURLOPT_LOW_SPEED_TIME, 0L);
  curl_->set(CURLOPT_TIMEOUT, 0L);
  curl_->set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (tables.empty()) {
    curl_->set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    curl_->set(CURLOPT_POSTFIELDS, "");
    return run(take);
  }
  curl_->form.reset(::curl_mime_init(curl_->handle.get()));
  for (const SentTable& table : tables) {
    curl_mimepart* const part = ::curl_mime_addpart(curl_->form.get());
    ::curl_mime_name(part, table.name.c_str());
    ::curl_mime_filename(part, table.name.c_str());
    ::curl_mime_data(part, table.lines.data(), table.lines.size());
  }
  curl_->set(CURLOPT_MIMEPOST, curl_->form.get());
  return run(take);
}

}  // namespace weir::output::clickhouse
