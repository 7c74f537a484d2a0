#include "rules/match/geo_database.h"

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

std::string_view GeoDatabase::country(const IpAddress& address) const {
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
  MMDB_lookup_result_s found =
      MMDB_lookup_sockaddr(&handle_->database, std::bit_cast<sockaddr*>(&place), &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return {};
  constexpr const char* kPath[] = {"country", "iso_code", nullptr};
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&found.entry, &data, kPath) != MMDB_SUCCESS || !data.has_data ||
      data.type != MMDB_DATA_TYPE_UTF8_STRING)
    return {};
  return {data.utf8_string, data.data_size};
}

}  // namespace weir::rules
