// What the command line says of a question about groups, and the columns that such answers share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/answer.h"
#include "engine/query/groups/group_consumer.h"
#include "engine/query/question.h"

namespace weir::engine {

// Groups that are shown without --limit.
inline constexpr std::size_t kUsualGroups = 10;

// --by (`usual_by` without it), --sort and --raw. Fails with a text that names the option.
tl::expected<Grouping, std::string> grouping_of(const QuestionCall& call, std::string_view usual_by,
                                                TimeUs step = 0);

// Columns flows, packets and bytes, of both directions together.
void add_sum_columns(std::vector<AnswerColumn>& columns);
void append_sums(const Sums& sums, std::vector<Cell>& row);

}  // namespace weir::engine
