#include "output/eve/dns_fields.h"

#include <fmt/format.h>

#include "decoders/app/dns/types.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

using dns::Message;
using dns::Record;

void write_soa_fields(JsonWriter& out, const Message& m, const dns::Soa& soa) {
  out.bytes("mname", m.view(soa.mname));
  out.bytes("rname", m.view(soa.rname));
  out.number("serial", soa.serial);
  out.number("refresh", soa.refresh);
  out.number("retry", soa.retry);
  out.number("expire", soa.expire);
  out.number("minimum", soa.minimum);
}

void write_srv_fields(JsonWriter& out, const Message& m, const dns::Srv& srv) {
  out.number("priority", srv.priority);
  out.number("weight", srv.weight);
  out.number("port", srv.port);
  out.bytes("name", m.view(srv.target));
}

void write_sshfp_fields(JsonWriter& out, const Message& m, const dns::Sshfp& fp) {
  out.hex("fingerprint", as_bytes(m.view(fp.fingerprint)), ':');
  out.number("algo", fp.algorithm);
  out.number("type", fp.type);
}

// Data kept as bytes: addresses and NULL are shown, other types are not taken apart.
void write_plain_data(JsonWriter& out, std::uint16_t type, std::string_view raw) {
  if (raw.empty()) return;
  if (type == dns::type_null) return out.bytes("rdata", raw);
  if (type != dns::type_a && type != dns::type_aaaa) return;
  char buffer[40];
  if (const auto text = address_text(raw, buffer); !text.empty()) out.string("rdata", text);
}

void write_options(JsonWriter& out, const Message& m, const dns::EdnsOptions& options) {
  if (options.count == 0) return;
  const auto list = out.array("opt");
  for (std::uint32_t i = 0; i < options.count; ++i) {
    const dns::EdnsOption& option = m.options[options.first + i];
    const auto item = out.object();
    out.number("code", option.code);
    out.bytes("data", m.view(option.data));
  }
}

struct DataWriter {
  JsonWriter& out;
  const Message& m;
  const Record& r;
  Section section;

  void operator()(const dns::Slice& s) const { write_plain_data(out, r.type, m.view(s)); }
  void operator()(const dns::Name& n) const {
    out.bytes("rdata", m.view(n));
    if (n.cut && section == Section::authorities) out.boolean("rdata_truncated", true);
  }
  void operator()(const dns::Soa& soa) const {
    const auto object = out.object("soa");
    write_soa_fields(out, m, soa);
    if (soa.mname.cut && section == Section::authorities) out.boolean("mname_truncated", true);
  }
  void operator()(const dns::Srv& srv) const {
    const auto object = out.object("srv");
    write_srv_fields(out, m, srv);
  }
  void operator()(const dns::Sshfp& fp) const {
    const auto object = out.object("sshfp");
    write_sshfp_fields(out, m, fp);
  }
  void operator()(const dns::TxtStrings&) const {}  // written string by string
  void operator()(const dns::EdnsOptions& options) const {
    if (section == Section::additionals) write_options(out, m, options);
  }
};

void write_record_head(JsonWriter& out, const Message& m, const Record& r, Section section) {
  char digits[8];
  out.bytes("rrname", m.view(r.name));
  if (r.name.cut && section == Section::authorities) out.boolean("rrname_truncated", true);
  out.plain("rrtype", rrtype_text(r.type, digits));
  out.number("ttl", r.ttl);
}

// Each string of a TXT record is shown as a record of its own.
void write_txt(JsonWriter& out, const Message& m, const Record& r, const dns::TxtStrings& txt,
               Section section) {
  for (std::uint32_t i = 0; i < txt.count; ++i) {
    const auto item = out.object();
    write_record_head(out, m, r, section);
    out.bytes("rdata", m.view(m.strings[txt.first + i]));
  }
}

constexpr std::uint16_t kGroupedTypes[] = {dns::type_a,   dns::type_aaaa,  dns::type_cname, dns::type_ns,
                                           dns::type_mx,  dns::type_null,  dns::type_ptr,   dns::type_soa,
                                           dns::type_srv, dns::type_sshfp, dns::type_txt};

struct ItemWriter {
  JsonWriter& out;
  const Message& m;
  const Record& r;

  void operator()(const dns::Slice& s) const {
    const std::string_view raw = m.view(s);
    char buffer[40];
    if (r.type == dns::type_null && !raw.empty()) return out.bytes_item(raw);
    if (r.type != dns::type_a && r.type != dns::type_aaaa) return;
    if (const auto text = address_text(raw, buffer); !text.empty()) out.string(text);
  }
  void operator()(const dns::Name& n) const { out.bytes_item(m.view(n)); }
  void operator()(const dns::Soa& soa) const {
    const auto item = out.object();
    write_soa_fields(out, m, soa);
  }
  void operator()(const dns::Srv& srv) const {
    const auto item = out.object();
    write_srv_fields(out, m, srv);
  }
  void operator()(const dns::Sshfp& fp) const {
    const auto item = out.object();
    write_sshfp_fields(out, m, fp);
  }
  void operator()(const dns::TxtStrings& txt) const {
    for (std::uint32_t i = 0; i < txt.count; ++i) out.bytes_item(m.view(m.strings[txt.first + i]));
  }
  void operator()(const dns::EdnsOptions&) const {}
};

void write_group(JsonWriter& out, const Message& m, std::uint16_t type) {
  const std::size_t before = out.mark();
  {
    const auto list = out.array(dns::type_name(type));
    for (const Record& r : m.answers) {
      if (out.is_over_limit()) break;
      if (r.type == type) std::visit(ItemWriter{out, m, r}, r.data);
    }
  }
  out.drop_if_empty(before);
}

}  // namespace

void write_rrname(JsonWriter& out, const Message& m, const dns::Name& name) {
  out.bytes("rrname", m.view(name));
  if (name.cut) out.boolean("rrname_truncated", true);
}

std::string_view rrtype_text(std::uint16_t type, char (&digits)[8]) {
  if (const auto name = dns::type_name(type); !name.empty()) return name;
  return {digits, static_cast<std::size_t>(fmt::format_to(digits, "{}", type) - digits)};
}

std::string_view address_text(std::string_view raw, char (&buffer)[40]) {
  const Bytes b = as_bytes(raw);
  char* end = buffer;
  if (b.size() == 4) {
    end = fmt::format_to(end, "{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
  } else if (b.size() == 16) {
    for (std::size_t i = 0; i < 16; i += 2)
      end = fmt::format_to(end, "{}{:02x}{:02x}", i == 0 ? "" : ":", b[i], b[i + 1]);
  }
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

void write_flags(JsonWriter& out, const dns::Header& h) {
  char digits[8];
  out.plain("flags", {digits, static_cast<std::size_t>(fmt::format_to(digits, "{:x}", h.flags) - digits)});
  if (h.is_response()) out.boolean("qr", true);
  if (h.authoritative()) out.boolean("aa", true);
  if (h.truncated()) out.boolean("tc", true);
  if (h.recursion_desired()) out.boolean("rd", true);
  if (h.recursion_available()) out.boolean("ra", true);
  if (h.reserved()) out.boolean("z", true);
}

void write_rcode(JsonWriter& out, const dns::Header& h) {
  char digits[8];
  const std::string_view name = dns::rcode_name(h.rcode());
  out.string("rcode", name.empty()
                          ? std::string_view{digits, static_cast<std::size_t>(
                                                         fmt::format_to(digits, "{}", h.rcode()) - digits)}
                          : name);
}

void write_records(JsonWriter& out, JsonKey key, const Message& m, const SlabVector<Record>& records,
                   Section section) {
  const std::size_t before = out.mark();
  {
    const auto list = out.array(key);
    for (const Record& r : records) {
      if (out.is_over_limit()) break;
      if (const auto* txt = std::get_if<dns::TxtStrings>(&r.data)) {
        write_txt(out, m, r, *txt, section);
        continue;
      }
      const auto item = out.object();
      write_record_head(out, m, r, section);
      std::visit(DataWriter{out, m, r, section}, r.data);
    }
  }
  out.drop_if_empty(before);
}

void write_grouped(JsonWriter& out, const Message& m) {
  if (m.answers.empty()) return;
  const auto groups = out.object("grouped");
  for (const std::uint16_t type : kGroupedTypes) write_group(out, m, type);
}

}  // namespace weir::output
