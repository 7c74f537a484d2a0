// The member `email` of events of protocols that carry mails.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decoders/app/mime/mail.h"
#include "decoders/settings.h"
#include "output/json_writer.h"

namespace weir::output {

enum class MailFieldForm : std::uint8_t { one, list, addresses };

// What `custom` may ask for, by the names of the fields; `extended` alone asks for those that are marked.
struct MailField {
  std::string_view name;
  JsonKey key;
  MailFieldForm form = MailFieldForm::one;
  bool extended = false;
};
struct EmailOptions {
  std::vector<const MailField*> fields;
  bool subject_md5 = false, body_md5 = false;
};
// Of a protocol's entry in `types:`: extended, custom, md5.
EmailOptions read_email_options(const Settings& s);

void write_texts(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& texts);
void write_email(JsonWriter& out, const mime::Mail& mail, const EmailOptions& options);

}  // namespace weir::output
