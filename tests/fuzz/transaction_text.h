// All that rules and events can see of a parser's transactions, as text: for comparing what two ways of delivering the same
// bytes lead to.
#pragma once

#include <string>

#include "decoders/app/app_proto.h"
#include "decoders/app/transaction.h"
#include "decoders/app/transaction_list.h"

namespace weir::fuzz {

// One line a fact: progress, events, files, each buffer of the rule language, each event as JSON. Also checks that the events
// are JSON.
std::string transactions_text(AppProto protocol, TransactionList& transactions);

// An event says that what was made of the bytes depends on which of them came together.
bool depends_on_segments(AppProto protocol, TransactionList& transactions);

}  // namespace weir::fuzz
