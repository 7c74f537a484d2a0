#include "output/flow/store/store_expiry.h"

#include <filesystem>

#include <fmt/format.h>

#include "output/flow/store/store_files.h"

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLeastRoom = std::uintmax_t{64} << 20U;  // some four files' worth

// 0 of what is gone.
std::uint64_t bytes_of(const StoreFile& file) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(file.path, error);
  return error ? 0 : bytes;
}

// The folder of its day goes with the last file.
void remove(const StoreFile& file, Expired& out) {
  std::error_code error;
  const std::uint64_t bytes = bytes_of(file);
  if (!fs::remove(file.path, error) && error) {
    out.problems.push_back(fmt::format("{}: {}", file.path, error.message()));
    return;
  }
  ++out.files;
  out.bytes += bytes;
  out.until = file.day;
  fs::remove(fs::path(file.path).parent_path(), error);  // fails while there is something in it
}

}  // namespace

ExpiryLimits ExpiryLimits::from(const Settings& root) {
  ExpiryLimits out;
  if (const auto text = root.text("weir.flows.store.max-age")) {
    const auto span = parse_span(*text);
    if (!span) root.unreadable("weir.flows.store.max-age", kSpanExpected);
    out.max_age = span.value_or(0);
  }
  out.max_bytes = root.bytes("weir.flows.store.max-size", 0);
  return out;
}

tl::expected<Expired, std::string> expire_store(const std::string& folder, const ExpiryLimits& limits,
                                                TimeUs now) {
  const auto listing = list_store(folder);
  if (!listing) return tl::unexpected(listing.error());
  Expired out;
  std::uint64_t bytes = 0;
  for (const StoreFile& file : listing->files) bytes += bytes_of(file);
  const std::string oldest = limits.max_age != 0 ? day_of(now - limits.max_age) : std::string{};
  for (const StoreFile& file : listing->files) {  // the oldest day comes first
    const bool is_old = limits.max_age != 0 && file.day < oldest;
    const bool is_much = limits.max_bytes != 0 && bytes - out.bytes > limits.max_bytes;
    if (!is_old && !is_much) break;
    remove(file, out);
  }
  return out;
}

bool is_disk_full(const std::string& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return !error && space.available < kLeastRoom;
}

Expired expire_oldest(const std::string& folder) {
  Expired out;
  if (const auto listing = list_store(folder); listing && !listing->files.empty())
    remove(listing->files.front(), out);
  return out;
}

}  // namespace weir::output
