// Where a ClickHouse server is, and as who it is asked: the URL of --clickhouse and `weir: flows: clickhouse: url`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::output::clickhouse {

struct ServerAddress {
  bool is_tls = false;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string user, password;  // empty: the server's "default", without
  std::string password_file;   // in the place of a password; its first line
  std::string database = "default", table = "flows";
  std::string authorities;  // PEM of who signs the server's certificate; empty: those of the system
  bool verify = true;       // that the server is who it should be

  // "http[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?table=T&password-file=F&ca=F&verify=no]", 8123 or 8443 where no port is
  // given. Fails with a text that says what is expected, without the password.
  static tl::expected<ServerAddress, std::string> parse(std::string_view url);
  // For messages: "https://host:8443/database", never with a password.
  [[nodiscard]] std::string text() const;
  // The table's name as SQL has it.
  [[nodiscard]] std::string quoted_table() const;
};

// Whether SQL has such a name, quoted: letters, digits, "_", "-" and ".", 1 to 128 of them.
bool is_table_name(std::string_view name);

}  // namespace weir::output::clickhouse
