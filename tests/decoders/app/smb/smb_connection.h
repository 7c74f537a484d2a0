// A parser of SMB, fed as its engine feeds it, and what it has made in a few words.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "decoders/app/smb/smb.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"

namespace weir::test {

struct SmbConnection : AppConversation<SmbConnection, smb::SmbParser, smb::SmbSettings, smb::SmbTransaction> {
  using AppConversation::AppConversation;

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
          for (const ShownFile& file : *files) out += file_text(*file, std::string(file->name) + " ");
      out += tx.progress[0] != 0 && tx.progress[1] != 0 ? "; " : "?; ";
    }
    return out;
  }
};

}  // namespace weir::test
