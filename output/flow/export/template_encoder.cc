#include "output/flow/export/template_encoder.h"

#include <algorithm>
#include <utility>

namespace weir::output {
namespace {

constexpr std::size_t kNetflow9Header = 20, kIpfixHeader = 16, kSetHeader = 4, kTemplateHeader = 4;
constexpr std::size_t kOptionHeader = 6;       // of a template of options
constexpr std::size_t kAlignment = 4;          // of the sets of NetFlow v9
constexpr std::size_t kMostSpecifiers = 2048;  // bytes

// An uptime is 49 days at most, and begins a day before the first flow did, so that it wraps as seldom as it can.
constexpr std::uint64_t kBootBeforeMs = 86'400'000;

// Labels are those of the flow's first packet: what came back had others.
bool has_labels(const FlowWay& way) {
  return way.is_reply() == way.detail().reversed;
}

// Events of firewalls and translation count no packets: they are records of what their source began.
bool has_reply_alone(const flow::Record& r) {
  return r.sides[0].packets == 0 && r.sides[1].packets != 0;
}

}  // namespace

std::size_t least_mtu_for_all(const ExportSettings& settings) {
  const bool is_v9 = settings.format == ExportFormat::netflow9;
  const WireDialect dialect{.variable_texts = !is_v9, .enterprise = is_v9 ? 0 : settings.enterprise};
  const RecordShape shape{.is_v6 = true,
                          .kind = FlowKind::tcp,
                          .is_wide = true,
                          .is_biflow = settings.format == ExportFormat::ipfix_biflow,
                          .has_interfaces = true,
                          .has_vlan = true,
                          .has_macs = true,
                          .has_application = true,
                          .has_host = !is_v9,
                          .has_packet_facts = true,
                          .has_own = dialect.enterprise != 0,
                          .has_customer_vlan = true,
                          .mpls_labels = RecordShape::kMostLabels,
                          .tunnel = TunnelFields::segment,
                          .nat = NatFields::v6};
  flow::Detail detail;
  flow::Record record;
  record.source.family = record.destination.family = 6;
  record.detail = &detail;
  std::vector<std::uint8_t> specifiers(kMostSpecifiers);
  TemplateOut out(specifiers.data(), dialect);
  visit_fields(out, shape, {record, Direction::to_server, {}}, {});
  LengthOut data(dialect);
  visit_fields(data, shape, {record, Direction::to_server, {}}, {});
  const auto described = static_cast<std::size_t>(out.end() - specifiers.data()) + kTemplateHeader;
  return std::max(described, data.bytes()) + (is_v9 ? kNetflow9Header : kIpfixHeader) + kSetHeader +
         kAlignment - 1;
}

TemplateEncoder::TemplateEncoder(const ExportSettings& settings, std::span<const InterfaceName> interfaces,
                                 MessageTaker& to)
    : settings_(settings),
      interfaces_(interfaces),
      to_(to),
      is_v9_(settings.format == ExportFormat::netflow9),
      keeps_all_(settings.target.transport != ExportTarget::Transport::udp),
      header_bytes_(is_v9_ ? kNetflow9Header : kIpfixHeader),
      dialect_{.variable_texts = !is_v9_, .enterprise = is_v9_ ? 0 : settings.enterprise},
      limits_{.biflow = settings.format == ExportFormat::ipfix_biflow,
              .texts = !is_v9_,
              .own = dialect_.enterprise != 0},
      buffer_(settings.mtu),
      size_(header_bytes_),
      option_templates_(kOptionKinds),
      by_shape_(kShapeNumbers) {
  for (std::size_t i = 0; i < kOptionKinds; ++i) {
    Template& t = option_templates_[i];
    t.id = static_cast<std::uint16_t>(kFirstOptionTemplate + i);
    t.specifiers.resize(kMostSpecifiers);
    TemplateOut out(t.specifiers.data() + kOptionHeader, dialect_);
    visit_option(out, static_cast<OptionKind>(i), is_v9_, {.method = settings.sampling, .name = {}});
    const unsigned fields = out.fields();
    std::uint8_t* at = put_be(t.specifiers.data(), t.id, 2);
    at = put_be(at, is_v9_ ? kOptionScopes * kTemplateHeader : fields, 2);
    (void)put_be(at, is_v9_ ? (fields - kOptionScopes) * kTemplateHeader : kOptionScopes, 2);
    t.specifiers.resize(static_cast<std::size_t>(out.end() - t.specifiers.data()));
  }
  templates_.reserve(kMostTemplates);
}

// --- records

void TemplateEncoder::add(const flow::Record& record, TimeUs now) {
  if (record.source.family == 0) return;
  if (!boot_ms_) {
    const TimeUs first = has_reply_alone(record) ? record.sides[1].first : record.sides[0].first;
    const std::uint64_t ms = to_ms(first) / 1000 * 1000;
    boot_ms_ = ms > kBootBeforeMs ? ms - kBootBeforeMs : 0;
  }
  note_sampling(record.sampling, now);
  if (is_due(now)) say_all(now);
  const InterfacePair interfaces = interfaces_of(record, interfaces_);
  Plan plan = this->plan(record, interfaces, now);
  const bool has_reply = record.sides[1].packets != 0;
  if (!has_reply_alone(record)) add_way(plan, {record, Direction::to_server, interfaces}, now);
  if (has_reply && !plan.shape.is_biflow) add_way(plan, {record, Direction::to_client, interfaces}, now);
}

TemplateEncoder::Plan TemplateEncoder::plan(const flow::Record& record, const InterfacePair& interfaces,
                                            TimeUs now) {
  Plan out{.shape = shape_of(record, interfaces, limits_),
           .context = {.is_v9 = is_v9_, .boot_ms = *boot_ms_}};
  if (out.shape.has_application) out.context.application_id = application_number(record, now);
  choose_template(out, {record, Direction::to_server});
  return out;
}

// When there are too many, records do without what they can do without; room is kept for the templates of those.
void TemplateEncoder::choose_template(Plan& plan, const FlowWay& way) {
  constexpr std::size_t kPlainShapes = 4 * 2 * 2 * 3;  // of several flows: always wide
  std::uint16_t number = plan.shape.number();
  if (const RecordShape plain = plan.shape.plain();
      by_shape_[number] == 0 && templates_.size() + kPlainShapes >= kMostTemplates) {
    plan.shape = plain;
    number = plain.number();
  }
  std::uint16_t& index = by_shape_[number];
  if (index == 0) {
    templates_.emplace_back();
    index = static_cast<std::uint16_t>(templates_.size());
    templates_.back().id = static_cast<std::uint16_t>(kFirstRecordTemplate + number);
    describe(templates_.back(), plan, way);
  }
  plan.as = &templates_[index - 1U];
}

void TemplateEncoder::describe(Template& t, const Plan& plan, const FlowWay& way) const {
  t.specifiers.resize(kMostSpecifiers);
  TemplateOut out(t.specifiers.data() + kTemplateHeader, dialect_);
  visit_fields(out, plan.shape, way, plan.context);
  (void)put_be(put_be(t.specifiers.data(), t.id, 2), out.fields(), 2);
  t.specifiers.resize(static_cast<std::size_t>(out.end() - t.specifiers.data()));
  LengthOut whole(dialect_);
  visit_fields(whole, plan.shape, way, plan.context);
  TextOut texts;
  visit_fields(texts, plan.shape, way, plan.context);
  t.bytes = whole.bytes() - texts.bytes();
}

void TemplateEncoder::add_way(Plan plan, const FlowWay& way, TimeUs now) {
  if (plan.shape.mpls_labels != 0 && !plan.shape.is_biflow && !has_labels(way)) {
    plan.shape.mpls_labels = 0;
    choose_template(plan, way);
  }
  if (put(plan, way, now)) return;
  if (plan.shape.has_own) {
    plan.shape.drop_own();
    choose_template(plan, way);
    if (put(plan, way, now)) return;
  }
  plan.shape = plan.shape.plain();
  choose_template(plan, way);
  if (!put(plan, way, now)) ++counters_.left_out_large;
}

// False: it is longer than a message, and so is nothing of it written.
bool TemplateEncoder::put(const Plan& plan, const FlowWay& way, TimeUs now) {
  TextOut texts;
  visit_fields(texts, plan.shape, way, plan.context);
  Template& t = *plan.as;
  const std::size_t bytes = t.bytes + texts.bytes();
  const std::size_t most = settings_.mtu - header_bytes_ - kSetHeader - (kAlignment - 1);
  if (std::max(bytes, t.specifiers.size()) > most) return false;
  t.is_used = true;
  if (!t.is_said) say(t, now);
  DataOut out(reserve(t.id, bytes, now), dialect_);
  visit_fields(out, plan.shape, way, plan.context);
  ++flows_.records;
  flows_.add(way.side());
  if (plan.shape.is_biflow) flows_.add(way.other_side());
  ++data_records_;
  ++all_records_;
  return true;
}

// --- templates and options

bool TemplateEncoder::is_due(TimeUs now) const {
  return due_ || now - said_at_ >= TimeUs{settings_.template_seconds} * 1'000'000 ||
         (!keeps_all_ && messages_since_ >= settings_.template_messages);
}

void TemplateEncoder::say_all(TimeUs now) {
  const bool whole = due_ || !keeps_all_;
  due_ = false;
  said_at_ = now;
  if (whole) {
    if (keeps_all_) flush(now);
    for (Template& t : option_templates_) t.is_said = false;
    for (Template& t : templates_) t.is_said = false;
    for (Template& t : templates_)
      if (t.is_used) say(t, now);
  }
  say_options(now);
  messages_since_ = 0;
}

void TemplateEncoder::say(Template& t, TimeUs now) {
  const bool is_option = t.id < kFirstRecordTemplate;
  if (keeps_all_) flush(now);
  std::uint8_t* const at =
      reserve(is_option ? option_template_set() : template_set(), t.specifiers.size(), now);
  std::copy(t.specifiers.begin(), t.specifiers.end(), at);
  ++all_records_;
  t.is_said = true;
  if (keeps_all_) finish(now, true);
}

OptionValues TemplateEncoder::option_values() const {
  return {.domain = settings_.domain,
          .sampling = sampling_,
          .method = settings_.sampling,
          .facts = to_.facts(),
          .number = 0,
          .name = {}};
}

void TemplateEncoder::say_options(TimeUs now) {
  OptionValues values = option_values();
  for (std::size_t i = 0; i < kOptionKinds; ++i) {
    const auto kind = static_cast<OptionKind>(i);
    if (kind == OptionKind::interface_name) {
      for (const InterfaceName& interface : interfaces_) {
        values.number = interface.number;
        values.name = interface.name;
        say_option(kind, values, now);
      }
    } else if (kind == OptionKind::application_name) {
      for (const ApplicationNumbers::Entry& application : applications_.all()) {
        values.number = application.number;
        values.name = application.name;
        say_option(kind, values, now);
      }
    } else {
      say_option(kind, values, now);
    }
  }
}

void TemplateEncoder::say_option(OptionKind kind, const OptionValues& values, TimeUs now) {
  if (is_v9_ && kind == OptionKind::selector) return;
  Template& t = option_templates_[static_cast<std::size_t>(kind)];
  if (!t.is_said) say(t, now);
  LengthOut length(dialect_);
  visit_option(length, kind, is_v9_, values);
  DataOut out(reserve(t.id, length.bytes(), now), dialect_);
  visit_option(out, kind, is_v9_, values);
  ++data_records_;
  ++all_records_;
}

void TemplateEncoder::note_sampling(std::uint32_t rate, TimeUs now) {
  rate = std::max(rate, 1U);
  if (rate == sampling_) return;
  sampling_ = rate;
  if (due_) return;
  const OptionValues values = option_values();
  say_option(OptionKind::sampling, values, now);
  say_option(OptionKind::selector, values, now);
}

std::uint32_t TemplateEncoder::application_number(const flow::Record& record, TimeUs now) {
  const flow::Detail& d = *record.detail;
  if (d.application_id != 0) return static_cast<std::uint32_t>(d.application_id);
  const std::size_t before = applications_.all().size();
  const std::uint32_t number = applications_.of(d.application);
  if (applications_.all().size() != before) {
    OptionValues values = option_values();
    values.number = number;
    values.name = d.application;
    say_option(OptionKind::application_name, values, now);
  }
  return number;
}

// --- messages

// Room for a record of that set, in the next message if need be. The record fits into one.
std::uint8_t* TemplateEncoder::reserve(std::uint16_t set, std::size_t bytes, TimeUs now) {
  const bool is_open = set_begin_ != 0 && set_ == set;
  const std::size_t padding = kAlignment - 1;
  if (size_ + (is_open ? 0 : padding + kSetHeader) + bytes + padding > settings_.mtu && !is_empty())
    finish(now, false);
  if (set_begin_ == 0 || set_ != set) {
    close_set();
    set_begin_ = size_;
    set_ = set;
    (void)put_be(buffer_.data() + size_, set, 2);
    size_ += kSetHeader;
  }
  std::uint8_t* const at = buffer_.data() + size_;
  size_ += bytes;
  return at;
}

void TemplateEncoder::close_set() {
  if (set_begin_ == 0) return;
  while (is_v9_ && (size_ - set_begin_) % kAlignment != 0) buffer_[size_++] = 0;
  (void)put_be(buffer_.data() + set_begin_ + 2, size_ - set_begin_, 2);
  set_begin_ = 0;
}

void TemplateEncoder::put_header(TimeUs now) {
  std::uint8_t* at = buffer_.data();
  const std::uint64_t now_ms = to_ms(now);
  if (is_v9_) {
    // The header has whole seconds: those that no flow of it is behind.
    const std::uint64_t seconds = (now_ms + 999) / 1000;
    at = put_be(put_be(at, 9, 2), all_records_, 2);
    at = put_be(at, seconds * 1000 - boot_ms_.value_or(0), 4);
    at = put_be(at, seconds, 4);
  } else {
    at = put_be(put_be(at, 10, 2), size_, 2);
    at = put_be(at, now_ms / 1000, 4);
  }
  (void)put_be(put_be(at, sequence_, 4), settings_.domain, 4);
}

void TemplateEncoder::finish(TimeUs now, bool is_head) {
  close_set();
  put_header(now);
  ++messages_since_;
  sequence_ += is_v9_ ? 1 : data_records_;
  const ExportMessage message{.bytes = std::span(buffer_).first(size_),
                              .flows = flows_,
                              .data_records = data_records_,
                              .is_head = is_head};
  size_ = header_bytes_;
  flows_ = {};
  data_records_ = all_records_ = 0;
  to_.message(message);
}

void TemplateEncoder::flush(TimeUs now) {
  if (!is_empty()) finish(now, false);
}

void TemplateEncoder::begin_session(TimeUs now) {
  sequence_ = 0;
  due_ = true;
  if (!keeps_all_) return;
  say_all(now);
  flush(now);
}

void TemplateEncoder::end_session(TimeUs now) {
  if (!due_) say_options(now);
  flush(now);
}

}  // namespace weir::output
