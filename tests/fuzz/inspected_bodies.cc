#include "tests/fuzz/inspected_bodies.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "decoders/app/http/transaction.h"

namespace weir::fuzz {

void InspectedBodies::look(TransactionList& transactions) {
  for (Transaction* tx = transactions.first(); tx != nullptr; tx = TransactionList::next(*tx))
    for (const Direction d : {Direction::to_server, Direction::to_client}) {
      if (const auto* http = tx_cast<http::HttpTransaction>(tx); http != nullptr)
        add({tx->id, index(d), 0}, http->message(d).body);
      if (const FileList* files = tx->files(d); files != nullptr)
        for (const auto& file : *files)
          if (file->content != nullptr) add({tx->id, index(d), file->id}, *file->content);
      tx->after_detection(d);
    }
}

void InspectedBodies::add(const Key& key, const StreamedBody& body) {
  if (body.size() == 0 || !body.ready()) return;
  const BodyView view = body.view();
  std::string& seen = seen_[key];
  const std::uint64_t shown_again = seen.size() - std::min<std::uint64_t>(seen.size(), view.offset);
  has_holes_ = has_holes_ || view.offset > seen.size();
  if (shown_again >= view.data.size()) return;
  const Bytes fresh = view.data.subspan(static_cast<std::size_t>(shown_again));
  seen.append(reinterpret_cast<const char*>(fresh.data()), fresh.size());
}

std::string InspectedBodies::text() const {
  std::string out;
  for (const auto& [key, seen] : seen_)
    out += fmt::format("inspected {} {} {}: {} bytes, {:016x}\n", std::get<0>(key), std::get<1>(key),
                       std::get<2>(key), seen.size(), XXH3_64bits(seen.data(), seen.size()));
  return out;
}

}  // namespace weir::fuzz
