#include <algorithm>

#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

constexpr std::uint64_t kPayloadBytes = 4096;

class FrameWriter final : public EveWriter<FrameRecord> {
 public:
  explicit FrameWriter(const Settings& s)
      : payload_buffer_bytes_(static_cast<std::size_t>(s.bytes("payload-buffer-size", kPayloadBytes))) {}

  bool write(EveContext& eve, const FrameRecord& r) const override {
    const auto event = eve.out.object();
    write_head(eve, r.head, "frame");
    write_app_proto(eve.out, r.app_proto);
    write_frame(eve.out, r.frame, payload_buffer_bytes_);
    return true;
  }

  [[nodiscard]] Requested requested() const override {
    Requested out;
    out.frames.fill(kAllFrames);
    return out;
  }

 private:
  const std::size_t payload_buffer_bytes_;
};

}  // namespace

void write_frame(JsonWriter& out, const FrameFacts& frame, std::size_t limit) {
  const auto object = out.object("frame");
  out.string("type", frame.type);
  out.number("id", frame.id);
  out.string("direction", frame.direction == Direction::to_server ? "toserver" : "toclient");
  if (frame.in_stream) out.number("stream_offset", frame.stream_offset);
  out.number("length", frame.length);
  if (const Bytes payload = frame.payload.first(std::min(limit, frame.payload.size())); !payload.empty()) {
    out.boolean("complete", frame.complete);
    out.base64("payload", payload);
    // Suricata's text ends with a zero in its buffer, so that one that fills it has one byte less.
    out.printable("payload_printable", payload.first(std::min(limit - 1, payload.size())));
  }
  if (frame.has_tx_id) out.number("tx_id", frame.tx_id);
}

const EveType<FrameRecord> eve_type_frame{
    .name = "frame", .event_type = "frame", .make = make_writer<FrameRecord, FrameWriter>};

}  // namespace weir::output
