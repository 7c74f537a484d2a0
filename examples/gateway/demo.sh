#!/usr/bin/env bash
# A gateway with weir in the middle, end to end, on this machine alone: three network namespaces are a client, a gateway
# and a web server. A rule drops requests for one page; another page loads; the log says what was stopped and why.
# Everything that it makes is gone when it ends. Needs root; iproute2, iptables, nginx-light, curl.
#
#   demo.sh [WEIR]     the program to be shown (default: build/weir of this repository)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
weir="$(realpath "${1:-$here/../../build/weir}")"
[ "$(id -u)" = 0 ] || { echo "demo.sh: needs root" >&2; exit 1; }
[ -x "$weir" ] || { echo "demo.sh: $weir is not there: build first (examples/quickstart.sh)" >&2; exit 1; }
PATH="$PATH:/usr/sbin:/sbin"
for tool in ip iptables nginx curl; do
  command -v "$tool" >/dev/null || { echo "demo.sh: $tool is not installed: apt install iproute2 iptables nginx-light curl" >&2; exit 1; }
done

folder="$(mktemp -d)"; chmod 755 "$folder"
tag="weir-demo-$$"
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  for host in client gateway server; do ip netns del "$tag-$host" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap clean_up EXIT
on() { local host="$1"; shift; ip netns exec "$tag-$host" "$@"; }
wait_for() { for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; echo "demo.sh: gave up waiting for: $*" >&2; exit 1; }

echo "== three hosts: client 10.88.1.2 - gateway - server 10.88.2.2"
for host in client gateway server; do ip netns add "$tag-$host"; done
n=0
for side in client server; do
  n=$((n + 1))
  ip link add "wd$n.$$" netns "$tag-$side" type veth peer name "wdg$n.$$" netns "$tag-gateway"
  on "$side" ip address add "10.88.$n.2/24" dev "wd$n.$$"
  on gateway ip address add "10.88.$n.1/24" dev "wdg$n.$$"
  on "$side" ip link set "wd$n.$$" up
  on gateway ip link set "wdg$n.$$" up
  on "$side" ip route add default via "10.88.$n.1"
done
on gateway sysctl -qw net.ipv4.ip_forward=1

mkdir "$folder/www"
echo "welcome" >"$folder/www/index.html"
echo "the plans" >"$folder/www/plans.html"
cat >"$folder/nginx.conf" <<CONF
daemon off; master_process off; pid $folder/nginx.pid; error_log $folder/nginx.log;
events {} http { access_log off; server { listen 8080; root $folder/www; } }
CONF
ip netns exec "$tag-server" nginx -c "$folder/nginx.conf" & pids+=($!)
wait_for on client curl -sf http://10.88.2.2:8080/

echo "== the gateway hands over what it forwards; nobody has bound the queue yet, and traffic passes"
on gateway "$here/gateway.sh" up --iptables --queues 2
on client curl -sS http://10.88.2.2:8080/plans.html

cat >"$folder/demo.rules" <<'RULES'
drop http any any -> any any (msg:"DEMO plans asked for"; flow:established,to_server; http.uri; content:"/plans"; sid:9100001; rev:1;)
RULES
echo "== weir prevent -q 0:1 with one rule:"
cat "$folder/demo.rules"
ip netns exec "$tag-gateway" "$weir" prevent -q 0:1 -S "$folder/demo.rules" -l "$folder" --no-cache & pids+=($!)
engine=$!
wait_for on gateway grep -q '^ *0 ' /proc/net/netfilter/nfnetlink_queue

echo "== the welcome page loads, the plans do not:"
on client curl -sS --max-time 3 http://10.88.2.2:8080/
if on client curl -sS --max-time 2 http://10.88.2.2:8080/plans.html; then
  echo "demo.sh: the page came through" >&2
  exit 1
fi

kill "$engine"; wait "$engine" || true
echo "== eve.json says:"
grep -m 1 '"event_type":"alert"' "$folder/eve.json"
grep -m 1 '"event_type":"drop"' "$folder/eve.json"
echo "== the engine has ended, and traffic passes again:"
on client curl -sS --max-time 3 http://10.88.2.2:8080/plans.html
