// Who answers: see question.h.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "engine/query/question.h"

namespace weir::engine {

tl::expected<Answer, std::string> answer_list(QuestionCall& call);
tl::expected<Answer, std::string> answer_top(QuestionCall& call);
tl::expected<Answer, std::string> answer_series(QuestionCall& call);
tl::expected<Answer, std::string> answer_count(QuestionCall& call);
tl::expected<Answer, std::string> answer_matrix(QuestionCall& call);
tl::expected<Answer, std::string> answer_used(QuestionCall& call);
tl::expected<Answer, std::string> answer_reach(QuestionCall& call);
tl::expected<Answer, std::string> answer_peers(QuestionCall& call);
tl::expected<Answer, std::string> answer_talked(QuestionCall& call);
tl::expected<Answer, std::string> answer_known_bad(QuestionCall& call);
tl::expected<Answer, std::string> answer_scans(QuestionCall& call);
tl::expected<Answer, std::string> answer_exporters(QuestionCall& call);

}  // namespace weir::engine
