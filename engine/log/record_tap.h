// The way of flow records from a pipeline to those that take them.
#pragma once

#include <memory>

#include "decoders/flow/record.h"
#include "output/flow/record_block.h"
#include "output/flow/record_outputs.h"

namespace weir::engine {

// What a pipeline tells of its flows. Called by the pipeline's thread.
class RecordTap {
 public:
  virtual ~RecordTap() = default;
  // The record and all that it points to are the caller's, for the length of the call.
  virtual void record(const flow::Record& record) = 0;
  // Another second of the packets' time has begun. Never goes back.
  virtual void clock(TimeUs now) = 0;
};

// Hands records on to all outputs, on the thread that calls, some at a time.
class RecordFan final : public RecordTap {
 public:
  // `outputs` outlives it.
  explicit RecordFan(const output::RecordOutputs& outputs)
      : outputs_(outputs), block_(std::make_unique<output::RecordBlock>()) {}
  void record(const flow::Record& record) override;
  // One that is not later than the last has no effect.
  void clock(TimeUs now) override;
  void flush();

 private:
  const output::RecordOutputs& outputs_;
  std::unique_ptr<output::RecordBlock> block_;
  TimeUs now_ = 0;
};

}  // namespace weir::engine
