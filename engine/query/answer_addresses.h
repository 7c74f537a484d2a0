// The addresses of an answer, wherever they stand: in cells, in lists, in texts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/query/answer.h"

namespace weir::engine {

// Of cells and lists, each once.
std::vector<IpAddress> addresses_of(const Answer& answer);

// Puts another address in the place of each: also in cells of text, and in the lines before and behind. Columns that name somebody
// are emptied. Nothing stays in the order of what addresses were: lists are sorted, and rows where they are equal in
// Answer::sorted_by. The order of lines is that of who made them.
void anonymise(Answer& answer, const std::function<IpAddress(const IpAddress&)>& change);

// The name of an address; empty: it has none.
using NameOf = std::function<std::string(const IpAddress&)>;
// For a person: names in the place of addresses that have one, in cells, lists and lines.
void show_names(Answer& answer, const NameOf& name);
// For programs: behind each column of addresses, "src_ip", one of names, "src_ip_name", with nothing where there is none; of a list of
// addresses a list of as many texts.
void add_names(Answer& answer, const NameOf& name);

}  // namespace weir::engine
