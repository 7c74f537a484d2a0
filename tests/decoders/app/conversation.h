// A parser of a stream, fed as its engine feeds it: what it has not taken comes again, once there is as much as it asks for, and
// when the other side wakes it. The base of what tests of single protocols talk with.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "decoders/app/file.h"
#include "decoders/app/parser.h"
#include "decoders/app/transaction.h"
#include "decoders/text.h"

namespace weir::test {

// `Derived` is who inherits, so that calls can be chained.
template <class Derived, class Parser, class Settings, class Tx>
struct AppConversation {
  explicit AppConversation(Settings s = {}) : settings(std::move(s)), parser(settings) {}

  // New bytes of a direction, in pieces of `step` bytes.
  Derived& say(Direction d, std::string_view text, bool eof = false) {
    do {
      sides[index(d)].kept += text.substr(0, step);
      text.remove_prefix(std::min(step, text.size()));
      if (feed(d, eof && text.empty()) && outcome.wakes_other) feed(opposite(d), false);
    } while (!text.empty() && outcome.status == ParseOutcome::Status::ok);
    return static_cast<Derived&>(*this);
  }
  Derived& client(std::string_view text) { return say(Direction::to_server, text); }
  Derived& server(std::string_view text) { return say(Direction::to_client, text); }

  Tx& tx(std::uint64_t id) {
    auto* found = tx_cast<Tx>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }
  template <class Event>
  bool raised(std::uint64_t id, Event e) {
    const auto& events = tx(id).events;
    return std::any_of(events.begin(), events.end(),
                       [e](const AppEvent& event) { return event.code == static_cast<std::uint8_t>(e); });
  }

  // What is kept of a direction, and how much the parser wants before it is asked again.
  struct Side {
    std::string kept;
    std::size_t need = 0;
  };
  Settings settings;
  AppInput also;  // what each input has besides
  std::size_t step = SIZE_MAX;
  Parser parser;
  std::array<Side, 2> sides;
  ParseOutcome outcome;

 private:
  // False: there is not enough yet.
  bool feed(Direction d, bool eof) {
    Side& side = sides[index(d)];
    if (side.kept.size() < side.need && !eof) return false;
    AppInput in = also;
    in.direction = d;
    in.data = as_bytes(side.kept);
    in.eof = eof;
    outcome = parser.parse(in);
    REQUIRE(outcome.consumed <= side.kept.size());
    side.kept.erase(0, outcome.consumed);
    side.need = outcome.need;
    return true;
  }
};

// "[12 gaps open the first bytes]", with `front` before the size; how far it has come, unless it is whole.
inline std::string file_text(const AppFile& file, const std::string& front = {}) {
  std::string out = "[" + front + std::to_string(file.size);
  if (file.has_gaps) out += " gaps";
  if (file.state == FileState::open) out += " open";
  if (file.state == FileState::truncated) out += " truncated";
  const Bytes seen = file.content->view().data;
  return out.append(1, ' ').append(as_text(seen.first(std::min<std::size_t>(seen.size(), 32)))).append("]");
}

}  // namespace weir::test
