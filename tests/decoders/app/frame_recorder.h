// Feeds a parser and writes down the frames that it tells of.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "decoders/app/parser.h"
#include "tests/decoders/app/frame_text.h"

namespace weir::test {

class FrameRecorder {
 public:
  explicit FrameRecorder(const ProtocolInfo& info)
      : info_(info), factory_(info.configure(no_settings())), parser_(factory_->make()) {}

  [[nodiscard]] AppParser& parser() { return *parser_; }
  // New bytes of a direction; what the parser does not take comes again with the next.
  ParseOutcome feed(Direction d, std::string_view text) {
    Side& side = sides_[index(d)];
    side.kept += text;
    if (side.kept.size() < side.need) return {};
    const Bytes data{reinterpret_cast<const std::uint8_t*>(side.kept.data()), side.kept.size()};
    const ParseOutcome out = parse({.direction = d, .data = data, .stream_offset = side.offset});
    REQUIRE(out.consumed <= side.kept.size());
    side.kept.erase(0, out.consumed);
    side.offset += out.consumed;
    side.need = out.need;
    return out;
  }
  ParseOutcome datagram(Direction d, Bytes data) {
    return parse({.direction = d, .data = data, .is_datagram = true});
  }

  // Of all frames so far, as frame_text.
  [[nodiscard]] std::string frames(Direction d) const {
    std::string out;
    for (const AppFrame& f : sides_[index(d)].list.frames())
      out.append(out.empty() ? "" : ", ").append(frame_text(info_, f));
    return out;
  }
  // They were looked at: there is room again.
  void let_go(Direction d) {
    sides_[index(d)].list.remove_if([](const AppFrame&) { return true; });
  }
  [[nodiscard]] std::size_t count(Direction d) const { return sides_[index(d)].list.frames().size(); }

 private:
  struct Side {
    FrameList list;
    std::string kept;  // that the parser has not taken
    std::uint64_t offset = 0;
    std::size_t need = 0;
  };
  ParseOutcome parse(AppInput in) {
    in.frames = FrameSink(sides_[index(in.direction)].list, kAllFrames, in.stream_offset, in.data);
    return parser_->parse(in);
  }

  const ProtocolInfo& info_;
  std::unique_ptr<const ParserFactory> factory_;  // outlives its parser
  std::unique_ptr<AppParser> parser_;
  std::array<Side, 2> sides_;
};

}  // namespace weir::test
