#include "engine/config/known_keys.h"

namespace weir::engine {

// Taken from suricata.yaml of Suricata 8 and its user guide; what of it is read here, and what is our own, tests/accepted_names.py
// holds up.
std::string_view known_keys_outline() {
  return R"(
suricata-version -
include
plugins -
vars
  address-groups
    *
  port-groups
    *
default-log-dir, default-data-dir, default-rule-path, rule-files, classification-file, reference-config-file,
threshold-file, action-order, packet-alert-max, exception-policy, sensor-name, geoip-database,
reputation-categories-file, default-reputation-path, reputation-files
simulate-ips -
stats
  enabled = bool
  interval = number
  decoder-events, decoder-events-prefix, stream-events -
  exception-policy
    global-stats, per-app-proto-errors
outputs
  eve-log
    enabled, filetype, type, filename, filemode, append, threaded, prefix, identity, facility, level
    redis -
    sensor-name, suricata-version, community-id, community-id-seed, ethernet, metadata, pcap-file,
    rotate-interval, rotate-size, rotate-keep
    xff
      enabled = bool
      mode = extra-data overwrite
      deployment = reverse forward
      header
    buffer-size -
    types
      alert
        enabled, payload, payload-buffer-size, payload-printable, payload-length, packet, tagged-packets, verdict
        metadata ~
          app-layer, flow
          rule ~
            metadata, raw, reference
        xff
          enabled = bool
          mode = extra-data overwrite
          deployment = reverse forward
          header
        http-body, http-body-printable, websocket-payload, websocket-payload-printable
        http, http2, dns, mdns, tls, ssh, ftp, smtp, smb, nfs, dnp3, ntp, files
          .
      anomaly
        enabled, packethdr
        types
          decode, stream, applayer, flow-export
      http
        enabled, extended, custom, dump-all-headers
        xff
          enabled = bool
          mode = extra-data overwrite
          deployment = reverse forward
          header
      dns
        enabled, version, custom, requests, responses, request, response, query, answer, types
        formats = detailed grouped
      smb
        enabled
        types = file tree_connect negotiate dcerpc create session_setup ioctl rename set_file_path_info generic
      mdns
        enabled, requests, responses, types
        formats = detailed grouped
        version -
      tls
        enabled, extended, session-resumption, custom
        ja4, subjectaltname, client, server -
      smtp, pop3, imap
        enabled, extended, custom, md5
      http2, krb5, ldap, rdp, tftp, bittorrent-dht, dcerpc, ssh, ftp, websocket
        enabled
      files
        enabled, force-magic, force-hash
        xff
          enabled = bool
          mode = extra-data overwrite
          deployment = reverse forward
          header
      drop
        enabled, alerts, flows, verdict
      stats
        enabled, totals, deltas, null-values, threads
      *
        .
  fast
    enabled, filetype, type, filename, filemode, append, identity, facility, level, rotate-interval,
    rotate-size, rotate-keep
  stats
    enabled, filetype, type, filename, filemode, append, identity, facility, level, rotate-interval,
    rotate-size, rotate-keep, totals, threads, null-values
  file-store
    version, enabled, dir, write-fileinfo, force-filestore, stream-depth, max-open-files, force-hash,
    force-magic
    xff -
  pcap-log
    enabled = bool
    filename, limit, max-files, compression, lz4-level, lz4-checksum, mode, dir, ts-format, use-stream-depth,
    honor-pass-rules, conditional
    sguil-base-dir, bpf-filter -
  *
    .
logging -
af-packet
  interface, bpf-filter
  threads = number auto
  cluster-id, ring-size, block-timeout, snaplen = number
  block-size = size
  defrag, disable-promisc = bool
  cluster-type, use-mmap, mmap-locked, tpacket-v3, v2-block-size, use-emergency-flush, buffer-size, checksum-checks, bypass,
  ebpf-filter-file, ebpf-lb-file, pinned-maps, rollover, copy-mode, copy-iface -
pcap
  interface, bpf-filter
  snaplen = number
  buffer-size = size
  promisc = bool
  checksum-checks, threads -
pcap-file
  checksum-checks = bool auto
  delete-when-done, bpf-filter, recursive, continuous, delay, poll-interval, tenant-id, buffer-size -
bpf-filter -
nfq
  mode = accept repeat route
  repeat-mark, repeat-mask, bypass-mark, bypass-mask, route-queue, batchcount, queue-length
  fail-open = bool
af-xdp, dpdk, netmap, pfring, ipfw, nflog, dag, erf-dag, erf-file, napatech, windivert, tilera, mpipe, cuda,
bypass, capture -
app-layer
  error-policy
  protocols
    http
      enabled = bool detection-only
      detection-ports
        dp, sp
      memcap -
      libhtp
        default-config
          personality -
          request-body-limit, response-body-limit, request-body-minimal-inspect-size,
          request-body-inspect-window, response-body-minimal-inspect-size, response-body-inspect-window,
          response-body-decompress-layer-limit
          http-body-inline = bool auto
          swf-decompression
            enabled = bool
            type = deflate lzma both
            compress-depth, decompress-depth = size
          compress-depth, decompress-depth, randomize-inspection-sizes, randomize-inspection-range -
          double-decode-path, double-decode-query, query-plusspace-decode, uri-include-all,
          lzma-enabled, lzma-memlimit, compression-bomb-limit
          decompression-time-limit -
          max-tx
          allow-space-uri, headers-limit, meta-field-limit, path-convert-backslash-separators,
          path-bestfit-replacement-char,
          path-convert-lowercase, path-nul-encoded-handling, path-nul-raw-handling, path-separators-compress,
          path-separators-decode, path-u-encoding-decode, path-url-encoding-invalid-handling,
          path-utf8-convert-bestfit, path-invalid-encoding, path-decode-u-encoding, set-path-nul-raw-handling -
        server-config -
      byterange
        memcap, timeout
    ftp
      enabled = bool detection-only
      detection-ports
        dp, sp
      memcap -
      max-tx, max-line-length
    dns
      enabled = bool detection-only
      detection-ports
        dp, sp
      global-memcap, state-memcap, request-flood -
      tcp, udp
        enabled = bool detection-only
        detection-ports
          dp, sp
    tls
      enabled = bool detection-only
      detection-ports
        dp, sp
      ja3-fingerprints, ja4-fingerprints
      encryption-handling, encrypt-handling
      no-reassemble, subjectaltname -
    ssh
      enabled = bool detection-only
      detection-ports
        dp, sp
      hassh, encryption-handling
    dcerpc
      enabled = bool detection-only
      detection-ports
        dp, sp
      tcp, udp
        enabled = bool detection-only
        detection-ports
          dp, sp
      max-tx, max-stub-size
    ldap
      enabled = bool detection-only
      detection-ports
        dp, sp
      tcp, udp
        enabled = bool detection-only
        detection-ports
          dp, sp
      max-tx
    pop3, imap
      enabled = bool detection-only
      detection-ports
        dp, sp
      max-tx
      mime
        decode-mime, decode-base64, decode-quoted-printable, header-value-depth, extract-urls,
        extract-urls-schemes, log-url-scheme, body-md5
      inspected-tracker
        content-limit, content-inspect-min-size, content-inspect-window
      stream-depth -
    smtp
      enabled = bool detection-only
      detection-ports
        dp, sp
      raw-extraction, max-tx
      mime
        decode-mime, decode-base64, decode-quoted-printable, header-value-depth, extract-urls,
        extract-urls-schemes, log-url-scheme, body-md5
      inspected-tracker
        content-limit, content-inspect-min-size, content-inspect-window
    smb
      enabled = bool detection-only
      detection-ports
        dp, sp
      max-tx, stream-depth, max-read-size, max-read-queue-size, max-read-queue-cnt
      max-write-size, max-write-queue-size, max-write-queue-cnt
      max-guid-cache-size, max-rec-offset-cache-size, max-tree-cache-size
      max-dcerpc-frag-cache-size, max-session-cache-size
    nfs
      enabled = bool detection-only
      detection-ports
        dp, sp
      tcp, udp
        enabled = bool detection-only
        detection-ports
          dp, sp
      max-tx
    http2
      enabled = bool detection-only
      detection-ports
        dp, sp
      max-streams = number
      max-table-size, max-reassembly-size = size
      http1-rules, max-frames -
    websocket
      enabled = bool detection-only
      detection-ports
        dp, sp
      max-payload-size = size
    bittorrent, bittorrent-dht, dhcp, dnp3, doh2, enip, ftp-data, ike, irc, krb5, mdns, modbus,
    mqtt, ntp, pgsql, quic, rdp, rfb, rsync, sip, snmp, telnet, tftp
      enabled = bool detection-only
      detection-ports
        dp, sp
      tcp, udp
        enabled = bool detection-only
        detection-ports
          dp, sp
      stream-depth, max-tx, max-msg-length, max-msg-len, subscribe-topic-match-limit,
      unsubscribe-topic-match-limit, request-flood, memcap,
      max-streams, max-table-size, max-reassembly-size, max-payload-size -
asn1-max-frames -
datasets
  enabled -
  defaults
    memcap = size
    hashsize = number
  limits
    total-hashsizes, single-hashsize = number
  rules
    allow-absolute-filenames, allow-write = bool
  *
    memcap = size
    hashsize = number
    type, load, save, state
security
  limit-noproc -
  landlock
    enabled -
    directories
      write, read
  lua -
coredump, host-mode, max-pending-packets, runmode, autofp-scheduler, default-packet-size,
heartbeat, multi-detect, pid-file, daemon-directory, umask -
run-as
  user, group
unix-command
  enabled = bool auto
  filename
magic-file, legacy, engine-analysis, pcre -
host-os-policy
  bsd, bsd-right, first, hpux10, hpux11, irix, last, linux, macos, old-linux, old-solaris, solaris, vista,
  windows, windows2k3
defrag
  memcap, memcap-policy, hash-size, trackers, max-frags
  prealloc -
  timeout
  host-config
    *
      timeout, address
flow
  memcap, memcap-policy, hash-size, prealloc, emergency-recovery
  prune-flows, managers, recyclers, rate-tracking -
  ended-memory
vlan
  use-for-tracking
livedev -
flow-timeouts
  *
    new, established, closed, bypassed, emergency-new, emergency-established, emergency-closed,
    emergency-bypassed
stream
  memcap, memcap-policy, checksum-validation, midstream, midstream-policy, async-oneside, inline, drop-invalid,
  bypass, max-syn-queued, max-synack-queued
  prealloc-sessions, prealloc-segments, liberal-timestamps -
  reassembly
    memcap, memcap-policy, depth, toserver-chunk-size, toclient-chunk-size
    randomize-chunk-size, randomize-chunk-range, raw, segment-prealloc -
    check-overlap-different-data
    max-regions -
    urgent
      policy, oob-limit-policy
    other-readings
host, ippair -
decoder
  teredo
    enabled = bool
    ports
  vxlan
    enabled = bool
    ports, reserved-bits-check
  geneve
    enabled = bool
    ports
  gtp-u
    enabled = bool
    ports
  vntag
    enabled
  recursion-level
    use-for-tracking
  max-layers
detect
  guess-applayer-tx, stream-tx-log-limit
  profile, custom-values, sgh-mpm-context, sgh-mpm-caching, sgh-mpm-caching-path, sgh-mpm-caching-max-age,
  inspection-recursion-limit, delayed-detect, prefilter, grouping, thresholds, profiling, firewall -
detect-engine, mpm-algo, spm-algo -
threading
  set-cpu-affinity
  autopin -
  cpu-affinity
    *
      cpu, mode
      threads, prio -
      interface-specific-cpu-set
        interface, cpu, mode
        threads, prio -
  detect-thread-ratio, stack-size -
luajit, lua, firewall, profiling, livereload -
weir
  cache-dir
  capture = af-packet pcap
  control
    enabled = bool
    group, mode, path
  core-dumps, older-stats = bool
  event-size, flow-log-burst, log-rotate-size = size
  file-store
    max-file-size, max-total-size, queue-size = size
    max-files = number
  flows
    active-timeout
      default, icmp, tcp, udp = number
    as-database
    eve, only = bool
    payload, status-interval = number
    sample
    clickhouse
      batch, interval = number
      buffer-dir, password-file, table, url, user
      buffer-size = size
      tls
        ca
        verify = bool
    store
      max-age, seal-interval
      max-size = size
      rollups
        5m, 1h
          by = src dst proto port sport dport exporter vlan tos in-if out-if src-as dst-as app sni
          max-age
          max-size = size
    scans
      enabled = bool
      hosts, ports, ratio, window = number
    export
      balance = all flow-hash
      collectors
      domain, engine-id, engine-type, enterprise, mtu, rate, template-interval, template-messages = number
      format = netflow5 netflow9 ipfix ipfix-biflow
      queue, rotate-size = size
      rotate-interval
      tls
        ca, certificate, key
        verify = bool
  flow-log-rate, log-queue-mb, log-rotate-keep, packet-budget-us, restart-stuck-ms, watchdog-ms = number
  memory-policy, packet-budget-policy
  metrics
    enabled = bool
    group, listen, mode
  pcap-log
    before-alert, queue-size = size
  normalizer
    enabled = bool
    ip4
      rf
    tcp
      allow-codes, opts, req-pay, req-urg, req-urp, rsv
  sandbox
    landlock = bool
    read, seccomp, write
)";
}

}  // namespace weir::engine
