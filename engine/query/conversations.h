// Joins flow records to conversations: those of one direction and of both, of several exporters, of parts of a flow, and counts each
// conversation once. Of several points that saw it, that counts which saw most, for each direction by itself: answers may come by
// another way.
//
// Filled by several threads at once. Memory is bounded: where there are more conversations than there is room for, those so far are
// told and forgotten, so that one whose records come on both sides of that is told twice; folded() says how many were told early.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/conversation.h"
#include "engine/query/question.h"

namespace weir::engine {

inline constexpr std::size_t kMaxConversations =
    std::size_t{1} << 20U;  // kept at a time; about 250 bytes each, and as many for each point
inline constexpr std::size_t kMaxObservationPoints = 4096;  // the rest are taken for one
inline constexpr std::size_t kMaxPointsOfOne = 64;          // of a conversation, likewise
inline constexpr std::size_t kUsualPoints =
    3;  // of a conversation, in the mean: more take the room of conversations

// What add() looks at.
inline constexpr Fields kConversationFields = Field::times | Field::addresses | Field::ports |
                                              Field::protocol | Field::counters | Field::tcp_flags |
                                              Field::part | Field::exporter;

struct JoinSettings {
  bool raw = false;                         // packets and bytes are not multiplied by the rate of sampling
  std::vector<std::uint16_t> server_ports;  // that were asked for as servers
  std::size_t most = kMaxConversations;
};

class Conversations {
 public:
  // Called by one thread at a time.
  using Visit = std::function<void(const Conversation&)>;

  Conversations(JoinSettings settings, Visit visit);

  // From any thread. Messages of ICMP about other packets are passed over. Records with different tags are never joined.
  void add(const flow::Record& record, std::uint32_t tag = 0) { add(record, tag, point_of(record)); }
  // Tells all that are there, and forgets them. When nobody adds any more.
  void finish();

  // From any thread, but faster when who asks often remembers the answer.
  std::uint16_t point_of(const flow::Record& record);
  void add(const flow::Record& record, std::uint32_t tag, std::uint16_t point);
  // In a visit and later.
  [[nodiscard]] const ObservationPoint& point(std::uint16_t number) const { return points_[number]; }
  [[nodiscard]] std::uint64_t folded() const { return folded_; }

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  // The two ends in the order of address and port, whoever sent.
  struct Key {
    std::array<IpAddress, 2> addresses;
    std::uint8_t protocol = 0, outcome = 0;  // of rollups
    std::array<std::uint16_t, 2> ports{};
    std::uint32_t tag = 0;
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::uint32_t first_point = kNone;
    std::array<std::uint8_t, 2> signs{};
  };
  // Sides by number of the end that sent.
  struct PointEntry {
    SeenAtPoint seen;
    std::uint32_t next = kNone;
  };
  struct Shard {
    std::mutex lock;  // of what follows
    std::vector<Entry> entries;
    std::vector<PointEntry> points;
    std::vector<std::uint32_t> index;  // by hash, open addressing: numbers of entries
  };

  [[nodiscard]] std::uint64_t hash_of(const Key& key) const;
  Entry& entry_of(Shard& shard, const Key& key, std::uint64_t hash);
  void grow(Shard& shard) const;
  void fold(Shard& shard);
  static SeenAtPoint& seen_at(Shard& shard, Entry& entry, std::uint16_t point);
  void add_side(Seen& seen, const flow::Record& record, std::size_t side, std::uint8_t signs) const;
  void tell_all(Shard& shard);
  void tell(const Shard& shard, const Entry& entry);
  [[nodiscard]] bool is_named(std::uint16_t port) const;

  JoinSettings settings_;
  std::uint64_t seed_;  // so that nobody can send records that fall into one place
  Visit visit_;
  std::size_t most_of_shard_;
  std::array<Shard, kShards> shards_;

  std::mutex points_lock_;  // of the next two
  std::map<ObservationPoint, std::uint16_t> point_numbers_;
  std::vector<ObservationPoint> points_;  // never moves: all of its room is reserved

  std::mutex visit_lock_;  // of what follows; taken while a shard's is held
  std::vector<SeenAtPoint> scratch_;
  std::uint64_t folded_ = 0;
};

// Adds all records that it gets. One for each thread that reads.
class ConversationConsumer final : public flow::RecordConsumer {
 public:
  explicit ConversationConsumer(Conversations& into) : into_(into) {}
  void take(std::span<const flow::Record> records) override;
  void add(const flow::Record& record, std::uint32_t tag = 0);

 private:
  Conversations& into_;
  std::map<ObservationPoint, std::uint16_t> points_;  // that were met; at most kMaxObservationPoints
};

// What a rollup must keep of records so that it can be counted as conversations: without the exporter, those of several would count twice.
RollupNeeds conversation_rollups();

// Reads what the query asks for, but for the fields, which are kConversationFields, and rollups; tells all conversations, and warns of what there
// was no room for.
tl::expected<void, std::string> read_conversations(QuestionCall& call, RecordQuery query,
                                                   Conversations& into);
// The end of that, for those who have read by themselves.
void finish(QuestionCall& call, Conversations& conversations);

}  // namespace weir::engine
