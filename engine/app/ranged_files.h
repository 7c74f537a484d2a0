// Files whose parts come one by one, over one connection or several between the same two hosts, until they are whole.
//
// Found by the hosts and by what the parts say that they are parts of. What comes in order is hashed and let go but for the
// window that rules look at; what comes too early waits. Caps: bytes in all (JoinLimits::memcap) and files at one time, beyond
// which the one that has waited longest for a part goes; pieces that wait of one file (kMaxWaitingPieces). Times are those of
// packets.
//
// In runs over captures every pipeline has its own, as with ExpectedFlows. Live the workers share one: its lock is taken for
// bytes of parts only, and held while they are hashed.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

#include "decoders/app/part_joiner.h"
#include "decoders/ip_address.h"
#include "decoders/packet.h"

namespace weir::engine {

struct PartEnds {
  IpAddress client, server;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};
  bool operator==(const PartEnds&) const = default;
};

class RangedFiles {
 public:
  static constexpr std::size_t kMaxFiles = 4096;

  struct Joined {
    boost::intrusive_ptr<AppFile> file;  // null: not whole
    std::uint32_t given_up = 0;          // files that will not become whole here
  };

  // Any thread may call these. See PartJoiner::join.
  Joined join(const PartEnds& ends, const FilePart& part, const JoinLimits& limits,
              const FileOpening& opening);
  [[nodiscard]] std::size_t size() const;
  // Bytes that count for the memcap.
  [[nodiscard]] std::uint64_t used() const;

 private:
  struct Key {
    PartEnds ends;
    std::uint64_t resource_low = 0, resource_high = 0;  // hash with the key of this process
    bool operator==(const Key&) const = default;
  };
  struct HashKey {
    std::size_t operator()(const Key& key) const;
  };
  struct Entry {
    Entry(const Key& k, const FilePart& part, const JoinLimits& limits, const FileOpening& opening);
    [[nodiscard]] AppFile& file() const { return *shown.front(); }
    Key key;
    std::uint64_t file_size;
    FlowFiles files;
    FileList shown;
    FileWriter writer;
    std::uint64_t charged = 0;
    TimeUs last = 0;
  };
  using Entries = std::list<Entry>;

  Entries::iterator find_or_add(const Key& key, const FilePart& part, const JoinLimits& limits,
                                const FileOpening& opening, Joined& out);
  void let_go(Entries::iterator entry);
  void charge(Entry& entry);

  mutable std::mutex lock_;
  Entries entries_;  // the one first that has waited longest for a part
  std::unordered_map<Key, Entries::iterator, HashKey> by_key_;
  std::uint64_t used_ = 0;
};

}  // namespace weir::engine
