// A parser of NFS, fed as its engine feeds it, and what it has made in a few words.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "decoders/app/nfs/nfs.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"
#include "tests/decoders/app/nfs/nfs_bytes.h"

namespace weir::test {

struct NfsConnection : AppConversation<NfsConnection, nfs::NfsParser, nfs::NfsSettings, nfs::NfsTransaction> {
  using AppConversation::AppConversation;

  // Messages.
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

  std::size_t fragment = SIZE_MAX;
  bool empty_last = false;  // of fragments
};

}  // namespace weir::test
