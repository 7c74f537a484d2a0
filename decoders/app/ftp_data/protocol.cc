// The row of FTP's data connections in the table of protocols: nothing in them tells what they are.
#include "decoders/app/protocol.h"
#include "decoders/app/ftp_data/ftp_data.h"
#include "decoders/app/parser_factory.h"

namespace weir {
namespace ftp_data {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<FtpDataParser>();
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/ftp_data/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/ftp_data/states.def"
#undef STATE
};

}  // namespace
}  // namespace ftp_data

const ProtocolInfo proto_ftp_data{.id = AppProto::ftp_data,
                                  .name = "ftp-data",
                                  .over_tcp = true,
                                  .configure = ftp_data::configure,
                                  .states_to_server = ftp_data::kStatesToServer,
                                  .states_to_client = ftp_data::kStatesToClient,
                                  .files = {.to_server = 0, .to_client = 0},
                                  .one_transaction = true};

}  // namespace weir
