// Records as a conn.log of Zeek: tab-separated values with Zeek's head, for zeek-cut and what else reads those.
//
// What a record does not say is unset ("-"): bytes of the application, state and history are those of the engine's own meter, and
// exporters know nothing of them. An address is local when it is a private one, as Zeek takes it by default.
#pragma once

#include <string>
#include <string_view>

#include "decoders/flow/record.h"
#include "output/community_id.h"
#include "output/timestamp.h"

namespace weir::output {

class ZeekLines {
 public:
  // Lines without the last one's end.
  std::string head(TimeUs now);
  std::string foot(TimeUs now);
  // Lives until the next call.
  std::string_view line(const flow::Record& record);

 private:
  std::string time_text(TimeUs time);
  void put_ends(const flow::Record& r);
  void put_sides(const flow::Record& r);

  TimestampFormatter times_;
  CommunityId community_id_{0};
  std::string line_;
};

}  // namespace weir::output
