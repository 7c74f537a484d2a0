#include "engine/query/places.h"

#include <algorithm>

#include "rules/values/geo_database.h"

namespace weir::engine {
namespace {

constexpr const char* kNoCountries =
    "countries are asked for, and no database is named that says them: --geoip-database FILE, or "
    "geoip-database in the "
    "configuration of -c; it has MaxMind's format, as GeoLite2-Country.mmdb";

// What is no code is not known.
flow::Country country_of(const rules::GeoDatabase& database, const IpAddress& address) {
  flow::Country out{};
  const std::string_view code = database.country(address);
  if (code.size() == out.size()) std::copy(code.begin(), code.end(), out.begin());
  return out;
}

}  // namespace

tl::expected<Places, std::string> Places::open(const QuestionOptions& options, flow::Fields fields) {
  Places out;
  const bool wants_countries = fields.has(flow::Field::country),
             wants_systems = fields.has(flow::Field::origin);
  // A database may say both.
  const bool has_both = options.as_database.empty() && !options.geoip_database.empty();
  Database geoip;
  if (wants_countries || (wants_systems && has_both)) {
    if (options.geoip_database.empty()) return tl::unexpected(std::string(kNoCountries));
    auto opened = rules::GeoDatabase::open(options.geoip_database);
    if (!opened) return tl::unexpected("--geoip-database " + opened.error());
    geoip = std::move(*opened);
  }
  if (wants_countries) out.countries_ = geoip;
  if (!wants_systems) return out;
  out.systems_ = geoip;
  if (options.as_database.empty()) return out;
  auto opened = rules::GeoDatabase::open(options.as_database);
  if (!opened) return tl::unexpected("--as-database " + opened.error());
  out.systems_ = std::move(*opened);
  return out;
}

void Places::fill(flow::Record& record) const {
  if (countries_ != nullptr)
    record.countries = {country_of(*countries_, record.source), country_of(*countries_, record.destination)};
  if (systems_ == nullptr) return;
  flow::Routing& routing = record.routing;
  if (routing.source_as == 0) routing.source_as = systems_->autonomous_system(record.source);
  if (routing.destination_as == 0) routing.destination_as = systems_->autonomous_system(record.destination);
}

}  // namespace weir::engine
