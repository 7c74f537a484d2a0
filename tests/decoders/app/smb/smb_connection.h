// A parser of SMB, fed as its engine feeds it, and what it has made in a few words.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "decoders/app/smb/smb.h"
#include "decoders/text.h"

namespace weir::test {

struct SmbConnection {
  explicit SmbConnection(smb::SmbSettings s = {}) : settings(s), parser(settings) {}

  // New bytes of a direction, in pieces of `step` bytes; what the parser does not take comes again.
  SmbConnection& say(Direction d, std::string_view text, bool eof = false) {
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
  SmbConnection& client(std::string_view text) { return say(Direction::to_server, text); }
  SmbConnection& server(std::string_view text) { return say(Direction::to_client, text); }
  SmbConnection& gap(Direction d, std::uint64_t length) {
    CHECK(parser.on_gap(d, length));
    return *this;
  }

  // "COMMAND status" of each transaction, "?" where it is not complete, and what its files are.
  std::string all() {
    std::string out;
    for (Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      auto& tx = *tx_cast<smb::SmbTransaction>(t);
      std::string name{smb::command_name(tx.version, tx.command)};
      out += tx.is_nameless ? "(none)" : name.substr(name.find("COMMAND_") + 8);
      if (tx.status && !tx.status->is_success()) out.append(1, ' ').append(tx.status->name());
      for (const Direction d : {Direction::to_server, Direction::to_client})
        if (const FileList* files = tx.files(d))
          for (const ShownFile& file : *files) out += file_text(*file);
      out += tx.progress[0] != 0 && tx.progress[1] != 0 ? "; " : "?; ";
    }
    return out;
  }
  static std::string file_text(const AppFile& file) {
    std::string out = "[";
    out.append(file.name).append(1, ' ').append(std::to_string(file.size));
    if (file.has_gaps) out += " gaps";
    if (file.state == FileState::open) out += " open";
    if (file.state == FileState::truncated) out += " truncated";
    const Bytes seen = file.content->view().data;
    return out.append(1, ' ').append(as_text(seen.first(std::min<std::size_t>(seen.size(), 32)))).append("]");
  }
  smb::SmbTransaction& tx(std::uint64_t id) {
    auto* found = tx_cast<smb::SmbTransaction>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }
  bool raised(std::uint64_t id, smb::Event e) {
    return std::any_of(tx(id).events.begin(), tx(id).events.end(),
                       [e](const AppEvent& event) { return event.code == static_cast<std::uint8_t>(e); });
  }

  struct Side {
    std::string kept;
    std::size_t need = 0;
  };
  smb::SmbSettings settings;
  std::size_t step = SIZE_MAX;
  smb::SmbParser parser;
  std::array<Side, 2> sides;
  ParseOutcome outcome;
};

}  // namespace weir::test
