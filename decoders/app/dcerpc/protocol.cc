// The row of DCERPC in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/dcerpc/dcerpc.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace dcerpc {
namespace {

// Version 5.0 over TCP, 4.0 over UDP.
constexpr ProbePattern kPatternsTcp[] = {
    {.bytes = {"\x05\x00", 2}, .direction = Direction::to_server},
    {.bytes = {"\x05\x00", 2}, .direction = Direction::to_client},
};

constexpr ProbePattern kPatternsUdp[] = {
    {.bytes = {"\x04\x00", 2}, .direction = Direction::to_server},
    {.bytes = {"\x04\x00", 2}, .direction = Direction::to_client},
};

// C706 chapter 12, connection-oriented and connectionless. A header that is not whole yet is taken for one as
// far as it goes: some servers begin with two bytes.
ProbeResult confirm(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t version = in.u8(), second = in.u8(), third = in.u8();
  in.skip(1);
  const std::uint8_t data_representation = in.u8();
  if (version == 5) {  // minor version, type, flags; representation; length of the fragment
    in.skip(3);
    const std::uint16_t little = in.le16();
    if (in.failed()) return ProbeResult::yes;
    const unsigned length =
        (data_representation & 0x10U) != 0 ? little : unsigned{little} >> 8U | (little & 0xffU) << 8U;
    return yes_if(second <= 1 && third <= 19 && length >= 16);
  }
  return yes_if(!in.failed() && version == 4 && second <= 10 && data.size() >= 80 && (third & 0x80U) == 0 &&
                (data_representation == 0x00 || data_representation == 0x10));
}

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<DcerpcParser>(DcerpcSettings::from(s));
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/dcerpc/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/dcerpc/states.def"
#undef STATE
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/dcerpc/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace dcerpc

const ProtocolInfo proto_dcerpc{.id = AppProto::dcerpc,
                                .name = "dcerpc",
                                .over_tcp = true,
                                .over_udp = true,
                                .patterns_tcp = dcerpc::kPatternsTcp,
                                .patterns_udp = dcerpc::kPatternsUdp,
                                .confirm = dcerpc::confirm,
                                .configure = dcerpc::configure,
                                .states_to_server = dcerpc::kStatesToServer,
                                .states_to_client = dcerpc::kStatesToClient,
                                .frames = dcerpc::kFrames};

}  // namespace weir
