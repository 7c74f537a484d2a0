// Protocols that are recognised but not parsed (yet): their flows carry the name, rules about them see the stream.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_ftp{.id = AppProto::ftp, .name = "ftp", .config_name = "ftp"};
const ProtocolInfo proto_ftp_data{.id = AppProto::ftp_data, .name = "ftp-data", .config_name = "ftp-data"};
const ProtocolInfo proto_smtp{.id = AppProto::smtp, .name = "smtp", .config_name = "smtp"};
const ProtocolInfo proto_ssh{.id = AppProto::ssh, .name = "ssh", .config_name = "ssh"};
const ProtocolInfo proto_smb{.id = AppProto::smb, .name = "smb", .config_name = "smb"};
const ProtocolInfo proto_dcerpc{.id = AppProto::dcerpc, .name = "dcerpc", .config_name = "dcerpc"};
const ProtocolInfo proto_imap{.id = AppProto::imap, .name = "imap", .config_name = "imap"};
const ProtocolInfo proto_pop3{.id = AppProto::pop3, .name = "pop3", .config_name = "pop3"};
const ProtocolInfo proto_http2{.id = AppProto::http2, .name = "http2", .config_name = "http2"};
const ProtocolInfo proto_quic{.id = AppProto::quic, .name = "quic", .config_name = "quic"};
const ProtocolInfo proto_sip{.id = AppProto::sip, .name = "sip", .config_name = "sip"};
const ProtocolInfo proto_snmp{.id = AppProto::snmp, .name = "snmp", .config_name = "snmp"};
const ProtocolInfo proto_krb5{.id = AppProto::krb5, .name = "krb5", .config_name = "krb5"};
const ProtocolInfo proto_ike{.id = AppProto::ike, .name = "ike", .config_name = "ike"};
const ProtocolInfo proto_ntp{.id = AppProto::ntp, .name = "ntp", .config_name = "ntp"};
const ProtocolInfo proto_dhcp{.id = AppProto::dhcp, .name = "dhcp", .config_name = "dhcp"};
const ProtocolInfo proto_tftp{.id = AppProto::tftp, .name = "tftp", .config_name = "tftp"};
const ProtocolInfo proto_nfs{.id = AppProto::nfs, .name = "nfs", .config_name = "nfs"};
const ProtocolInfo proto_rdp{.id = AppProto::rdp, .name = "rdp", .config_name = "rdp"};
const ProtocolInfo proto_rfb{.id = AppProto::rfb, .name = "rfb", .config_name = "rfb"};
const ProtocolInfo proto_mqtt{.id = AppProto::mqtt, .name = "mqtt", .config_name = "mqtt"};
const ProtocolInfo proto_modbus{.id = AppProto::modbus, .name = "modbus", .config_name = "modbus"};
const ProtocolInfo proto_dnp3{.id = AppProto::dnp3, .name = "dnp3", .config_name = "dnp3"};
const ProtocolInfo proto_enip{.id = AppProto::enip, .name = "enip", .config_name = "enip"};
const ProtocolInfo proto_pgsql{.id = AppProto::pgsql, .name = "pgsql", .config_name = "pgsql"};
const ProtocolInfo proto_ldap{.id = AppProto::ldap, .name = "ldap", .config_name = "ldap"};
const ProtocolInfo proto_telnet{.id = AppProto::telnet, .name = "telnet", .config_name = "telnet"};
const ProtocolInfo proto_bittorrent_dht{.id = AppProto::bittorrent_dht, .name = "bittorrent-dht", .config_name = "bittorrent-dht"};
const ProtocolInfo proto_websocket{.id = AppProto::websocket, .name = "websocket", .config_name = "websocket"};
const ProtocolInfo proto_doh2{.id = AppProto::doh2, .name = "doh2", .config_name = "doh2"};
const ProtocolInfo proto_irc{.id = AppProto::irc, .name = "irc", .config_name = "irc"};

}  // namespace weir
