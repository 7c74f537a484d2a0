// An answer as a person reads it: lines before, a table that fits the terminal, lines behind.
#pragma once

#include <string>

#include "engine/query/address_names.h"
#include "engine/query/answer.h"
#include "engine/query/record_output.h"
#include "output/timestamp.h"

namespace weir::engine {

// `width`: columns of the terminal.
void write_answer_table(const Answer& answer, std::size_t width, bool colours, LineTaker& out);

// Says on standard error when some addresses stay without a name for want of time.
void warn_of_names(const AddressNames& names);

// "2026-11-30 14:00:00", local.
std::string local_time_text(output::TimestampFormatter& times, TimeUs time);

}  // namespace weir::engine
