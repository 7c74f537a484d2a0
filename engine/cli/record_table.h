// Records as a table for a person: a line each.
#pragma once

#include <optional>
#include <vector>

#include "engine/cli/table_writer.h"
#include "engine/query/address_names.h"
#include "engine/query/record_output.h"
#include "output/timestamp.h"

namespace weir::engine {

class RecordTable final : public RecordOutput {
 public:
  struct Shows {
    bool names = false;   // of addresses: they are looked up
    bool places = false;  // countries and autonomous systems, in columns of their own
  };
  // `width`: columns of the terminal.
  RecordTable(const Shows& shows, std::size_t width, bool colours, LineTaker& lines);
  void take(std::span<const flow::Record> records) override;
  [[nodiscard]] bool has_failed() const override { return lines_.has_failed(); }
  tl::expected<void, std::string> finish() override;

 private:
  struct Row {
    IpAddress source, destination;
    std::vector<std::string> cells;  // those two among them, empty
    std::string source_port, destination_port;
  };
  void flush();

  LineTaker& lines_;
  Shows shows_;
  TableWriter table_;
  output::TimestampFormatter times_;
  std::optional<AddressNames> names_;
  std::vector<Row> waiting_;  // for names, which are asked for together
};

}  // namespace weir::engine
