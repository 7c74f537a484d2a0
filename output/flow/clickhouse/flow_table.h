// The table of flow records in ClickHouse: a row a record, columns named as those of the store (output/flow/store/columns.def), without those of rollups.
//
// It is ordered by start and has a partition a day, so that a question about an hour reads little, and old days are dropped at once.
// `start` is in microseconds since 1970, which all servers can keep; `time` stands for the same, in seconds, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decoders/flow/fields.h"
#include "output/flow/clickhouse/client.h"
#include "output/flow/clickhouse/native_block.h"

namespace weir::output::clickhouse {

// Of a server, as far as it matters here.
struct ServerVersion {
  unsigned major = 0, minor = 0;
  // "18.16.1"; zeros for what is none.
  static ServerVersion parse(std::string_view text);
  // It can tell a batch that it has already, in tables that keep tokens (insert_deduplication_token).
  [[nodiscard]] bool knows_tokens() const { return major > 22 || (major == 22 && minor >= 3); }
  // It limits the partitions of one insert, unless it is told not to.
  [[nodiscard]] bool limits_partitions() const { return major >= 20; }
  // It may put inserts together and answer before they are there, unless it is told not to.
  [[nodiscard]] bool may_defer() const { return major >= 22; }
  // It has indexes by which it passes over parts of a partition: where nothing lasts until --from, or an address is not.
  [[nodiscard]] bool has_skip_indexes() const { return major >= 20; }
};

struct TableFacts {
  ServerVersion version;
  // A batch that is there already is not inserted again: the server knows tokens, and the table keeps them (others may have made it).
  bool keeps_tokens = false;
};

// Makes the table where it is missing. Says what the server and the table are.
Answered<TableFacts> make_table(Client& client);
// `engine`: of a table, with its settings, as system.tables.engine_full has it.
bool keeps_tokens(std::string_view engine);
std::string create_statement(const ServerAddress& address, const ServerVersion& version);

// Inserts a block. `token`: its name, unlike that of all others; one that has come already is not inserted again into tables that
// keep tokens, while it is among the last kTokensKept of the table.
Answered<void> insert_block(Client& client, const TableFacts& table, const InsertBlock& block,
                            const std::string& token);
inline constexpr unsigned kTokensKept = 1000;

// The columns that these members stand in; the first column where there is none.
std::vector<const RecordColumn*> columns_of(flow::Fields fields);

}  // namespace weir::output::clickhouse
