#include "output/flow/clickhouse/server_address.h"

#include <doctest/doctest.h>

#include "output/flow/clickhouse/clickhouse_settings.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using output::ClickHouseSettings;
using output::clickhouse::ServerAddress;

TEST_CASE("clickhouse: URLs say server, user, database and table") {
  const auto plain = ServerAddress::parse("http://ch.example");
  REQUIRE(plain);
  CHECK(plain->host == "ch.example");
  CHECK(plain->port == 8123);
  CHECK(plain->text() == "http://ch.example:8123/default");
  CHECK(plain->quoted_table() == "`flows`");
  const auto full = ServerAddress::parse(
      "https://weir:p%40ss@[2001:db8::1]:9443/net?table=f-1&ca=%2Fetc%2Fca.pem&verify=no&password-file=/p");
  REQUIRE(full);
  CHECK(full->is_tls);
  CHECK(full->host == "2001:db8::1");
  CHECK(full->port == 9443);
  CHECK(full->user == "weir");
  CHECK(full->password == "p@ss");
  CHECK(full->password_file == "/p");
  CHECK(full->database == "net");
  CHECK(full->table == "f-1");
  CHECK(full->authorities == "/etc/ca.pem");
  CHECK_FALSE(full->verify);
  CHECK(full->text() == "https://[2001:db8::1]:9443/net");  // for messages: no password
}

TEST_CASE("clickhouse: what is no URL of a server is refused without its password") {
  for (const char* url : {"", "ch.example", "ftp://ch.example", "http://", "http://h:70000", "http://h/a`b",
                          "http://h?table=", "http://h?tabel=x", "http://h?verify=perhaps",
                          "http://h/db/table", "http://u:secret@h:0/"}) {
    CAPTURE(url);
    const auto address = ServerAddress::parse(url);
    REQUIRE_FALSE(address);
    CHECK(address.error().find("secret") == std::string::npos);
  }
}

TEST_CASE("clickhouse: settings come before what the URL says, and are checked") {
  CHECK_FALSE(*ClickHouseSettings::from(FakeSettings{}));
  const auto from = [](std::pair<const std::string, std::string> row) {
    return ClickHouseSettings::from(FakeSettings{{"url", "http://h?table=a"}, {"user", "u"}, std::move(row)});
  };
  const auto good = from({"table", "b"});
  REQUIRE(good);
  REQUIRE(*good);
  CHECK((*good)->inserter.server.table == "b");
  CHECK((*good)->inserter.server.user == "u");
  CHECK(from({"batch", "7"}).error() == "weir.flows.clickhouse.batch: 7: expected 100 to 10000000");
  CHECK(
      from({"buffer-size", "1kb"}).error().starts_with("weir.flows.clickhouse.buffer-size: 1024: expected"));
  CHECK(from({"interval", "0"}).error().starts_with("weir.flows.clickhouse.interval: 0: expected 1 to"));
  CHECK(from({"table", "a b"}).error().starts_with("weir.flows.clickhouse.table: 'a b'"));
  CHECK(ClickHouseSettings::from(FakeSettings{{"url", "h"}})
            .error()
            .starts_with("weir.flows.clickhouse.url: expected"));
}
