// The formats that records are written in: a table, JSON, CSV, Zeek's, nfdump's, an IPFIX file.
#pragma once

#include <memory>

#include "engine/query/question.h"
#include "engine/query/record_output.h"
#include "output/flow/crypto_pan.h"

namespace weir::engine {

// What the options ask for. `anonymiser`: null, or what addresses are changed by; it and `lines` outlive the output. A file is
// made with the first record, or at the end; that this failed is what finish() says.
std::unique_ptr<RecordOutput> make_record_output(const QuestionOptions& options,
                                                 output::CryptoPan* anonymiser, LineTaker& lines);

}  // namespace weir::engine
