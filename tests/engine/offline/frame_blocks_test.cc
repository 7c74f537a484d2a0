#include "engine/offline/frame_blocks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <thread>

using namespace weir;
using namespace weir::engine;

namespace {

// Blocks of one frame, numbered from 1 to `frames`, whose only byte is the number.
FrameBlocks::Fill counting_to(std::uint8_t frames) {
  return [frames, next = std::uint8_t{1}](FrameBlock& block) mutable {
    CHECK(block.frames().empty());
    block.add({.bytes = Bytes(&next, 1), .number = next}, true, nullptr);
    return next++ < frames;
  };
}

}  // namespace

TEST_CASE("frame blocks: every worker sees all blocks in their order, whoever read them") {
  constexpr std::uint8_t kFrames = 100;
  constexpr unsigned kWorkers = 3;
  FrameBlocks blocks(counting_to(kFrames), kWorkers);
  std::array<std::vector<unsigned>, kWorkers> seen;
  std::vector<std::thread> threads;
  for (auto& mine : seen)
    threads.emplace_back([&blocks, &mine] {
      for (std::uint64_t n = 0; const FrameBlock* const block = blocks.get(n); blocks.done(n++))
        for (const FrameBlock::Frame& frame : block->frames()) mine.push_back(frame.raw.bytes[0]);
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<unsigned> all(kFrames);
  std::iota(all.begin(), all.end(), 1U);
  for (const auto& mine : seen) CHECK(mine == all);
}

TEST_CASE("frame blocks: a worker that is far ahead waits for the one that is behind") {
  FrameBlocks blocks(counting_to(200), 2);
  std::atomic<std::uint64_t> ahead{0};
  std::thread fast([&blocks, &ahead] {
    for (std::uint64_t n = 0; blocks.get(n) != nullptr; blocks.done(n++)) ahead = n;
  });
  for (std::uint64_t n = 0; blocks.get(n) != nullptr; blocks.done(n++)) CHECK(ahead.load() <= n + 8);
  fast.join();
  CHECK(ahead.load() == 199);
}

TEST_CASE("frame blocks: a block holds the windows of its frames, and copies what lies in none") {
  const auto window = std::make_shared<std::vector<std::uint8_t>>(8, std::uint8_t{7});
  FrameBlock block;
  {
    std::vector<std::uint8_t> elsewhere{1, 2, 3};
    block.add({.bytes = elsewhere}, true, nullptr);
    elsewhere.assign(3, 0);
  }
  for (int i = 0; i < 3; ++i) block.add({.bytes = Bytes(*window).first(4)}, false, &window);
  CHECK(block.frames()[0].raw.bytes[2] == 3);
  CHECK(block.frames()[3].raw.bytes.data() == window->data());
  CHECK(window.use_count() == 2);
  block.clear();
  CHECK(window.use_count() == 1);
}

TEST_CASE("frame blocks: a block is full with so many frames, bytes, or windows that it holds") {
  const auto window = [](std::size_t bytes) { return std::make_shared<std::vector<std::uint8_t>>(bytes); };
  const auto frames_until_full = [&](std::size_t frame, std::size_t of_window, bool is_same) {
    FrameBlock block;
    InputWindow in = window(of_window);
    std::size_t frames = 0;
    for (; !block.is_full(); ++frames) {
      block.add({.bytes = Bytes(*in).first(frame)}, true, &in);
      if (!is_same) in = window(of_window);
    }
    return frames;
  };
  CHECK(frames_until_full(60, 4096, true) == 4096);
  CHECK(frames_until_full(65'536, 65'536, true) == 8);
  CHECK(frames_until_full(60, 524'288, false) == 4);
}
