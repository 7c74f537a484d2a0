// A TCP connection in order: each segment is acknowledged, and both readers take what there is.
#include <benchmark/benchmark.h>

#include "tests/engine/tcp/tcp_conversation.h"

using namespace weir;
using namespace weir::engine;

namespace {

void reassembly_in_order(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  test::TcpConversation connection;
  connection.settings.depth_bytes = 0;  // no limit
  connection.handshake();
  TcpSession& session = connection.session();
  TcpStream& stream = connection.to_server();

  const std::string text(size, 'x');
  test::PacketBuilder data, ack;
  data.tcp(test::kAck | test::kPsh, connection.client_start, connection.server_start).payload(text);
  ack.tcp(test::kAck, connection.server_start, connection.client_start).reversed();
  data.get();
  ack.get();
  std::uint64_t read = 0;
  for (auto _ : state) {
    session.on_segment(data.raw(), Direction::to_server);
    data.raw().tcp.sequence += static_cast<std::uint32_t>(size);
    ack.raw().tcp.acknowledgment = data.raw().tcp.sequence;
    session.on_segment(ack.raw(), Direction::to_client);
    const TcpStream::Chunk chunk = stream.app_chunk();
    read += chunk.data.size();
    stream.consume_app(chunk.data.size());
    if (stream.raw_ready()) stream.mark_raw_inspected();
  }
  if (read != static_cast<std::uint64_t>(state.iterations()) * size) state.SkipWithError("bytes are missing");
  state.SetItemsProcessed(2 * state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

}  // namespace

BENCHMARK(reassembly_in_order)->Arg(100)->Arg(1400);
