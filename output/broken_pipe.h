// Who reads a pipe or a connection may go away: that is an error like others, and not the end of the process.
#pragma once

#include <csignal>

namespace weir::output {

// To be called before something is written whose reader may go. Leaves a handler of SIGPIPE that somebody has set.
inline void ignore_broken_pipes() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
    (void)std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace weir::output
