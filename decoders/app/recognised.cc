// Protocols that are recognised but not parsed (yet): their flows carry the name, rules about them see the
// stream.
#include <array>

#include "decoders/app/protocol.h"
#include "decoders/app/recognised.h"

namespace weir {
namespace {

constexpr Direction kServer = Direction::to_server, kClient = Direction::to_client;

constexpr std::array kFtp = {
    ProbePattern{.bytes = "220 (", .direction = kClient}, ProbePattern{.bytes = "FEAT", .nocase = true},
    ProbePattern{.bytes = "USER ", .nocase = true},       ProbePattern{.bytes = "PASS ", .nocase = true},
    ProbePattern{.bytes = "PORT ", .nocase = true},       ProbePattern{.bytes = "EPRT ", .nocase = true},
};
constexpr std::array kSmtp = {
    ProbePattern{.bytes = "EHLO", .nocase = true},
    ProbePattern{.bytes = "HELO", .nocase = true},
    ProbePattern{.bytes = "QUIT", .nocase = true},
};
constexpr std::array kSmb = {
    ProbePattern{.bytes = "\xffSMB", .offset = 4, .direction = kServer},
    ProbePattern{.bytes = "\xffSMB", .offset = 4, .direction = kClient},
    ProbePattern{.bytes = "\xfeSMB", .offset = 4, .direction = kServer},
    ProbePattern{.bytes = "\xfeSMB", .offset = 4, .direction = kClient},
    ProbePattern{.bytes = "\xfdSMB", .offset = 4, .direction = kServer},
    ProbePattern{.bytes = "\xfdSMB", .offset = 4, .direction = kClient},
};
// Version 5.0 over TCP, 4.0 over UDP.
constexpr std::array kDcerpcTcp = {
    ProbePattern{.bytes = {"\x05\x00", 2}, .direction = kServer},
    ProbePattern{.bytes = {"\x05\x00", 2}, .direction = kClient},
};
constexpr std::array kDcerpcUdp = {
    ProbePattern{.bytes = {"\x04\x00", 2}, .direction = kServer},
    ProbePattern{.bytes = {"\x04\x00", 2}, .direction = kClient},
};
constexpr std::array kImap = {
    ProbePattern{.bytes = "* OK ", .direction = kClient},
    ProbePattern{.bytes = "1 capability", .nocase = true},
};
constexpr std::array kHttp2 = {
    ProbePattern{.bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    ProbePattern{.bytes = {"\x00\x00", 2}, .direction = kClient},
};
constexpr std::array kSip = {
    ProbePattern{.bytes = "INVITE "},
    ProbePattern{.bytes = "REGISTER "},
    ProbePattern{.bytes = "OPTIONS "},
    ProbePattern{.bytes = "ACK "},
    ProbePattern{.bytes = "BYE "},
    ProbePattern{.bytes = "CANCEL "},
    ProbePattern{.bytes = "SUBSCRIBE "},
    ProbePattern{.bytes = "NOTIFY "},
    ProbePattern{.bytes = "MESSAGE "},
    ProbePattern{.bytes = "UPDATE "},
    ProbePattern{.bytes = "REFER "},
    ProbePattern{.bytes = "INFO "},
    ProbePattern{.bytes = "PUBLISH "},
    ProbePattern{.bytes = "PRACK "},
    ProbePattern{.bytes = "SIP/2.0 ", .direction = kClient},
};
constexpr std::array kRfb = {
    ProbePattern{.bytes = "RFB ", .direction = kServer},
    ProbePattern{.bytes = "RFB ", .direction = kClient},
};
// The name of the protocol stands behind a fixed header of type and length (one or two bytes).
constexpr std::array kMqtt = {
    ProbePattern{.bytes = {"\x00\x04MQTT", 6}, .offset = 2, .depth = 11},
    ProbePattern{.bytes = {"\x00\x06MQIsdp", 8}, .offset = 2, .depth = 13},
    ProbePattern{.bytes = {"\x20\x02\x00", 3}, .direction = kClient},
};
constexpr std::array kBittorrentDht = {
    ProbePattern{.bytes = "d1:ad2:id20:", .direction = kServer},
    ProbePattern{.bytes = "d1:ad2:id20:", .direction = kClient},
    ProbePattern{.bytes = "d1:rd2:id20:", .direction = kServer},
    ProbePattern{.bytes = "d1:rd2:id20:", .direction = kClient},
    ProbePattern{.bytes = "d2:ip", .direction = kServer},
    ProbePattern{.bytes = "d2:ip", .direction = kClient},
    ProbePattern{.bytes = "d1:el", .direction = kServer},
    ProbePattern{.bytes = "d1:el", .direction = kClient},
};

}  // namespace

using namespace recognised;

const ProtocolInfo proto_ftp{
    .id = AppProto::ftp, .name = "ftp", .config_name = "ftp", .over_tcp = true, .patterns_tcp = kFtp};
const ProtocolInfo proto_ftp_data{
    .id = AppProto::ftp_data, .name = "ftp-data", .config_name = "ftp-data", .over_tcp = true};
const ProtocolInfo proto_smtp{
    .id = AppProto::smtp, .name = "smtp", .config_name = "smtp", .over_tcp = true, .patterns_tcp = kSmtp};
const ProtocolInfo proto_smb{.id = AppProto::smb,
                             .name = "smb",
                             .config_name = "smb",
                             .over_tcp = true,
                             .patterns_tcp = kSmb,
                             .probe = probe_smb,
                             .probe_ports = {.tcp = "139,445"}};
const ProtocolInfo proto_dcerpc{.id = AppProto::dcerpc,
                                .name = "dcerpc",
                                .config_name = "dcerpc",
                                .over_tcp = true,
                                .over_udp = true,
                                .patterns_tcp = kDcerpcTcp,
                                .patterns_udp = kDcerpcUdp,
                                .confirm = confirm_dcerpc};
const ProtocolInfo proto_imap{
    .id = AppProto::imap, .name = "imap", .config_name = "imap", .over_tcp = true, .patterns_tcp = kImap};
const ProtocolInfo proto_pop3{.id = AppProto::pop3, .name = "pop3", .config_name = "pop3", .over_tcp = true};
const ProtocolInfo proto_http2{.id = AppProto::http2,
                               .name = "http2",
                               .config_name = "http2",
                               .over_tcp = true,
                               .patterns_tcp = kHttp2,
                               .confirm = confirm_http2};
const ProtocolInfo proto_quic{.id = AppProto::quic,
                              .name = "quic",
                              .config_name = "quic",
                              .over_udp = true,
                              .probe = probe_quic,
                              .probe_ports = {.udp = "443,80"}};
const ProtocolInfo proto_sip{.id = AppProto::sip,
                             .name = "sip",
                             .config_name = "sip",
                             .over_tcp = true,
                             .over_udp = true,
                             .patterns_tcp = kSip,
                             .patterns_udp = kSip,
                             .confirm = confirm_sip};
const ProtocolInfo proto_snmp{.id = AppProto::snmp,
                              .name = "snmp",
                              .config_name = "snmp",
                              .over_udp = true,
                              .probe = probe_snmp,
                              .probe_ports = {.udp = "161,162"}};
const ProtocolInfo proto_krb5{.id = AppProto::krb5,
                              .name = "krb5",
                              .config_name = "krb5",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = probe_krb5,
                              .probe_ports = {.tcp = "88", .udp = "88"}};
const ProtocolInfo proto_ike{.id = AppProto::ike,
                             .name = "ike",
                             .config_name = "ike",
                             .over_udp = true,
                             .probe = probe_ike,
                             .probe_ports = {.udp = "500"}};
const ProtocolInfo proto_ntp{.id = AppProto::ntp,
                             .name = "ntp",
                             .config_name = "ntp",
                             .over_udp = true,
                             .probe = probe_ntp,
                             .probe_ports = {.udp = "123"}};
const ProtocolInfo proto_dhcp{.id = AppProto::dhcp,
                              .name = "dhcp",
                              .config_name = "dhcp",
                              .over_udp = true,
                              .probe = probe_dhcp,
                              .probe_ports = {.udp = "67,68"}};
const ProtocolInfo proto_tftp{.id = AppProto::tftp,
                              .name = "tftp",
                              .config_name = "tftp",
                              .over_udp = true,
                              .probe = probe_tftp,
                              .probe_ports = {.udp = "69"}};
const ProtocolInfo proto_nfs{.id = AppProto::nfs,
                             .name = "nfs",
                             .config_name = "nfs",
                             .over_tcp = true,
                             .over_udp = true,
                             .probe = probe_nfs,
                             .probe_ports = {.tcp = "2049", .udp = "2049"}};
const ProtocolInfo proto_rdp{.id = AppProto::rdp,
                             .name = "rdp",
                             .config_name = "rdp",
                             .over_tcp = true,
                             .probe = probe_rdp,
                             .probe_ports = {.tcp = "3389"}};
const ProtocolInfo proto_rfb{
    .id = AppProto::rfb, .name = "rfb", .config_name = "rfb", .over_tcp = true, .patterns_tcp = kRfb};
const ProtocolInfo proto_mqtt{
    .id = AppProto::mqtt, .name = "mqtt", .config_name = "mqtt", .over_tcp = true, .patterns_tcp = kMqtt};
const ProtocolInfo proto_modbus{.id = AppProto::modbus,
                                .name = "modbus",
                                .config_name = "modbus",
                                .over_tcp = true,
                                .enabled_by_default = false,
                                .probe = probe_modbus,
                                .probe_ports = {.tcp = "502"}};
const ProtocolInfo proto_dnp3{.id = AppProto::dnp3,
                              .name = "dnp3",
                              .config_name = "dnp3",
                              .over_tcp = true,
                              .enabled_by_default = false,
                              .probe = probe_dnp3,
                              .probe_ports = {.tcp = "20000"}};
const ProtocolInfo proto_enip{.id = AppProto::enip,
                              .name = "enip",
                              .config_name = "enip",
                              .over_tcp = true,
                              .over_udp = true,
                              .enabled_by_default = false};
const ProtocolInfo proto_pgsql{.id = AppProto::pgsql,
                               .name = "pgsql",
                               .config_name = "pgsql",
                               .over_tcp = true,
                               .enabled_by_default = false};
const ProtocolInfo proto_ldap{.id = AppProto::ldap,
                              .name = "ldap",
                              .config_name = "ldap",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = probe_ldap,
                              .probe_ports = {.tcp = "389,3268", .udp = "389,3268"}};
const ProtocolInfo proto_telnet{.id = AppProto::telnet,
                                .name = "telnet",
                                .config_name = "telnet",
                                .over_tcp = true,
                                .probe = probe_telnet,
                                .probe_ports = {.tcp = "23"}};
const ProtocolInfo proto_bittorrent_dht{.id = AppProto::bittorrent_dht,
                                        .name = "bittorrent-dht",
                                        .config_name = "bittorrent-dht",
                                        .over_udp = true,
                                        .patterns_udp = kBittorrentDht};
const ProtocolInfo proto_websocket{
    .id = AppProto::websocket, .name = "websocket", .config_name = "websocket", .over_tcp = true};
const ProtocolInfo proto_doh2{.id = AppProto::doh2, .name = "doh2", .config_name = "doh2", .over_tcp = true};
const ProtocolInfo proto_irc{.id = AppProto::irc, .name = "irc", .config_name = "irc", .over_tcp = true};

}  // namespace weir
