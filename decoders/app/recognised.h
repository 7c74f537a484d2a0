// Probes of the protocols in recognised.cc: is this the start of such a conversation (or one such datagram)?
// Each looks at a header of fixed size and at nothing behind it; need_more means that the header is not whole
// yet.
#pragma once

#include "decoders/app/protocol.h"

namespace weir::recognised {

ProbeResult probe_smb(Direction d, Bytes data);  // NetBIOS session service, RFC 1002 4.3
ProbeResult confirm_dcerpc(Direction d,
                           Bytes data);  // C706 chapter 12, connection-oriented and connectionless
ProbeResult confirm_http2(Direction d, Bytes data);  // RFC 9113 3.4: the server starts with SETTINGS
ProbeResult probe_quic(Direction d, Bytes data);     // RFC 8999
ProbeResult confirm_sip(Direction d, Bytes data);    // RFC 3261 7.1
ProbeResult probe_snmp(Direction d, Bytes data);     // RFC 3416, RFC 3412
ProbeResult probe_krb5(Direction d, Bytes data);     // RFC 4120 5.10, 7.2.2
ProbeResult probe_ike(Direction d, Bytes data);      // RFC 7296 3.1, RFC 2408 3.1
ProbeResult probe_ntp(Direction d, Bytes data);      // RFC 5905 7.3
ProbeResult probe_dhcp(Direction d, Bytes data);     // RFC 2131 2
ProbeResult probe_tftp(Direction d, Bytes data);     // RFC 1350 5
ProbeResult probe_nfs(Direction d, Bytes data);      // RFC 5531 9, 11
ProbeResult probe_rdp(Direction d, Bytes data);      // RFC 1006, X.224
ProbeResult probe_modbus(Direction d, Bytes data);
ProbeResult probe_dnp3(Direction d, Bytes data);
ProbeResult probe_ldap(Direction d, Bytes data);    // RFC 4511 4.1.1
ProbeResult probe_telnet(Direction d, Bytes data);  // RFC 854: an option negotiation

}  // namespace weir::recognised
