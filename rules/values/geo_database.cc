#include "rules/values/geo_database.h"

#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir::rules {

struct GeoDatabase::Handle {
  MMDB_s database{};
};

void GeoDatabase::Closer::operator()(Handle* handle) const {
  MMDB_close(&handle->database);
  delete handle;
}

tl::expected<std::shared_ptr<const GeoDatabase>, std::string> GeoDatabase::open(const std::string& path) {
  auto handle = std::make_unique<Handle>();
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &handle->database);
  if (status != MMDB_SUCCESS) return tl::unexpected(path + ": " + MMDB_strerror(status));
  auto out = std::make_shared<GeoDatabase>();
  out->handle_.reset(handle.release());
  return out;
}

// `data.has_data`: it is there.
struct GeoDatabase::Found {
  MMDB_entry_data_s data{};
};

GeoDatabase::Found GeoDatabase::find(const IpAddress& address, const char* const* path) const {
  sockaddr_storage place{};
  if (address.family == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::copy_n(address.bytes.begin(), sizeof v4.sin_addr, std::bit_cast<std::uint8_t*>(&v4.sin_addr));
    std::memcpy(&place, &v4, sizeof v4);
  } else if (address.family == 6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::copy_n(address.bytes.begin(), sizeof v6.sin6_addr, std::bit_cast<std::uint8_t*>(&v6.sin6_addr));
    std::memcpy(&place, &v6, sizeof v6);
  } else {
    return {};
  }
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s result =
      MMDB_lookup_sockaddr(&handle_->database, std::bit_cast<sockaddr*>(&place), &error);
  if (error != MMDB_SUCCESS || !result.found_entry) return {};
  Found out;
  if (MMDB_aget_value(&result.entry, &out.data, path) != MMDB_SUCCESS) return {};
  return out;
}

std::string_view GeoDatabase::country(const IpAddress& address) const {
  constexpr const char* kPath[] = {"country", "iso_code", nullptr};
  const Found found = find(address, kPath);
  if (!found.data.has_data || found.data.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
  return {found.data.utf8_string, found.data.data_size};
}

std::uint32_t GeoDatabase::autonomous_system(const IpAddress& address) const {
  constexpr const char* kPath[] = {"autonomous_system_number", nullptr};
  const Found found = find(address, kPath);
  return found.data.has_data && found.data.type == MMDB_DATA_TYPE_UINT32 ? found.data.uint32 : 0;
}

}  // namespace weir::rules
