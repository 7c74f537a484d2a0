// The table of event types that are no protocol's: one row each (eve_types.def), one file each in
// output/eve/.
//
// A type is added by its row, its record and its file; who has something to tell fills the record and gives
// it to the sessions of all logs.
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>

#include "decoders/app/requested.h"
#include "decoders/settings.h"
#include "output/eve/options.h"
#include "output/records.h"

namespace weir::output {

// Made once per eve-log from its `types:` entry; immutable, used by all workers.
template <class Record>
class EveWriter {
 public:
  virtual ~EveWriter() = default;
  // Writes one whole event into eve.out, which is empty. False: nothing to say, drop the event.
  virtual bool write(EveContext& eve, const Record& record) const = 0;
  // What parsers are to make for it.
  [[nodiscard]] virtual Requested requested() const { return {}; }
};

template <class Record>
struct EveType {
  std::string_view name;        // entry under eve-log.types: "files"
  std::string_view event_type;  // what the event says: "fileinfo"
  // From the type's own entry, and the one of the same log's alert type (what is shown of a rule is set
  // there). Null: the entry turns it off.
  std::unique_ptr<const EveWriter<Record>> (*make)(const Settings& own, const Settings& alert);
  bool only_once = false;  // Suricata refuses a second log with it; files that pass there pass here
};

#define EVE_TYPE(id, Record) extern const EveType<Record> eve_type_##id;
#include "output/eve_types.def"
#undef EVE_TYPE

// For `make`: a Writer of the entry, and of the alert type's when its constructor takes that.
template <class Record, class Writer>
std::unique_ptr<const EveWriter<Record>> make_writer(const Settings& own,
                                                     [[maybe_unused]] const Settings& alert) {
  if constexpr (std::is_constructible_v<Writer, const Settings&, const Settings&>)
    return std::make_unique<Writer>(own, alert);
  else
    return std::make_unique<Writer>(own);
}

}  // namespace weir::output
