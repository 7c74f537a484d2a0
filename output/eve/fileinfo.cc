#include "output/eve/common.h"
#include "output/eve_type.h"

namespace weir::output {
namespace {

class FileinfoWriter final : public EveWriter<FileRecord> {
 public:
  explicit FileinfoWriter(const Settings& s) : facts_(FileFacts::from(s)), xff_(XffOptions::of(s)) {}

  [[nodiscard]] Requested requested() const override { return {.files = facts_, .buffers = {}}; }

  bool write(EveContext& eve, const FileRecord& r) const override {
    JsonWriter& out = eve.out;
    const EveTxWriter* const app = r.tx == nullptr ? nullptr : eve.app_writer(r.tx->protocol());
    const ForwardedClient client = eve.client(xff_, r.tx);
    const auto event = out.object();
    write_head(eve, client.head(r.head, r.direction), "fileinfo");
    if (app != nullptr) app->write_in_fileinfo(out, *r.tx);
    write_app_proto(out, r.app_proto);
    {
      const auto file = out.object("fileinfo");
      write_file(out, *r.file, r.tx != nullptr ? r.tx->id : 0);
    }
    client.write(out);
    return true;
  }

 private:
  FileFacts facts_;
  std::optional<XffOptions> xff_;
};

}  // namespace

const EveType<FileRecord> eve_type_fileinfo{
    .name = "files", .event_type = "fileinfo", .make = make_writer<FileRecord, FileinfoWriter>};

}  // namespace weir::output
