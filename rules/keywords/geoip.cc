// geoip: the country that an address belongs to, as the database of `geoip-database` says.
#include <algorithm>
#include <string>
#include <vector>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/keywords/address_ends.h"
#include "rules/language/option_text.h"
#include "rules/values/geo_database.h"

namespace weir::rules {
namespace {

constexpr std::size_t kMaxCountries = 64;

class CountryCheck final : public PacketCheck {
 public:
  CountryCheck(std::shared_ptr<const GeoDatabase> database, Ends ends, bool negated,
               std::vector<std::string> countries)
      : database_(std::move(database)), ends_(ends), negated_(negated), countries_(std::move(countries)) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return holds_for(ends_, c.packet.ip, [this](const IpAddress& address) { return fits(address); });
  }
  [[nodiscard]] bool on_records() const override { return true; }

 private:
  // An address of no country is in none and out of none.
  [[nodiscard]] bool fits(const IpAddress& address) const {
    const std::string_view country = database_->country(address);
    if (country.empty()) return false;
    return (std::find(countries_.begin(), countries_.end(), country) != countries_.end()) != negated_;
  }

  std::shared_ptr<const GeoDatabase> database_;
  Ends ends_;
  bool negated_;
  std::vector<std::string> countries_;
};

Compiled open_database(RuleEnvironment& environment) {
  if (environment.geo != nullptr) return {};
  auto opened = GeoDatabase::open(environment.geoip_database);
  if (!opened) return refuse("needs the database of geoip-database: " + opened.error());
  environment.geo = std::move(*opened);
  return {};
}

// "[src|dst|both|any,][!]CC[,CC]": a ! in front of the first holds for the list.
Compiled compile_geoip(RuleBuilder& rule, std::string_view argument) {
  auto parts = split(argument, ',');
  const auto ends = ends_of(parts.front());
  if (ends) parts.erase(parts.begin());
  if (parts.empty()) return refuse("names no country", argument);
  if (parts.size() > kMaxCountries) return refuse("too many countries", argument);
  const bool negated = parts.front().starts_with('!');
  if (negated) parts.front().remove_prefix(1);
  std::vector<std::string> countries;
  for (const std::string_view code : parts) {
    const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (code.size() != 2 || !std::all_of(code.begin(), code.end(), is_letter))
      return refuse("a country is two capital letters", code);
    countries.emplace_back(code);
  }
  if (auto opened = open_database(rule.environment()); !opened) return opened;
  rule.signature().has_outside_parts = true;
  rule.add_packet_check(std::make_shared<CountryCheck>(rule.environment().geo, ends.value_or(Ends::any),
                                                       negated, std::move(countries)));
  return {};
}

constexpr KeywordSpec kGeoipKeywords[] = {
    {"geoip", compile_geoip, KeywordSpec::Argument::required,
     "the country of an address: [src|dst|both|any,][!]CC[,CC]; needs geoip-database"},
};

}  // namespace

const KeywordFile keywords_geoip{.keywords = kGeoipKeywords};

}  // namespace weir::rules
