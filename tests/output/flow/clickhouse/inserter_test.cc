#include "output/flow/clickhouse/inserter.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/output/flow/clickhouse/fake_server.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::output::clickhouse;
using output_test::LogFolder;
using test::FakeServer;
using Mode = FakeServer::Mode;

namespace {

InserterSettings inserter_settings(const FakeServer& server, const std::string& folder = "") {
  return {.server = *ServerAddress::parse(server.url()),
          .buffer_folder = folder,
          .buffer_bytes = 1U << 20U,
          .waits = false};
}

InsertBlock rows(const std::string& bytes, std::uint64_t records = 10) {
  return {.columns = "start,src_ip", .bytes = bytes, .records = records};
}

// Until it holds, or a long time has gone by.
template <class Condition>
bool comes_true(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::unique_ptr<Inserter> opened(const InserterSettings& settings) {
  auto out = Inserter::open(settings);
  REQUIRE(out.has_value());
  return std::move(*out);
}

}  // namespace

TEST_CASE("clickhouse inserter: batches are inserted, and the table is made before") {
  FakeServer server;
  auto inserter = opened(inserter_settings(server));
  inserter->add(rows("AAAA"));
  inserter->add(rows("BBBB", 5));
  inserter->close();
  const InserterCounters c = inserter->counters();
  CHECK(c.batches == 2);
  CHECK(c.records == 15);
  CHECK(c.records_lost == 0);
  const auto inserts =
      server.requests("INSERT%20INTO%20%60flows%60%20%28start%2Csrc_ip%29%20FORMAT%20Native");
  REQUIRE(inserts.size() == 2);
  CHECK(inserts[0].body == "AAAA");
  CHECK(inserts[1].body == "BBBB");
  bool made = false;
  for (const auto& request : server.requests("query="))
    made = made || request.body.starts_with("CREATE TABLE IF NOT EXISTS");
  CHECK(made);
}

TEST_CASE("clickhouse inserter: a table that is there gets the columns that are new") {
  FakeServer server;
  server.has_table = true;
  auto inserter = opened(inserter_settings(server));
  inserter->add(rows("AAAA"));
  inserter->close();
  CHECK(inserter->counters().batches == 1);
  std::vector<std::string> altered;
  for (const auto& request : server.requests("query=")) {
    CHECK_FALSE(request.body.starts_with("CREATE"));
    if (request.body.starts_with("ALTER")) altered.push_back(request.body);
  }
  CHECK(altered ==
        std::vector<std::string>{"ALTER TABLE `flows` ADD COLUMN IF NOT EXISTS hit_rules String",
                                 "ALTER TABLE `flows` ADD COLUMN IF NOT EXISTS hit_indicators String"});
}

TEST_CASE("clickhouse inserter: what the server does not take waits on disk, for this run or the next") {
  LogFolder folder;
  FakeServer server;
  server.mode = Mode::refuses;
  auto inserter = opened(inserter_settings(server, folder.path));
  for (const char* bytes : {"AAAA", "BBBB", "CCCC"}) inserter->add(rows(bytes));
  CHECK(comes_true([&] { return inserter->counters().buffered_batches == 3; }));
  CHECK(inserter->problem().find("Code: 241") != std::string::npos);
  CHECK_FALSE(Inserter::open(inserter_settings(server, folder.path)).has_value());  // the folder is in use
  inserter->close();
  CHECK(inserter->counters().records_lost == 0);
  CHECK(inserter->counters().buffered_batches == 3);
  inserter.reset();

  server.mode = Mode::takes;
  auto next = opened(inserter_settings(server, folder.path));
  CHECK(next->counters().buffered_batches == 3);
  next->add({});  // starts it
  CHECK(comes_true([&] { return next->counters().buffered_batches == 0; }));
  next->close();
  CHECK(next->counters().records == 30);
  CHECK(folder.names() == "lock");
  const auto inserts = server.requests("INSERT");
  REQUIRE(inserts.size() >= 3);
  CHECK(inserts[inserts.size() - 3].body == "AAAA");
  CHECK(inserts.back().body == "CCCC");
}

TEST_CASE("clickhouse inserter: what there is no room for on disk is lost, and counted") {
  LogFolder folder;
  FakeServer server;
  server.mode = Mode::refuses;
  auto inserter = opened(inserter_settings(server, folder.path));
  for (int i = 0; i < 4; ++i) inserter->add(rows(std::string(400'000, 'x')));
  CHECK(comes_true(
      [&] { return inserter->counters().buffered_batches + inserter->counters().records_lost / 10 == 4; }));
  inserter->close();
  const InserterCounters c = inserter->counters();
  CHECK(c.buffered_batches == 2);
  CHECK(c.records_lost == 20);
  CHECK(inserter->problem().find("buffer-size") != std::string::npos);
}

TEST_CASE("clickhouse inserter: rows that no server would take do not hold up the others") {
  FakeServer server;
  server.mode = Mode::refuses_rows;
  auto inserter = opened(inserter_settings(server));
  inserter->add(rows("AAAA"));
  CHECK(comes_true([&] { return inserter->counters().records_lost == 10; }));
  server.mode = Mode::takes;
  inserter->add(rows("BBBB"));
  inserter->close();
  CHECK(inserter->counters().records == 10);
  CHECK(inserter->counters().records_lost == 10);
}

TEST_CASE("clickhouse inserter: a batch whose answer does not come is sent again, and counted as unsure") {
  FakeServer server;
  auto inserter = opened(inserter_settings(server));
  inserter->add(rows("AAAA"));
  CHECK(comes_true([&] { return inserter->counters().records == 10; }));
  server.mode = Mode::hangs_up;
  inserter->add(rows("BBBB"));
  CHECK(comes_true([&] { return inserter->counters().failures > 0; }));
  server.mode = Mode::takes;
  inserter->close();
  CHECK(inserter->counters().records == 20);
  CHECK(inserter->counters().records_unsure >= 10);
  CHECK(inserter->counters().records_lost == 0);
}

TEST_CASE("clickhouse inserter: one failed call long after the last batch gives nothing up") {
  FakeServer server;
  InserterSettings settings = inserter_settings(server);
  settings.waits = true;
  settings.patience = std::chrono::seconds(2);
  auto inserter = opened(settings);
  inserter->add(rows("AAAA"));
  CHECK(comes_true([&] { return inserter->counters().records == 10; }));
  std::this_thread::sleep_for(settings.patience + std::chrono::milliseconds(100));
  server.mode = Mode::refuses;
  inserter->add(rows("BBBB"));
  CHECK(comes_true([&] { return inserter->counters().failures > 0; }));
  server.mode = Mode::takes;
  CHECK(comes_true([&] { return inserter->counters().records == 20; }));
  inserter->close();
  CHECK(inserter->counters().records_lost == 0);
}

TEST_CASE("clickhouse inserter: who waits gives up a server that stays away") {
  FakeServer server;
  server.mode = Mode::refuses;
  InserterSettings settings = inserter_settings(server);
  settings.waits = true;
  settings.patience = std::chrono::milliseconds(1);
  auto inserter = opened(settings);
  inserter->add(rows("AAAA"));
  CHECK(comes_true([&] { return inserter->counters().records_lost == 10; }));
  for (int i = 0; i < 3; ++i) inserter->add(rows(std::string(Inserter::kQueueBytes / 2, 'x')));
  inserter->close();
  CHECK(inserter->counters().records_lost == 40);
  CHECK(inserter->problem().find("Code: 241") != std::string::npos);
}

TEST_CASE("clickhouse inserter: what comes while a call hangs goes to disk before memory is full") {
  LogFolder folder;
  FakeServer server;
  server.mode = Mode::hangs;
  InserterSettings settings = inserter_settings(server, folder.path);
  settings.buffer_bytes = 4 * Inserter::kQueueBytes;
  auto inserter = opened(settings);
  for (int i = 0; i < 3; ++i) inserter->add(rows(std::string(Inserter::kQueueBytes / 4, 'x')));
  CHECK(comes_true([&] { return inserter->counters().buffered_batches >= 2; }));
  CHECK(inserter->counters().failures == 0);  // that call still goes on
  server.mode = Mode::takes;
  CHECK(comes_true([&] { return inserter->counters().records == 30; }));
  inserter->close();
  CHECK(inserter->counters().records_lost == 0);
  CHECK(folder.names() == "lock");
}

TEST_CASE("clickhouse inserter: batches go to disk between calls that fail") {
  LogFolder folder;
  FakeServer server;
  server.mode = Mode::refuses;
  auto inserter = opened(inserter_settings(server, folder.path));
  inserter->add(rows("AAAA"));
  CHECK(comes_true([&] { return inserter->counters().failures >= 3; }));  // the next call is seconds away
  const std::uint64_t failures = inserter->counters().failures;
  inserter->add(rows("BBBB"));
  CHECK(comes_true([&] {
    return inserter->counters().buffered_batches == 2 || inserter->counters().failures > failures;
  }));
  CHECK(inserter->counters().buffered_batches == 2);
}

TEST_CASE(
    "clickhouse inserter: a batch that is refused amid it is unsure once, and not where tokens are kept") {
  for (const bool keeps : {false, true}) {
    CAPTURE(keeps);
    FakeServer server;
    server.version = "24.8.1.1";
    server.engine = keeps ? "MergeTree SETTINGS non_replicated_deduplication_window = 1000" : "MergeTree";
    server.mode = Mode::refuses_inserts;
    auto inserter = opened(inserter_settings(server));
    inserter->add(rows("AAAA"));
    CHECK(comes_true([&] { return inserter->counters().failures >= 2; }));
    server.mode = Mode::takes;
    inserter->close();
    CHECK(inserter->counters().records == 10);
    CHECK(inserter->counters().records_unsure == (keeps ? 0 : 10));
    const auto inserts = server.requests("INSERT");
    REQUIRE(inserts.size() >= 3);
    CHECK((inserts[0].target.find("insert_deduplication_token=") != std::string::npos) == keeps);
    CHECK(inserts[0].target.find("async_insert=0") != std::string::npos);
  }
}

TEST_CASE("clickhouse inserter: of a folder with other files only its own are removed") {
  LogFolder folder;
  for (const char* name : {"notes.tmp", "0-1.batch.77.tmp", "x.batch.txt"}) folder.write(name, "x");
  CHECK(BatchFolder::open(folder.path, 1U << 20U).has_value());
  CHECK(folder.names() == "lock notes.tmp x.batch.txt");
}

TEST_CASE("clickhouse inserter: a batch on disk that is damaged is set aside, and the next one comes") {
  LogFolder folder;
  auto batches = BatchFolder::open(folder.path, 1U << 20U);
  REQUIRE(batches.has_value());
  for (const char* token : {"0-1", "0-2", "0-3"}) CHECK((*batches)->add({rows("AAAA"), token}).has_value());
  std::string text = folder.read("0-1.batch");
  text.back() = 'B';
  folder.write("0-1.batch", text);
  folder.write("0-2.batch", text.substr(0, 30));
  CHECK((*batches)->first().error().find("checksum") != std::string::npos);
  (*batches)->set_first_aside();
  CHECK((*batches)->first().error().find("0-2.batch") != std::string::npos);
  (*batches)->set_first_aside();
  REQUIRE((*batches)->first().has_value());
  CHECK((*batches)->first()->block.bytes == "AAAA");
  CHECK((*batches)->first()->block.columns == "start,src_ip");
  CHECK((*batches)->first()->block.records == 10);
  (*batches)->drop_first();
  CHECK((*batches)->empty());
  CHECK((*batches)->bytes() == 0);
  CHECK(folder.names() == "0-1.batch.damaged 0-2.batch.damaged lock");
}

TEST_CASE("clickhouse client: credentials go along, tables are sent, and refusals say what to do") {
  FakeServer server;
  auto address = *ServerAddress::parse("http://me:secret@127.0.0.1:" + std::to_string(server.port) + "/net");
  auto client = Client::open(address);
  REQUIRE(client.has_value());
  server.answer_with("rows");
  std::string got;
  const auto answered =
      (*client)->select("SELECT 1", {{.name = "hosts", .structure = "ip String", .lines = "10.0.0.1\n"}},
                        [&](Bytes bytes) { return got.append(bytes.begin(), bytes.end()).size() < 100; });
  CHECK(answered.has_value());
  CHECK(got == "rows");
  const auto requests = server.requests("SELECT%201");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target.find("database=net") != std::string::npos);
  CHECK(requests[0].target.find("hosts_structure=ip%20String&hosts_format=TabSeparated") !=
        std::string::npos);
  CHECK(requests[0].headers.find("Authorization: Basic bWU6c2VjcmV0") != std::string::npos);  // me:secret
  CHECK(requests[0].body.find("10.0.0.1\n") != std::string::npos);
  CHECK((*client)->last_progress() > std::chrono::steady_clock::time_point{});
  server.answer_with(std::string(2 * Client::kMostAnswerBytes, 'x'));
  CHECK((*client)->select("SELECT 3", {}, [](Bytes) { return true; }).has_value());
  const auto endless = (*client)->insert("INSERT SELECT", "rows", {});
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error().text.find("has no end") != std::string::npos);
  CHECK(endless.error().is_unsure);
  server.mode = Mode::refuses;
  const auto refused = (*client)->ask("SELECT 2");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == 241);
  CHECK(refused.error().text.find("max_memory_usage") != std::string::npos);
  CHECK(refused.error().text.find("secret") == std::string::npos);
}
