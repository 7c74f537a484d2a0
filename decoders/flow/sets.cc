#include "decoders/flow/sets.h"

#include <algorithm>

namespace weir::flow {
namespace {

constexpr std::uint16_t kFirstData = 256;
constexpr std::uint16_t kV9Templates = 0, kV9Options = 1, kIpfixTemplates = 2, kIpfixOptions = 3;
constexpr std::uint16_t kEnterpriseBit = 0x8000;
constexpr std::size_t kSetHeaderBytes = 4, kMostPadding = 3;

bool is_padding(Bytes rest) {
  return rest.size() <= kMostPadding &&
         std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace

void SetReader::read(ByteCursor sets) {
  for (std::size_t i = 0; sets.remaining() >= kSetHeaderBytes; ++i) {
    if (i == kMaxSets) return count_over_limit();
    if (!read_set(sets)) return;
  }
}

bool SetReader::read_set(ByteCursor& sets) {
  const std::uint16_t number = sets.be16(), length = sets.be16();
  // Behind the last set NetFlow v9 may have zeros up to the next boundary that the exporter likes.
  if (number == 0 && length == 0 && dialect_ == Dialect::netflow9) return false;
  const ByteCursor set = length < kSetHeaderBytes ? ByteCursor{} : sets.sub(length - kSetHeaderBytes);
  if (length < kSetHeaderBytes || sets.failed()) {
    count_malformed();
    return false;
  }
  const bool is_v9 = dialect_ == Dialect::netflow9;
  if (number == (is_v9 ? kV9Templates : kIpfixTemplates))
    read_templates(set);
  else if (number == (is_v9 ? kV9Options : kIpfixOptions))
    read_options_templates(set);
  else if (number >= kFirstData)
    read_data(number, set.whole());
  return true;
}

void SetReader::read_templates(ByteCursor set) {
  for (std::size_t i = 0; set.remaining() >= 4; ++i) {
    if (i == kMaxTemplates) return count_over_limit();
    const std::uint16_t number = set.be16(), count = set.be16();
    if (number == 0 && count == 0) return;  // padding
    if (count == 0 && dialect_ == Dialect::ipfix) {
      withdraw(number, false);
      continue;
    }
    std::vector<FieldSpecifier> fields;
    if (number < kFirstData || !read_fields(set, count, fields)) return count_malformed();
    learn(number, {}, std::move(fields));
  }
}

// IPFIX counts fields, and those of the scope among them; NetFlow v9 counts the bytes of both apart.
void SetReader::read_options_templates(ByteCursor set) {
  for (std::size_t i = 0; set.remaining() >= 4; ++i) {
    if (i == kMaxTemplates) return count_over_limit();
    const std::uint16_t number = set.be16(), first = set.be16();
    if (number == 0 && first == 0) return;
    if (first == 0 && dialect_ == Dialect::ipfix) {
      withdraw(number, true);
      continue;
    }
    const std::uint16_t second = set.be16();
    std::size_t scopes = second, count = first;
    if (dialect_ == Dialect::netflow9) {
      scopes = first / 4U;
      count = scopes + second / 4U;
    }
    std::vector<FieldSpecifier> fields;
    if (number < kFirstData || scopes > count || !read_fields(set, count, fields)) return count_malformed();
    learn(number, {.of_options = true, .scopes = scopes}, std::move(fields));
  }
}

bool SetReader::read_fields(ByteCursor& set, std::size_t count, std::vector<FieldSpecifier>& out) const {
  if (count > kMaxFields || count * 4 > set.remaining()) return false;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    FieldSpecifier field{.number = set.be16(), .length = set.be16()};
    if (dialect_ == Dialect::ipfix && (field.number & kEnterpriseBit) != 0) {
      field.number &= static_cast<std::uint16_t>(~unsigned{kEnterpriseBit});
      field.enterprise = set.be32();
    }
    out.push_back(field);
  }
  return !set.failed();
}

void SetReader::learn(std::uint16_t number, TemplateUse use, std::vector<FieldSpecifier> fields) {
  Domain& domain = context_.domain;
  const TemplateKey key{dialect_, number};
  if (domain.templates.refresh(key, context_.port, use, fields, context_.received)) return;
  auto made = Template::make(dialect_, use, std::move(fields), context_.exporter.own_enterprise);
  if (made == nullptr) return count_malformed();
  if (context_.exporter.learn(domain, key, context_.port, std::move(made), context_.received))
    decode_held(key);
  else
    ++domain.account.over_limit;
}

void SetReader::decode_held(TemplateKey key) {
  context_.domain.forget_missing(key);
  for (const HeldSet& held : context_.exporter.held.take(context_.domain.id, key)) {
    MessageContext then = context_;
    then.port = held.port;
    then.facts = held.message;
    SetReader(then, dialect_).read_held(held);
    --context_.domain.account.no_template;
    context_.batch.flush();  // records may point into what was held
  }
}

void SetReader::read_held(const HeldSet& held) {
  read_data(held.key.number, held.body);
}

// A number in place of a template's means all of them: that of the set.
void SetReader::withdraw(std::uint16_t number, bool of_options) {
  const std::uint16_t all = of_options ? kIpfixOptions : kIpfixTemplates;
  if (number >= kFirstData) {
    context_.domain.templates.withdraw({dialect_, number}, context_.port);
  } else if (number != all) {
    count_malformed();
  } else if (!std::exchange(has_withdrawn_all_[of_options ? 1 : 0], true)) {
    context_.domain.templates.withdraw_all(dialect_, of_options, context_.port);
  }
}

void SetReader::read_data(std::uint16_t number, Bytes body) {
  const TemplateKey key{dialect_, number};
  const Template* const made = context_.domain.templates.find(key, context_.port);
  if (made == nullptr)
    hold(key, body);
  else if (made->use().of_options)
    read_option_records(*made, ByteCursor{body});
  else
    read_records(*made, number, ByteCursor{body});
}

void SetReader::hold(TemplateKey key, Bytes body) {
  Domain& domain = context_.domain;
  all_counted_ = false;
  ++domain.account.no_template;
  context_.exporter.held.add({.domain = domain.id,
                              .key = key,
                              .port = context_.port,
                              .received = context_.received,
                              .message = context_.facts,
                              .body = {}},
                             body);
  domain.note_missing(key, context_.received);
}

void SetReader::read_records(const Template& made, std::uint16_t number, ByteCursor body) {
  const ExporterSampling sampling(context_.exporter, context_.domain, number);
  RecordFiller filler(context_.batch, context_.facts, context_.domain.options, sampling,
                      context_.exporter.boot(context_.domain));
  // A record has at least one byte: the set's length is the limit.
  while (body.remaining() >= made.least_bytes() && !is_padding(body.peek(body.remaining()))) {
    filler.begin();
    if (!made.read(body, filler)) {
      filler.abandon();
      return count_malformed();
    }
    (void)filler.finish();
    ++context_.domain.account.records;
    ++records_;
  }
}

void SetReader::read_option_records(const Template& made, ByteCursor body) {
  context_.batch.flush();  // records may show names that are about to change
  while (body.remaining() >= made.least_bytes() && !is_padding(body.peek(body.remaining()))) {
    OptionRecord record;
    if (!made.read(body, record)) return count_malformed();
    if (context_.domain.id != 0) record.domain = 0;  // what another one says is of itself
    if (!context_.domain.options.learn(record)) ++context_.domain.account.over_limit;
    context_.exporter.says_sampling |= record.sampling.rate() != 0;
    ++context_.domain.account.options;
    ++records_;
  }
}

}  // namespace weir::flow
