#include "rules/state/dataset.h"

#include <mutex>
#include <random>

#include <fmt/format.h>
#include <xxhash.h>

#include "decoders/base64.h"
#include "decoders/text.h"
#include "decoders/text_file.h"
#include "rules/compile/rule_builder.h"
#include "rules/values/address_set.h"

namespace weir::rules {
namespace {

constexpr std::size_t kInitialBuckets = 64;

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

std::optional<std::string> decode_base64_value(std::string_view text) {
  std::string out;
  decode_base64(as_bytes(text), out, Base64Mode::strict);
  return out.empty() && !text.empty() ? std::nullopt : std::optional(std::move(out));
}

// IPv4 as 4 bytes also when it is written as an IPv6 address.
std::optional<std::string> decode_address(std::string_view text, bool only_v4) {
  const auto address = parse_address(text);
  if (!address) return std::nullopt;
  const auto* const bytes = reinterpret_cast<const char*>(address->bytes.data());
  static constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (address->family == 4) return std::string(bytes, 4);
  if (only_v4) return std::nullopt;
  if (std::string_view(bytes, 12) == kMapped) return std::string(bytes + 12, 4);
  return std::string(bytes, 16);
}

}  // namespace

std::optional<DatasetType> dataset_type(std::string_view name) {
  if (name == "string") return DatasetType::string;
  if (name == "md5") return DatasetType::md5;
  if (name == "sha256") return DatasetType::sha256;
  if (name == "ipv4") return DatasetType::ipv4;
  if (name == "ip") return DatasetType::ip;
  return std::nullopt;
}

std::size_t Dataset::KeyedHash::operator()(std::string_view value) const {
  return XXH3_64bits_withSeed(value.data(), value.size(), seed);
}

Dataset::Dataset(DatasetType type) : type_(type), values_(kInitialBuckets, KeyedHash{random_seed()}) {}

bool Dataset::fits(std::size_t bytes) const {
  switch (type_) {
    case DatasetType::string: return bytes <= kMaxDatasetValue;
    case DatasetType::md5: return bytes == 16;
    case DatasetType::sha256: return bytes == 32;
    case DatasetType::ipv4: return bytes == 4;
    case DatasetType::ip: return bytes == 4 || bytes == 16;
  }
  return false;
}

std::optional<std::string> Dataset::decode(std::string_view text) const {
  switch (type_) {
    case DatasetType::string: return decode_base64_value(text);
    case DatasetType::md5:
    case DatasetType::sha256: return parse_hex(text);
    case DatasetType::ipv4: return decode_address(text, true);
    case DatasetType::ip: return decode_address(text, false);
  }
  return std::nullopt;
}

Compiled Dataset::load(std::string_view text, bool with_reputation) {
  const std::unique_lock guard(lock_);
  std::size_t line_number = 0;
  while (!text.empty()) {
    const std::string_view line = trim(cut(text, '\n'));
    ++line_number;
    if (line.empty() || line[0] == '#') continue;
    std::string_view rest = line;
    const std::string_view written = with_reputation ? trim(cut(rest, ',')) : line;
    auto value = decode(written);
    if (!value || !fits(value->size()))
      return refuse(fmt::format("line {} is no value of the set's type", line_number), line);
    std::uint16_t reputation = 0;
    if (with_reputation) {
      const auto number = parse_number<std::uint16_t>(trim(rest));
      if (!number) return refuse(fmt::format("line {} has no reputation from 0 to 65535", line_number), line);
      reputation = *number;
    }
    if (values_.size() == kMaxDatasetEntries)
      return refuse(fmt::format("more than {} values", kMaxDatasetEntries));
    values_.insert_or_assign(std::move(*value), reputation);
  }
  return {};
}

bool Dataset::contains(std::string_view value) const {
  const std::shared_lock guard(lock_);
  return values_.find(value) != values_.end();
}

std::optional<std::uint16_t> Dataset::reputation(std::string_view value) const {
  const std::shared_lock guard(lock_);
  const auto found = values_.find(value);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

bool Dataset::add(std::string_view value) {
  if (value.empty() || !fits(value.size())) return false;
  const std::unique_lock guard(lock_);
  if (values_.size() == kMaxDatasetEntries || values_.find(value) != values_.end()) return false;
  values_.emplace(std::string(value), std::uint16_t{0});
  return true;
}

bool Dataset::remove(std::string_view value) {
  const std::unique_lock guard(lock_);
  const auto found = values_.find(value);
  if (found == values_.end()) return false;
  values_.erase(found);
  return true;
}

tl::expected<std::string, KeywordError> read_data_file(RuleBuilder& rule, std::string_view name) {
  rule.signature().has_outside_parts = true;
  const std::string& data_dir = rule.environment().data_dir;
  if (data_dir.empty()) return refuse("there is no data directory to read it from", name);
  if (name.empty() || name[0] == '/') return refuse("must be a name below the data directory", name);
  for (const std::string_view part : split(name, '/'))
    if (part == "..") return refuse("must not lead out of the data directory", name);
  auto text = read_text_file(fmt::format("{}/{}", data_dir, name), kMaxDatasetFile);
  if (!text) return refuse("the file " + text.error(), name);
  return std::move(*text);
}

}  // namespace weir::rules
