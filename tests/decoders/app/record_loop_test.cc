#include "decoders/app/record_loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace weir;

namespace {

constexpr Direction kClient = Direction::to_server;
constexpr std::size_t kHeader = 2;

// Records of a type and a length, then as many bytes: 'r' is read, 's' is passed over, all else is broken.
struct Parser {
  RecordLoop loop;
  std::vector<std::string> read;
  std::size_t most_shown = 0;

  ParseOutcome parse(Bytes data) {
    return loop.run(kClient, data, kHeader, [&](Bytes rest) { return record(rest); });
  }
  RecordStep record(Bytes rest) {
    most_shown = std::max(most_shown, rest.size());
    if (rest.size() < kHeader) return RecordStep::wants(kHeader);
    const std::size_t whole = kHeader + rest[1];
    if (rest[0] == 's') return RecordStep::skip(whole);
    if (rest[0] != 'r') return RecordStep::broken();
    if (rest.size() < whole) return RecordStep::wants(whole);
    read.emplace_back(rest.begin() + kHeader, rest.begin() + static_cast<std::ptrdiff_t>(whole));
    return RecordStep::took(whole);
  }
};

std::string record(char type, std::string_view body) {
  return std::string{type, static_cast<char>(body.size())} + std::string(body);
}

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// As the engine does: offers what was not consumed again, with more behind it, once there is what the parser
// wants.
ParseOutcome::Status feed(Parser& parser, std::string_view stream, std::size_t step) {
  std::string kept;
  std::size_t need = 0;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    kept += stream.substr(at, step);
    if (kept.size() < need) continue;
    const ParseOutcome out = parser.parse(bytes(kept));
    if (out.status != ParseOutcome::Status::ok) return out.status;
    REQUIRE(out.consumed <= kept.size());
    kept.erase(0, out.consumed);
    need = out.need;
  }
  CHECK(kept.empty());
  return ParseOutcome::Status::ok;
}

}  // namespace

TEST_CASE("record loop: records are the same however the stream is cut") {
  const std::string stream = record('r', "one") + record('s', std::string(100, 'x')) + record('r', "") +
                             record('s', "") + record('r', "two");
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    CAPTURE(step);
    Parser parser;
    REQUIRE(feed(parser, stream, step) == ParseOutcome::Status::ok);
    CHECK(parser.read == std::vector<std::string>{"one", "", "two"});
  }
}

TEST_CASE("record loop: a record that is passed over is not kept, and the rest of it not shown") {
  Parser parser;
  const std::string stream = record('s', std::string(200, 'x'));
  const ParseOutcome first = parser.parse(bytes(stream).first(10));
  CHECK(first.consumed == 10);
  CHECK(first.need == 0);
  CHECK(parser.loop.is_skipping(kClient));
  const ParseOutcome second = parser.parse(bytes(stream).subspan(10));
  CHECK(second.consumed == stream.size() - 10);
  CHECK(second.need == kHeader);
  CHECK(parser.most_shown == 10);
}

TEST_CASE("record loop: a record that is not whole says how much of it is wanted") {
  Parser parser;
  const std::string stream = record('r', "one") + record('r', "four");
  const ParseOutcome out = parser.parse(bytes(stream).first(stream.size() - 1));
  CHECK(out.consumed == kHeader + 3);
  CHECK(out.need == kHeader + 4);
  CHECK(parser.read.size() == 1);
}

TEST_CASE("record loop: a gap is harmless only inside what is passed over") {
  Parser parser;
  (void)parser.parse(bytes(record('s', std::string(20, 'x'))).first(2));
  CHECK(parser.loop.skip_gap(kClient, 15));
  CHECK_FALSE(parser.loop.skip_gap(kClient, 6));
  CHECK(parser.loop.skip_gap(kClient, 5));
  CHECK_FALSE(parser.loop.skip_gap(Direction::to_client, 1));
}

TEST_CASE("record loop: after a broken record nothing is looked at") {
  Parser parser;
  CHECK(feed(parser, record('r', "one") + "?" + record('r', "two"), SIZE_MAX / 2) ==
        ParseOutcome::Status::error);
  CHECK(parser.read.size() == 1);
}
