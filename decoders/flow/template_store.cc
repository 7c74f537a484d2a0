#include "decoders/flow/template_store.h"

#include <algorithm>

namespace weir::flow {

bool TemplateStore::charge(std::size_t bytes) {
  if (!budget_.take(bytes)) return false;
  charged_ += bytes;
  return true;
}

void TemplateStore::credit(std::size_t bytes) {
  budget_.give(bytes);
  charged_ -= bytes;
}

TemplateStore::Entries::iterator TemplateStore::find_entry(TemplateKey key) {
  const auto found = by_key_.find(key.packed());
  if (found == by_key_.end()) return entries_.end();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second;
}

bool TemplateStore::learn(TemplateKey key, std::uint16_t port, std::shared_ptr<const Template> made,
                          TimeUs now) {
  const std::size_t bytes = made->memory_bytes();
  auto entry = find_entry(key);
  if (!charge(bytes + (entry == entries_.end() ? kEntryBytes : 0))) return false;
  if (entry == entries_.end()) {
    entries_.push_front({key, {}});
    entry = entries_.begin();
    by_key_[key.packed()] = entry;
    ++total_;
  }
  auto& ports = entry->ports;
  auto old = std::find_if(ports.begin(), ports.end(), [&](const OfPort& one) { return one.port == port; });
  if (old == ports.end() && ports.size() == kMaxPortsOfTemplate) old = ports.begin();
  if (old != ports.end()) {
    credit(old->made->memory_bytes());
    ports.erase(old);
  }
  ports.push_back({port, std::move(made), now});
  return true;
}

bool TemplateStore::refresh(TemplateKey key, std::uint16_t port, const TemplateUse& use,
                            std::span<const FieldSpecifier> fields, TimeUs now) {
  const auto entry = find_entry(key);
  if (entry == entries_.end()) return false;
  auto& ports = entry->ports;
  const auto known = std::find_if(ports.begin(), ports.end(), [&](const OfPort& one) {
    return one.port == port && one.made->use() == use &&
           std::equal(fields.begin(), fields.end(), one.made->fields().begin(), one.made->fields().end());
  });
  if (known == ports.end()) return false;
  known->learned = now;
  std::rotate(known, known + 1, ports.end());
  return true;
}

const Template* TemplateStore::find(TemplateKey key, std::uint16_t port) {
  const auto entry = find_entry(key);
  if (entry == entries_.end()) return nullptr;
  for (const OfPort& one : entry->ports)
    if (one.port == port) return one.made.get();
  return entry->ports.back().made.get();
}

void TemplateStore::erase(Entries::iterator entry) {
  by_key_.erase(entry->key.packed());
  entries_.erase(entry);
  --total_;
  credit(kEntryBytes);
}

template <class Fits>
void TemplateStore::erase_ports(Entries::iterator entry, Fits fits) {
  std::erase_if(entry->ports, [&](const OfPort& one) {
    if (!fits(one)) return false;
    credit(one.made->memory_bytes());
    return true;
  });
  if (entry->ports.empty()) erase(entry);
}

void TemplateStore::withdraw(TemplateKey key, std::uint16_t port) {
  const auto entry = find_entry(key);
  if (entry == entries_.end()) return;
  const auto& ports = entry->ports;
  const bool has_own =
      std::any_of(ports.begin(), ports.end(), [&](const OfPort& one) { return one.port == port; });
  const std::uint16_t whose = has_own ? port : ports.back().port;
  erase_ports(entry, [&](const OfPort& one) { return one.port == whose; });
}

void TemplateStore::withdraw_all(Dialect dialect, bool of_options, std::uint16_t port) {
  std::vector<TemplateKey> keys;
  for (const Entry& entry : entries_)
    if (entry.key.dialect == dialect && entry.ports.back().made->use().of_options == of_options)
      keys.push_back(entry.key);
  for (const TemplateKey key : keys) withdraw(key, port);
}

void TemplateStore::expire(TimeUs before) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    erase_ports(entry, [&](const OfPort& one) { return one.learned < before; });
    entry = next;
  }
}

bool TemplateStore::drop_oldest() {
  if (entries_.empty()) return false;
  erase_ports(std::prev(entries_.end()), [](const OfPort&) { return true; });
  return true;
}

}  // namespace weir::flow
