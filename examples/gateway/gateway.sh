#!/usr/bin/env bash
# Hands what this machine forwards to `weir prevent`, and takes that back again.
#
#   gateway.sh up   [--nft|--iptables] [--queues N] [--host]
#   gateway.sh down [--nft|--iptables]
#
# --queues N  spread flows over queues 0 to N-1, for `weir prevent -q 0:N-1` (default: one, `-q 0`)
# --host      also what is meant for, and comes from, this machine itself (loopback excepted)
#
# As long as no engine has bound a queue its packets pass (bypass): `up` before or after the engine is started, and an
# engine that ends, however, takes nothing down. Each form touches only rules of its own: a table "weir" (nft), a chain
# "WEIR" (iptables). Packets with mark 0x2 pass by: flows that the engine has marked so (nfq.bypass-mark: 2,
# nfq.bypass-mask: 2) are not handed over any more.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
die() { echo "gateway.sh: $*" >&2; exit 1; }

action="${1:-}"; shift || usage
form="" queues=1 host=no
while [ $# -gt 0 ]; do
  case "$1" in
    --nft) form=nft ;;
    --iptables) form=iptables ;;
    --queues) queues="${2:?--queues needs a number}"; shift ;;
    --host) host=yes ;;
    *) usage ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || die "needs root"
[ -n "$form" ] || { command -v nft >/dev/null && form=nft || form=iptables; }
command -v "$form" >/dev/null || die "$form is not installed: apt install ${form/nft/nftables}"
[ "$queues" -ge 1 ] 2>/dev/null || die "--queues $queues: expected a number from 1"

mark=0x2
hooks="forward"; [ "$host" = no ] || hooks="forward input output"

nft_up() {
  local target="queue num 0 bypass"
  [ "$queues" = 1 ] || target="queue num 0-$((queues - 1)) bypass,fanout"
  {
    echo "table inet weir {"
    for hook in $hooks; do
      echo "  chain $hook {"
      echo "    type filter hook $hook priority 10; policy accept;"
      echo '    iifname "lo" accept'
      echo '    oifname "lo" accept'
      echo "    ct mark and $mark == $mark accept"
      echo "    $target"
      echo "  }"
    done
    echo "  chain keep {"  # the engine marks a packet, its connection keeps the mark
    echo "    type filter hook postrouting priority 20; policy accept;"
    echo "    meta mark and $mark == $mark ct mark set ct mark or $mark"
    echo "  }"
    echo "}"
  } | nft -f -
}
nft_down() { nft delete table inet weir 2>/dev/null || true; }

iptables_each() { for tables in iptables ip6tables; do "$tables" -w "$@"; done; }
iptables_up() {
  local target=(NFQUEUE --queue-num 0 --queue-bypass)
  [ "$queues" = 1 ] || target=(NFQUEUE --queue-balance "0:$((queues - 1))" --queue-bypass)
  iptables_each -N WEIR
  iptables_each -A WEIR -i lo -j RETURN
  iptables_each -A WEIR -o lo -j RETURN
  iptables_each -A WEIR -m connmark --mark "$mark/$mark" -j RETURN
  iptables_each -A WEIR -j "${target[@]}"
  for hook in $hooks; do iptables_each -I "${hook^^}" -j WEIR; done
  iptables_each -t mangle -A POSTROUTING -m mark --mark "$mark/$mark" -j CONNMARK --set-xmark "$mark/$mark" -m comment --comment weir
}
iptables_down() {
  local tables hook
  for tables in iptables ip6tables; do
    for hook in FORWARD INPUT OUTPUT; do
      while "$tables" -w -D "$hook" -j WEIR 2>/dev/null; do :; done
    done
    while "$tables" -w -t mangle -D POSTROUTING -m mark --mark "$mark/$mark" -j CONNMARK --set-xmark "$mark/$mark" -m comment --comment weir 2>/dev/null; do :; done
    if "$tables" -w -F WEIR 2>/dev/null; then "$tables" -w -X WEIR || true; fi
  done
}

case "$action" in
  up)
    "${form}_down"
    "${form}_up"
    [ "$(sysctl -n net.ipv4.ip_forward)" = 1 ] || echo "gateway.sh: note: this machine does not forward (sysctl -w net.ipv4.ip_forward=1)" >&2
    last=$((queues - 1))
    echo "ready for: weir prevent -q $([ "$queues" = 1 ] && echo 0 || echo "0:$last") -S RULES -l /var/log/weir"
    ;;
  down) "${form}_down"; echo "nothing is handed over any more" ;;
  *) usage ;;
esac
