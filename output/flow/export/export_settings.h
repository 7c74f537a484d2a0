// Where flow records are sent, and how: --flow-export, --flow-format, `weir: flows: export:`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "output/flow/export/export_message.h"
#include "output/flow/export/flow_way.h"
#include "output/rotation.h"

namespace weir::output {

struct ExportTarget {
  enum class Transport : std::uint8_t { udp, tcp, tls, file };
  Transport transport = Transport::udp;
  std::string text;  // as it was given
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string path;  // of a file

  // "udp://host:port", "tcp://[2001:db8::1]:4739", "file:PATH". Fails with a text that says what is expected.
  static tl::expected<ExportTarget, std::string> parse(std::string_view text);
  [[nodiscard]] bool is_stream() const { return transport == Transport::tcp || transport == Transport::tls; }
};

// "netflow5", "ipfix-biflow" ...; fails with a text that names those that there are.
tl::expected<ExportFormat, std::string> parse_export_format(std::string_view text);
std::string_view export_format_name(ExportFormat format);

struct TlsFiles {
  std::string authorities;       // PEM; empty: those of the system
  std::string certificate, key;  // our own, PEM; empty: none
  bool verify = true;            // that the collector is who it should be
};

// How the run's own meter samples packets, where it does: every N-th, each with the probability 1/N, or all those of one of N
// flows.
enum class SamplingMethod : std::uint8_t { systematic, random, flows };

struct ExportSettings {
  ExportTarget target;
  ExportFormat format = ExportFormat::ipfix;
  std::size_t mtu = 1400;  // bytes that no message has more than
  std::uint32_t template_seconds = 60,
                template_messages = 100;        // over UDP: templates are sent again after so many
  std::uint32_t domain = 0;                     // observation domain; source id of NetFlow v9
  std::uint8_t engine_type = 0, engine_id = 0;  // of NetFlow v5
  std::uint32_t enterprise = 0;                 // number of our own elements; 0: they are not sent
  std::uint32_t rate =
      10'000;  // messages a second over UDP at most, so that a receiver keeps up; 0: no limit
  std::size_t queue_bytes = std::size_t{4} << 20U;  // that wait for a collector over TCP
  std::uint64_t rotate_bytes = 0;                   // of files; 0: no limit
  RotationInterval rotate_interval;
  TlsFiles tls;
  SamplingMethod sampling = SamplingMethod::systematic;  // set by who knows the meter

  // Of files: whether others follow.
  [[nodiscard]] bool rotates() const {
    return rotate_bytes != 0 || rotate_interval.kind != RotationInterval::Kind::never;
  }
  // Fails with a text when the format cannot go this way; begins with `source`, which is how the user named it.
  [[nodiscard]] tl::expected<void, std::string> check(std::string_view source) const;
};

// `enterprise` of `own`, which is `weir.flows.export`, for who reads what was sent under it. Fails as the next one does.
tl::expected<std::uint32_t, std::string> export_enterprise(const Settings& own);

struct FlowExportSettings {
  std::vector<ExportSettings> collectors;
  std::vector<InterfaceName> interfaces;
  std::chrono::milliseconds patience{5000};  // at the end, for collectors that are slow
  bool flushes =
      true;  // records do not wait longer than about a second; without it what files get is the same in every run
  bool by_flow = false;  // each flow to one of the collectors, by its hash; files get all
  std::vector<std::string> warnings;  // keys that have no effect, a line of text each

  // `targets` (--flow-export) in place of the configured collectors when there are any, `format` (--flow-format) in place of the
  // configured one when it is not empty. `own`: `weir.flows.export`. Fails with a text that names the key or option.
  static tl::expected<FlowExportSettings, std::string> from(const Settings& own,
                                                            const std::vector<std::string>& targets,
                                                            const std::string& format);
};

}  // namespace weir::output
