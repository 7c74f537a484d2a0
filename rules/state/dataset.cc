#include "rules/state/dataset.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <random>

#include <xxhash.h>

namespace weir::rules {
namespace {

constexpr std::array<std::pair<std::string_view, DatasetType>, 5> kTypes{{{"string", DatasetType::string},
                                                                          {"md5", DatasetType::md5},
                                                                          {"sha256", DatasetType::sha256},
                                                                          {"ipv4", DatasetType::ipv4},
                                                                          {"ip", DatasetType::ip}}};

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

std::optional<DatasetType> dataset_type(std::string_view name) {
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

std::string_view dataset_type_name(DatasetType type) {
  for (const auto& [name, known] : kTypes)
    if (known == type) return name;
  return {};
}

std::size_t Dataset::KeyedHash::operator()(std::string_view value) const {
  return XXH3_64bits_withSeed(value.data(), value.size(), seed);
}

Dataset::Dataset(DatasetSource source)
    : source_(std::move(source)), values_(source_.hash_size, KeyedHash{random_seed()}) {}

bool Dataset::fits(std::size_t bytes) const {
  switch (source_.type) {
    case DatasetType::string: return bytes != 0 && bytes <= kMaxDatasetValue;
    case DatasetType::md5: return bytes == 16;
    case DatasetType::sha256: return bytes == 32;
    case DatasetType::ipv4: return bytes == 4;
    case DatasetType::ip: return bytes == 4 || bytes == 16;
  }
  return false;
}

bool Dataset::has_room(std::uint64_t bytes) const {
  return values_.size() < kMaxDatasetEntries &&
         (source_.memcap_bytes == 0 || bytes_ + bytes <= source_.memcap_bytes);
}

std::uint64_t Dataset::cost(std::string_view value, const Entry& entry) {
  return kDatasetEntryBytes + value.size() + (entry.context == nullptr ? 0 : entry.context->size());
}

bool Dataset::contains(std::string_view value) const {
  const std::shared_lock guard(lock_);
  return values_.find(value) != values_.end();
}

std::optional<std::uint16_t> Dataset::reputation(std::string_view value) const {
  const std::shared_lock guard(lock_);
  const auto found = values_.find(value);
  return found == values_.end() ? std::nullopt : std::optional(found->second.reputation);
}

bool Dataset::add(std::string_view value) {
  if (!fits(value.size())) return false;
  const std::unique_lock guard(lock_);
  const std::uint64_t bytes = cost(value, {});
  if (!has_room(bytes) || values_.find(value) != values_.end()) return false;
  values_.emplace(std::string(value), Entry{});
  bytes_ += bytes;
  return true;
}

Dataset::Put Dataset::put(std::string_view value, Facts facts) {
  if (!fits(value.size())) return Put::wrong_size;
  Entry entry{facts.reputation, facts.context.empty()
                                    ? nullptr
                                    : std::make_unique<const std::string>(std::move(facts.context))};
  const std::unique_lock guard(lock_);
  const std::uint64_t bytes = cost(value, entry);
  const auto found = values_.find(value);
  if (found != values_.end()) {
    bytes_ += bytes - cost(value, found->second);
    found->second = std::move(entry);
    return Put::was_there;
  }
  if (!has_room(bytes)) return Put::full;
  values_.emplace(std::string(value), std::move(entry));
  bytes_ += bytes;
  return Put::added;
}

bool Dataset::remove(std::string_view value) {
  const std::unique_lock guard(lock_);
  const auto found = values_.find(value);
  if (found == values_.end()) return false;
  bytes_ -= cost(value, found->second);
  values_.erase(found);
  return true;
}

void Dataset::clear() {
  const std::unique_lock guard(lock_);
  values_.clear();
  bytes_ = 0;
}

std::size_t Dataset::size() const {
  const std::shared_lock guard(lock_);
  return values_.size();
}

std::vector<std::pair<std::string, std::uint16_t>> Dataset::values() const {
  std::vector<std::pair<std::string, std::uint16_t>> out;
  {
    const std::shared_lock guard(lock_);
    out.reserve(values_.size());
    for (const auto& [value, entry] : values_) out.emplace_back(value, entry.reputation);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace weir::rules
