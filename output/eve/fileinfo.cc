#include "output/eve/events.h"

namespace weir::output {

void write_fileinfo_event(EveContext& eve, const FileRecord& r, const EveTxWriter* app_writer) {
  JsonWriter& out = eve.out;
  const auto event = out.object();
  write_head(eve, r.head, "fileinfo");
  if (r.tx != nullptr && app_writer != nullptr) app_writer->write_in_alert(out, *r.tx);
  write_app_proto(out, r.app_proto);
  const auto file = out.object("fileinfo");
  write_file(out, *r.file, r.tx != nullptr ? r.tx->id : 0);
}

}  // namespace weir::output
