#include "engine/live/workers/reject_sender.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "engine/pipeline/rejection.h"

namespace weir::engine {

RejectSender::RejectSender()
    : v4_(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW)),
      v6_(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW)) {}

RejectSender::~RejectSender() {
  for (const int fd : {v4_, v6_})
    if (fd >= 0) ::close(fd);
}

void RejectSender::send(const Packet& packet, RejectTarget target) {
  for (const RejectionPacket& answer : make_rejections(packet, target)) {
    ssize_t sent = -1;
    if (answer.to.family == 4) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      std::memcpy(&to.sin_addr, answer.to.bytes.data(), sizeof to.sin_addr);
      sent = ::sendto(v4_, answer.bytes.data(), answer.bytes.size(), 0, reinterpret_cast<sockaddr*>(&to),
                      sizeof to);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      std::memcpy(&to.sin6_addr, answer.to.bytes.data(), sizeof to.sin6_addr);
      sent = ::sendto(v6_, answer.bytes.data(), answer.bytes.size(), 0, reinterpret_cast<sockaddr*>(&to),
                      sizeof to);
    }
    ++(sent == static_cast<ssize_t>(answer.bytes.size()) ? sent_ : failed_);
  }
}

}  // namespace weir::engine
