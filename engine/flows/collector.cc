#include "engine/flows/collector.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <xxhash.h>

#include "decoders/replace_file.h"
#include "decoders/text_file.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

constexpr TimeUs kSecondUs = 1'000'000, kAccountsEvery = 10 * kSecondUs, kStateEvery = 60 * kSecondUs;
constexpr std::size_t kMostStateBytes = std::size_t{256} << 20U;
constexpr mode_t kStateFileMode = 0640;

std::string state_file(const std::string& folder) {
  return folder + "/flow-exporters";
}

std::string who(const IpAddress& exporter, std::uint32_t domain) {
  return fmt::format("exporter {} domain {}", output::exporter_name(exporter), domain);
}

bool is_same(const flow::Account& a, const flow::Account& b) {
  return a.messages == b.messages && a.malformed == b.malformed && a.no_template == b.no_template &&
         a.lost == b.lost && a.over_limit == b.over_limit;
}

std::string seconds_text(TimeUs time) {
  output::TimestampFormatter times;
  std::string out(output::TimestampFormatter::kIsoBytes, '\0');
  times.iso(time, out.data());
  return out;
}

}  // namespace

tl::expected<std::unique_ptr<Collector>, std::string> Collector::open(const CollectorSettings& settings,
                                                                      TimeUs now,
                                                                      flow::RecordConsumer* instead,
                                                                      RecordJudge* judge,
                                                                      flow::RecordConsumer* also) {
  std::unique_ptr<Collector> out(new Collector(settings));
  if (!settings.store.folder.empty()) {
    auto store = output::StoreWriter::open(settings.store);
    if (!store) return tl::unexpected("--store " + store.error());
    out->store_ = std::move(*store);
  }
  flow::RecordConsumer* consumer = out->store_ != nullptr ? out->store_.get() : instead;
  if (out->store_ != nullptr && also != nullptr) consumer = &out->both_.emplace(*out->store_, *also);
  if (judge != nullptr) {
    judge->hand_on_to(*consumer);
    consumer = out->judge_ = judge;
  }
  out->consumer_ = consumer;
  out->decoder_.emplace(*consumer, flow::kMaxStateBytes, settings.enterprise);
  out->run_ = static_cast<std::uint64_t>(now);
  if (auto loaded = out->load_state(now); !loaded) return tl::unexpected(loaded.error());
  return out;
}

bool Collector::is_allowed(const IpAddress& exporter) const {
  return settings_.allowed.empty() ||
         std::any_of(settings_.allowed.begin(), settings_.allowed.end(),
                     [&](const IpNetwork& network) { return network.contains(exporter); });
}

void Collector::datagram(const flow::Source& source, TimeUs received, Bytes bytes) {
  ++datagrams_;
  if (source.address.family != 0 && !is_allowed(source.address)) {
    ++refused_;
    return;
  }
  decoder_->datagram(source, received, bytes);
}

void Collector::tick(TimeUs now) {
  if (store_ != nullptr) store_->tick(now);
  if (judge_ != nullptr) judge_->tick(now);
  if (now >= next_accounts_) {
    next_accounts_ = now + kAccountsEvery;
    write_accounts();
    look_for_losses(now, false);
  }
  if (now < next_state_) return;
  next_state_ = now + kStateEvery;
  decoder_->tick(now);
  save_state();
}

void Collector::finish(TimeUs now) {
  write_accounts();
  look_for_losses(now, true);
  save_state();
  if (store_ != nullptr) store_->close();
  tell_store_problems();
}

void Collector::tell_store_problems() {
  if (store_ == nullptr) return;
  for (const std::string& problem : store_->take_problems()) notice("--store " + problem);
  for (const std::string& note : store_->take_notes()) notice("--store " + note);
}

// Only those that have changed since they were written.
void Collector::write_accounts() {
  if (store_ == nullptr) return;
  std::vector<output::ExporterAccount> changed;
  std::map<AccountKey, flow::Account> all;
  decoder_->for_each_account(
      [&](const IpAddress& exporter, std::optional<std::uint32_t> domain, const flow::Account& account) {
        const AccountKey key{exporter, domain};
        const auto before = written_accounts_.find(key);
        if (before == written_accounts_.end() || !is_same(before->second, account))
          changed.push_back({run_, exporter, domain, account});
        all.emplace(key, account);
      });
  for (const auto& [key, account] : written_accounts_)
    if (!all.contains(key)) changed.push_back({run_, key.first, key.second, {}});
  written_accounts_ = std::move(all);
  store_->write(changed);
}

void Collector::look_for_losses(TimeUs now, bool is_last) {
  std::size_t events = 0;  // a sender can make up any number of domains
  for (const ExportGap& gap : losses_.gaps(*decoder_, now, is_last)) {
    if (judge_ != nullptr && events++ < kMostNotices) judge_->gap(gap, now);
    notice(fmt::format("{}: {} {} lost on their way", who(gap.exporter, gap.domain), gap.lost,
                       lost_unit(gap.version)));
  }
  for (const TemplateAwaited& a : losses_.awaited(*decoder_, now, is_last))
    notice(fmt::format("{}: template {} has not come, {} sets of data wait or had to go since {}",
                       who(a.exporter, a.domain), a.number, a.missing.sets, seconds_text(a.missing.since)));
  if (const std::uint64_t refused = refused_ - std::exchange(told_refused_, refused_); refused != 0)
    notice(fmt::format("{} datagrams came from others than those of --allow", refused));
  const std::uint64_t lost_records = store_ != nullptr ? store_->records_lost() : 0;
  if (const std::uint64_t n = lost_records - std::exchange(told_records_lost_, lost_records); n != 0)
    notice(fmt::format("{} records could not be written: {}", n, store_->problem()));
  tell_store_problems();
}

void Collector::notice(std::string text) {
  if (notices_.size() < kMostNotices)
    notices_.push_back(std::move(text));
  else
    ++notices_left_out_;
}

std::vector<std::string> Collector::take_notices() {
  if (const std::size_t more = std::exchange(notices_left_out_, 0); more != 0)
    notices_.push_back(fmt::format("and {} more such lines", more));
  return std::exchange(notices_, {});
}

tl::expected<void, std::string> Collector::load_state(TimeUs now) {
  if (settings_.state.empty()) return {};
  std::error_code error;
  fs::create_directories(settings_.state, error);
  if (error) return tl::unexpected(fmt::format("--state {}: {}", settings_.state, error.message()));
  const std::string path = state_file(settings_.state);
  if (!fs::exists(path, error)) return {};
  const auto text = read_text_file(path, kMostStateBytes);
  if (!text) return tl::unexpected(fmt::format("--state {}: {}", path, text.error()));
  if (const std::size_t wrong = decoder_->load(*text, now); wrong != 0)
    notice(fmt::format("{}: {} lines are wrong, or had no room, and were passed over", path, wrong));
  return {};
}

// Only when it is another one than the last; nothing but its hash is kept.
void Collector::save_state() {
  if (settings_.state.empty()) return;
  std::uint64_t hash = 1;
  decoder_->save(
      [&](std::string_view piece) { hash = XXH3_64bits_withSeed(piece.data(), piece.size(), hash); });
  if (hash == saved_state_) return;
  const std::string path = state_file(settings_.state);
  ReplacedFile file(path, kStateFileMode);
  decoder_->save([&](std::string_view piece) { file.write(piece); });
  if (const std::string problem = file.commit(); !problem.empty())
    notice(fmt::format("--state {}: {}", path, problem));
  else
    saved_state_ = hash;
}

CollectorTotals Collector::totals() const {
  return {.datagrams = datagrams_,
          .refused = refused_,
          .records_written = store_ != nullptr ? store_->records_written() : 0,
          .records_lost = store_ != nullptr ? store_->records_lost() : 0};
}

}  // namespace weir::engine
