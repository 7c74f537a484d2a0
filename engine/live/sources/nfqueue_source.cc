#include "engine/live/sources/nfqueue_source.h"

#include <linux/netfilter.h>

#include <utility>

#include "decoders/clock.h"

namespace weir::engine {
namespace {

constexpr int kLinkRawIp = 101;
constexpr int kMaxDrainBatches = 1024;  // at the end of the run

class NfqueueSource final : public PacketSource {
 public:
  NfqueueSource(NfqueueSocket socket, const NfqueueSettings& settings, const NfqueueWatch& watch)
      : socket_(std::move(socket)), settings_(settings), watch_(watch), plain_(accepted(0)) {
    if (watch_.guard != nullptr) watch_.guard->watch(watch_.worker, socket_.fd(), socket_.queue());
  }

  tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                              std::chrono::milliseconds wait) override {
    const auto packets = socket_.receive(wait);
    if (!packets) return tl::unexpected(packets.error());
    look_for_missed(packets->size());
    if (packets->empty()) return 0;
    watch_.pulse.last_packet_id.store(packets->back().id, std::memory_order_relaxed);
    judge(*packets, handler);
    seen_.kernel_packets += packets->size();
    return packets->size();
  }

  void close(PacketHandler& handler) override {
    using std::chrono::milliseconds;
    for (int i = 0; i < kMaxDrainBatches; ++i) {
      const auto got = poll(handler, milliseconds(0));
      if (!got || *got == 0) break;
    }
    if (watch_.guard != nullptr) watch_.guard->release(watch_.worker);
    ask_kernel();  // for the last time
    socket_.unbind();
  }

  bool take_missed() override { return std::exchange(missed_, false); }

  void abandon() override {
    if (watch_.guard != nullptr) watch_.guard->release(watch_.worker);
    socket_.unbind();
  }

  CaptureCounters counters() override {
    ask_kernel();
    seen_.errors = socket_.overruns() + socket_.verdict_errors();
    return seen_;
  }

 private:
  // By the guard, by a full socket buffer, or by a full queue: of the last the kernel does not tell, but then
  // full batches follow each other until what it holds has been read.
  void look_for_missed(std::size_t received) {
    backlog_ = received == settings_.batch ? backlog_ + received : 0;
    const std::uint64_t passed = watch_.pulse.passed.load(std::memory_order_relaxed) + socket_.overruns();
    missed_ = missed_ || passed != passed_ || backlog_ >= settings_.queue_length;
    passed_ = passed;
  }

  // Verdicts of packets that are not simply accepted go out one by one; all others of the batch in one message, or, when one
  // that is to be let through otherwise comes among them, in one before it: none overtakes another.
  void judge(std::span<const QueuedPacket> packets, PacketHandler& handler) {
    const TimeUs now = wall_clock();
    const QueuedPacket* plain = nullptr;  // the last of those that are simply accepted
    const auto judge_plain = [&] {
      if (plain != nullptr) socket_.judge_all_up_to(plain->id, plain_);
      plain = nullptr;
    };
    for (const QueuedPacket& packet : packets) {
      const RawPacket raw{.bytes = packet.bytes,
                          .wire_length = packet.wire_length,
                          .time = now,
                          .number = 0,
                          .link_type = kLinkRawIp};
      const Judgement judgement = handler.packet(raw, packet.checksums_count);
      const bool mark = judgement.bypass && settings_.bypass_mask != 0;
      if (judgement.verdict == Verdict::accept && judgement.bytes.empty() && packet.mark == 0 && !mark) {
        plain = &packet;
        continue;
      }
      NfqueueSocket::KernelVerdict verdict{.verdict = NF_DROP, .mark = {}, .payload = {}};
      if (judgement.verdict == Verdict::accept) {
        judge_plain();
        verdict = accepted(packet.mark);
        verdict.payload = judgement.bytes;
        if (mark)
          verdict.mark = (verdict.mark.value_or(packet.mark) & ~settings_.bypass_mask) |
                         (settings_.bypass_mark & settings_.bypass_mask);
      }
      socket_.judge(packet.id, verdict);
    }
    judge_plain();
    socket_.flush();
  }

  [[nodiscard]] NfqueueSocket::KernelVerdict accepted(std::uint32_t mark) const {
    NfqueueSocket::KernelVerdict out{.verdict = NF_ACCEPT, .mark = {}, .payload = {}};
    if (settings_.mode == NfqueueMode::repeat) {
      out.verdict = NF_REPEAT;
      out.mark = (mark & ~settings_.repeat_mask) | (settings_.repeat_mark & settings_.repeat_mask);
    }
    if (settings_.mode == NfqueueMode::route) out.verdict = NF_QUEUE_NR(settings_.route_queue);
    return out;
  }

  void ask_kernel() {
    const auto line = watch_.table.of(socket_.queue());
    if (!line) return;
    seen_.kernel_drops = line->dropped + line->unsent;
    seen_.waiting = line->waiting;
  }

  NfqueueSocket socket_;
  NfqueueSettings settings_;
  NfqueueWatch watch_;
  NfqueueSocket::KernelVerdict plain_;
  CaptureCounters seen_;
  std::uint64_t passed_ = 0, backlog_ = 0;
  bool missed_ = false;
};

}  // namespace

tl::expected<std::unique_ptr<PacketSource>, std::string> open_nfqueue(std::uint16_t queue,
                                                                      const NfqueueSettings& settings,
                                                                      const NfqueueWatch& watch) {
  auto socket = NfqueueSocket::open(queue, settings, watch.sockets);
  if (!socket) return tl::unexpected(socket.error());
  if (auto bound = socket->bind(); !bound) return tl::unexpected(bound.error());
  return std::make_unique<NfqueueSource>(std::move(*socket), settings, watch);
}

}  // namespace weir::engine
