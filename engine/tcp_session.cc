#include "engine/tcp_session.h"

namespace weir::engine {

struct TcpSession::Impl {};
TcpSession::TcpSession(const StreamSettings&, MemoryBudget&) : impl_(std::make_unique<Impl>()) {}
TcpSession::~TcpSession() = default;

}  // namespace weir::engine
