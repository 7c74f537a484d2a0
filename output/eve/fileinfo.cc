#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

// What the log is to say of every file has to be found out while its bytes pass.
FileFacts wanted_facts(const Settings& s) {
  FileFacts wanted;
  if (s.flag("force-magic", false)) wanted.magic = true;
  for (const std::string& name : s.list("force-hash")) {
    if (name == "md5") wanted.md5 = true;
    if (name == "sha1") wanted.sha1 = true;
    if (name == "sha256") wanted.sha256 = true;
  }
  return wanted;
}

class FileinfoWriter final : public EveWriter<FileRecord> {
 public:
  explicit FileinfoWriter(const Settings& s) : facts_(wanted_facts(s)) {}

  [[nodiscard]] Requested requested() const override { return {.files = facts_, .buffers = {}}; }

  bool write(EveContext& eve, const FileRecord& r) const override {
    JsonWriter& out = eve.out;
    const EveTxWriter* const app = r.tx == nullptr ? nullptr : eve.app_writer(r.tx->protocol());
    const auto event = out.object();
    write_head(eve, r.head, "fileinfo");
    if (app != nullptr) app->write_in_alert(out, *r.tx);
    write_app_proto(out, r.app_proto);
    const auto file = out.object("fileinfo");
    write_file(out, *r.file, r.tx != nullptr ? r.tx->id : 0);
    return true;
  }

 private:
  FileFacts facts_;
};

}  // namespace

const EveType<FileRecord> eve_type_fileinfo{
    .name = "files", .event_type = "fileinfo", .make = make_writer<FileRecord, FileinfoWriter>};

}  // namespace weir::output
