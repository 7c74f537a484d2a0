// A parser of NFS, fed as its engine feeds it, and what it has made in a few words.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "decoders/app/nfs/nfs.h"
#include "decoders/text.h"
#include "tests/decoders/app/nfs/nfs_bytes.h"

namespace weir::test {

struct NfsConnection {
  explicit NfsConnection(const nfs::NfsSettings& settings = {}) : parser(settings) {}

  // Messages of a direction of a stream, in pieces of `step` bytes; what the parser does not take comes again.
  NfsConnection& say(Direction d, const std::string& all_of_it, bool eof = false) {
    std::string_view text = all_of_it;
    do {
      Side& side = sides[index(d)];
      side.kept += text.substr(0, step);
      text.remove_prefix(std::min(step, text.size()));
      if (side.kept.size() < side.need && !eof) continue;
      outcome = parser.parse({.direction = d, .data = as_bytes(side.kept), .eof = eof && text.empty()});
      REQUIRE(outcome.consumed <= side.kept.size());
      side.kept.erase(0, outcome.consumed);
      side.need = outcome.need;
    } while (!text.empty() && outcome.status == ParseOutcome::Status::ok);
    return *this;
  }
  NfsConnection& client(const std::string& message) {
    return say(Direction::to_server, marked(message, fragment, empty_last));
  }
  NfsConnection& server(const std::string& message) {
    return say(Direction::to_client, marked(message, fragment, empty_last));
  }
  NfsConnection& datagram(Direction d, std::string_view message) {
    outcome = parser.parse({.direction = d, .data = as_bytes(message), .is_datagram = true});
    CHECK(outcome.consumed == message.size());
    return *this;
  }
  // So many bytes are missing; with them goes what the parser has not taken.
  NfsConnection& gap(Direction d, std::uint64_t length) {
    const Side lost = std::exchange(sides[index(d)], {});
    CHECK(parser.on_gap(d, lost.kept.size() + length));
    return *this;
  }

  // "PROCEDURE name status" of each transaction, "?" where it is not complete, and what its files are.
  std::string all() {
    std::string out;
    for (Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      auto& tx = *tx_cast<nfs::NfsTransaction>(t);
      out += tx.is_nameless ? "(none)" : std::string(tx.procedure_text());
      if (!tx.name.empty()) out.append(1, ' ').append(tx.name);
      if (tx.new_name) out.append("->").append(*tx.new_name);
      if (tx.accepted && !*tx.accepted) out += " denied";
      if (tx.status && *tx.status != 0) out.append(1, ' ').append(nfs::status_name(*tx.status));
      for (const Direction d : {Direction::to_server, Direction::to_client})
        if (const FileList* files = tx.files(d))
          for (const ShownFile& file : *files) out += file_text(*file);
      out += tx.progress[0] != 0 && tx.progress[1] != 0 ? "; " : "?; ";
    }
    return out;
  }
  static std::string file_text(const AppFile& file) {
    std::string out = "[" + std::to_string(file.size);
    if (file.has_gaps) out += " gaps";
    if (file.state == FileState::open) out += " open";
    if (file.state == FileState::truncated) out += " truncated";
    const Bytes seen = file.content->view().data;
    return out.append(1, ' ').append(as_text(seen.first(std::min<std::size_t>(seen.size(), 32)))).append("]");
  }
  nfs::NfsTransaction& tx(std::uint64_t id) {
    auto* found = tx_cast<nfs::NfsTransaction>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }
  bool raised(std::uint64_t id, nfs::Event e) {
    return std::any_of(tx(id).events.begin(), tx(id).events.end(),
                       [e](const AppEvent& event) { return event.code == static_cast<std::uint8_t>(e); });
  }

  struct Side {
    std::string kept;
    std::size_t need = 0;
  };
  std::size_t step = SIZE_MAX, fragment = SIZE_MAX;
  bool empty_last = false;  // of fragments
  nfs::NfsParser parser;
  std::array<Side, 2> sides;
  ParseOutcome outcome;
};

}  // namespace weir::test
