// One SSH connection as rules and events see it: one transaction, from the banners to the new keys.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/app/on_first_look.h"
#include "decoders/app/transaction.h"
#include "decoders/digest.h"
#include "decoders/slab.h"

namespace weir::ssh {

// Progress of a side. `key_exchange`: its SSH_MSG_KEXINIT has been read, or is not waited for. Both sides finish
// together, when both have changed to new keys.
enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/ssh/states.def"
#undef STATE
};

// What one side has shown. Empty strings: not there (yet).
struct Peer {
  SlabString protocol;  // "2.0"
  SlabString software;  // "OpenSSH_9.2p1"
  SlabString hassh;     // "kex;encryption;mac;compression"; only when asked for

  // Lower case MD5 of it.
  [[nodiscard]] const SlabString& hassh_hash() const {
    return hash_.get(!hassh.empty(), [this]() -> SlabString {
      const Bytes text{reinterpret_cast<const std::uint8_t*>(hassh.data()), hassh.size()};
      return hex(digest(Hash::md5, text).view());
    });
  }

 private:
  OnFirstLook<SlabString> hash_;
};

class SshTransaction final : public Transaction {
 public:
  explicit SshTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  std::array<Peer, 2> peers;  // index(Direction): the side that sends that way

  [[nodiscard]] const Peer& peer(Direction d) const { return peers[index(d)]; }
  [[nodiscard]] bool at_least(Direction d, State s) const {
    return progress[index(d)] >= static_cast<std::uint8_t>(s);
  }
  void reach(Direction d, State s) {
    if (!at_least(d, s)) progress[index(d)] = static_cast<std::uint8_t>(s);
  }
};

}  // namespace weir::ssh
