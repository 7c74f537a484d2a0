#include "engine/flows/export_streams.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"

namespace weir::engine {
namespace {

constexpr std::size_t kIpfixHead = 16;
constexpr std::uint16_t kIpfix = 10;
constexpr int kMostEvents = 64, kMostAccepted = 64, kWaiting = 64;

ReadResult read_socket(int fd, std::span<std::uint8_t> into, std::size_t& got) {
  const ssize_t n = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
  got = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n > 0) return ReadResult::data;
  if (n == 0) return ReadResult::ended;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? ReadResult::wait : ReadResult::failed;
}

bool watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

tl::expected<std::unique_ptr<ExportStreams>, std::string> ExportStreams::open(const ExportListener& listener,
                                                                              TlsServer* tls, Admits admits) {
  const auto why = [&] {
    return tl::unexpected(fmt::format("--listen {}: {}", listener.address, std::strerror(errno)));
  };
  SocketName name = SocketName::of(listener);
  std::unique_ptr<ExportStreams> out(new ExportStreams(listener.address, tls, std::move(admits)));
  out->listener_ = ::socket(name.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out->listener_ < 0) return why();
  const int on = 1;
  (void)::setsockopt(out->listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(out->listener_, name.raw(), name.size) != 0 || ::listen(out->listener_, kWaiting) != 0)
    return why();
  out->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (out->epoll_ < 0 || !watch(out->epoll_, out->listener_)) return why();
  return out;
}

ExportStreams::~ExportStreams() {
  while (!streams_.empty()) close(streams_.begin());
  if (epoll_ >= 0) ::close(epoll_);
  if (listener_ >= 0) ::close(listener_);
}

std::map<int, ExportStreams::Stream>::iterator ExportStreams::close(std::map<int, Stream>::iterator stream) {
  const auto of = of_address_.find(stream->second.source.address);
  if (--of->second == 0) of_address_.erase(of);
  const int fd = stream->first;
  const auto next = streams_.erase(stream);
  ::close(fd);
  return next;
}

bool ExportStreams::admits(const IpAddress& address) const {
  if (streams_.size() >= kMaxStreams || !admits_(address)) return false;
  const auto of = of_address_.find(address);
  return of == of_address_.end() || of->second < kMaxStreamsOfAddress;
}

void ExportStreams::add(int fd, const flow::Source& source, TimeUs now) {
  Stream stream{.source = source, .tls = nullptr, .bytes = {}, .deadline = now + kStreamPatience};
  if (tls_ != nullptr) stream.tls = tls_->accept(fd);
  if ((tls_ != nullptr && stream.tls == nullptr) || !watch(epoll_, fd)) {
    ++counts_.refused;
    ::close(fd);
    return;
  }
  ++counts_.accepted;
  ++of_address_[source.address];
  streams_.emplace(fd, std::move(stream));
}

void ExportStreams::accept_all(TimeUs now) {
  for (int i = 0; i < kMostAccepted; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const flow::Source source = source_of(from);
    if (admits(source.address)) {
      add(fd, source, now);
    } else {
      ++counts_.refused;
      ::close(fd);
    }
  }
}

bool ExportStreams::serve(TimeUs now, const Handler& handler) {
  std::array<epoll_event, kMostEvents> events{};
  const int count = ::epoll_wait(epoll_, events.data(), kMostEvents, 0);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == listener_) {
      accept_all(now);
      continue;
    }
    const auto stream = streams_.find(fd);
    if (stream == streams_.end()) continue;
    const Fate fate = read(fd, stream->second, now, handler);
    if (fate == Fate::stays) continue;
    counts_.broken += fate == Fate::broken ? 1 : 0;
    close(stream);
  }
  return count > 0;
}

ExportStreams::Fate ExportStreams::read(int fd, Stream& stream, TimeUs now, const Handler& handler) {
  for (std::size_t all = 0; all < kMostAtOnce;) {
    std::size_t got = 0;
    const ReadResult result =
        stream.tls != nullptr ? stream.tls->read(scratch_, got) : read_socket(fd, scratch_, got);
    if (result == ReadResult::failed) return Fate::broken;
    if (result == ReadResult::ended) return stream.bytes.empty() ? Fate::ended : Fate::broken;
    if (result == ReadResult::wait) return Fate::stays;
    const bool had_begun = !stream.bytes.empty();
    stream.bytes.insert(stream.bytes.end(), scratch_.begin(),
                        scratch_.begin() + static_cast<std::ptrdiff_t>(got));
    const auto done = take_messages(stream, handler);
    if (!done) return Fate::broken;
    // Who begins a message has a time for all of it.
    if (stream.bytes.empty())
      stream.deadline = now + kStreamIdle;
    else if (*done != 0 || !had_begun)
      stream.deadline = now + kStreamPatience;
    all += got;
  }
  return Fate::stays;
}

// Hands on whole messages and gives their bytes; what is left is the begin of one. None: something else than a message begins.
std::optional<std::size_t> ExportStreams::take_messages(Stream& stream, const Handler& handler) {
  const Bytes all{stream.bytes};
  std::size_t done = 0;
  while (all.size() - done >= kIpfixHead) {
    const Bytes rest = all.subspan(done);
    ByteCursor head{rest};
    const std::uint16_t version = head.be16(), length = head.be16();
    if (version != kIpfix || length < kIpfixHead) {
      handler(stream.source, rest.first(kIpfixHead));  // which counts it
      return std::nullopt;
    }
    if (rest.size() < length) break;
    handler(stream.source, rest.first(length));
    done += length;
  }
  stream.bytes.erase(stream.bytes.begin(), stream.bytes.begin() + static_cast<std::ptrdiff_t>(done));
  if (stream.bytes.empty()) stream.bytes.shrink_to_fit();
  return done;
}

void ExportStreams::tick(TimeUs now) {
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    const bool is_late = stream->second.deadline <= now;
    counts_.timed_out += is_late ? 1 : 0;
    stream = is_late ? close(stream) : std::next(stream);
  }
}

}  // namespace weir::engine
