// The row of FTP data connections in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_ftp_data{.id = AppProto::ftp_data,
                                  .name = "ftp-data",
                                  .over_tcp = true,
                                  .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
