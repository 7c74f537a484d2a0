// Answers to questions about flow records, written as they are asked for: a table for a person, CSV, or a line of JSON a row.
#pragma once

#include "engine/query/answer.h"
#include "engine/query/question.h"
#include "engine/query/record_output.h"
#include "output/flow/crypto_pan.h"

namespace weir::engine {

// `anonymiser`: null, or what each address is changed by before anything is written. An answer without columns is its lines, for a
// person, else nothing. Names (--names) are looked up here.
void write_answer(Answer answer, const QuestionOptions& options, output::CryptoPan* anonymiser,
                  LineTaker& out);

}  // namespace weir::engine
