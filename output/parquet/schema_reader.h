// Which columns a file has, and how they are stored: the part of the footer that describes them.
#pragma once

#include "output/parquet/footer.h"
#include "output/parquet/thrift_reader.h"

namespace weir::output::parquet {

// Fills columns, storage, leaf, problems and leaves. What cannot be used as a flat column of a kind of schema.h is told among the problems.
// `in` stands at the list of a field of that type, and fails when it is broken.
void take_schema(ThriftReader& in, ThriftType type, Footer& out);

}  // namespace weir::output::parquet
