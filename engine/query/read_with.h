// Reading with one consumer for each thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/question.h"

namespace weir::engine {

// Each consumer is made of `args`, which they share, and has what it took when this returns.
template <class Consumer, class... Args>
tl::expected<std::vector<std::unique_ptr<Consumer>>, std::string> read_with(QuestionCall& call,
                                                                            const RecordQuery& query,
                                                                            Args&... args) {
  std::vector<std::unique_ptr<Consumer>> out;
  std::vector<flow::RecordConsumer*> consumers;
  for (unsigned i = reader_count(); i != 0; --i) {
    out.push_back(std::make_unique<Consumer>(args...));
    consumers.push_back(out.back().get());
  }
  const auto done = call.read(query, consumers);
  if (!done) return tl::unexpected(done.error());
  return out;
}

// Records of the window that --from and --to say.
inline RecordQuery window_of(const QuestionCall& call) {
  RecordQuery query;
  query.from = call.from;
  query.to = call.to;
  return query;
}

}  // namespace weir::engine
