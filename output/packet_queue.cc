#include "output/packet_queue.h"

#include <pthread.h>

#include <chrono>
#include <cstring>
#include <utility>

namespace weir::output {
namespace {

constexpr std::chrono::seconds kFlushEvery{1};

}  // namespace

PacketQueue::PacketQueue(PacketLog& log) : log_(log) {
  thread_ = std::thread([this] { run(); });
}

void PacketQueue::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void PacketQueue::append(Buffer& to, const Piece& piece, Bytes bytes) {
  const std::size_t at = to.size();
  to.resize(at + sizeof piece + bytes.size());
  std::memcpy(&to[at], &piece, sizeof piece);
  std::copy(bytes.begin(), bytes.end(), to.begin() + static_cast<std::ptrdiff_t>(at + sizeof piece));
}

template <class F>
void PacketQueue::for_each(const Buffer& buffer, F&& f) {
  for (std::size_t at = 0; at < buffer.size();) {
    Piece piece;
    std::memcpy(&piece, &buffer[at], sizeof piece);
    f(piece, Bytes{buffer}.subspan(at + sizeof piece, piece.length));
    at += sizeof piece + piece.length;
  }
}

// A frame that finds no room is in no file: it does not count for its size.
void PacketQueue::take(const Buffer& frames) {
  for_each(frames, [this](const Piece& piece, Bytes bytes) {
    if (stopping_ || waiting_.size() + sizeof piece + bytes.size() > log_.settings().queue_bytes) {
      log_.queue_full.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const auto where = log_.place(
        {.bytes = bytes, .wire_length = piece.wire_length, .time = piece.time, .link_type = piece.link_type});
    if (where == PacketLog::Place::nowhere) return;
    if (where == PacketLog::Place::new_file) {
      const std::string_view path = log_.file();
      append(waiting_,
             {.time = piece.time,
              .wire_length = 0,
              .length = static_cast<std::uint32_t>(path.size()),
              .link_type = piece.link_type,
              .begins_file = true},
             as_bytes(path));
    }
    append(waiting_, piece, bytes);
  });
}

void PacketQueue::run() {
  (void)pthread_setname_np(pthread_self(), "PL#01");
  auto flushed = std::chrono::steady_clock::now();
  std::unique_lock guard(lock_);
  for (bool last = false; !last;) {
    work_.wait_for(guard, kFlushEvery, [this] { return stopping_ || !waiting_.empty(); });
    last = stopping_;
    writing_.clear();
    std::swap(waiting_, writing_);
    guard.unlock();
    write(writing_);
    if (const auto now = std::chrono::steady_clock::now(); now - flushed >= kFlushEvery) {
      log_.files().flush();  // what there is can be read
      flushed = now;
    }
    guard.lock();
  }
}

void PacketQueue::write(const Buffer& pieces) {
  for_each(pieces, [this](const Piece& piece, Bytes bytes) {
    if (piece.begins_file) return log_.files().begin(std::string(as_text(bytes)), piece.link_type);
    log_.files().write(
        {.bytes = bytes, .wire_length = piece.wire_length, .time = piece.time, .link_type = piece.link_type});
  });
}

void PacketQueue::End::write(const RawPacket& raw) {
  append(frames_,
         {.time = raw.time,
          .wire_length = raw.wire_length,
          .length = static_cast<std::uint32_t>(raw.bytes.size()),
          .link_type = raw.link_type,
          .begins_file = false},
         raw.bytes);
  if (frames_.size() >= kBatchBytes) hand_over();
}

void PacketQueue::End::hand_over() {
  if (frames_.empty()) return;
  {
    const std::lock_guard guard(queue_.lock_);
    queue_.take(frames_);
  }
  queue_.work_.notify_one();
  frames_.clear();
}

std::string_view PacketQueue::End::file() {
  hand_over();
  const std::lock_guard guard(queue_.lock_);
  file_ = queue_.log_.file();
  return file_;
}

}  // namespace weir::output
