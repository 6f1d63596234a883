#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# timeout: 180
#
# Keys into the kernel, against OpenSSL's own client and server: both versions,
# each suite, each role; and each bad certificate refused under its name.

. "$(dirname "$0")/../lib.sh"
need openssl

echo_tool=build/net/ktls_echo
[ -x $echo_tool ] || fail_all "$echo_tool is not built; run: make net-programs"
selftests/e2e/pki.sh "$WORK/pki"
cd "$WORK/pki" || exit 1
tool=$OLDPWD/$echo_tool
port=20000

# serve_start: our server in the background, for one connection.
serve_start() {
	port=$((port + 1))
	spawn "serve-$port" timeout "$(patience 30)" "$tool" serve 127.0.0.1 $port \
		gw-public.pem gw-public.key public-ca.pem
	busywait 10 ss_listens $port
}

# saying TEXT COMMAND...: with that line on standard input
saying() {
	local text=$1
	shift

	exec "$@" <<<"$text"
}

# serve_once SUITE-OPTIONS...: s_client talks to our server; the answer must be
# what it said.
serve_once() {
	serve_start || return
	local server=$spawned said=$LOGS/serve-$port.log heard=$LOGS/client-$port.log

	# -quiet keeps s_client there after its input ended
	spawn "client-$port" saying "hello through the kernel" timeout "$(patience 30)" openssl s_client -connect 127.0.0.1:$port \
		-cert edge.pem -key edge.key -CAfile public-ca.pem -verify_return_error \
		-quiet "$@"
	busywait 10 grep -q "hello through the kernel" "$heard"
	reap "$spawned"
	reap "$server"
	cat "$said" "$heard"
	grep -q offloaded "$said" && grep -q "proved edge.example.net" "$said" &&
		grep -q "hello through the kernel" "$heard"
}

ss_listens() {
	ss -Hltn "sport = :$1" | grep -q .
}

# dial_once SUITE-OPTIONS...: our client talks to s_server, which sends back
# lines reversed.
dial_once() {
	port=$((port + 1))
	spawn "server-$port" timeout "$(patience 30)" openssl s_server -accept 127.0.0.1:$port -cert edge.pem \
		-key edge.key -CAfile public-ca.pem -Verify 5 -verify_return_error -naccept 1 \
		-rev -num_tickets 0 "$@"
	busywait 10 ss_listens $port || return
	timeout "$(patience 20)" "$tool" dial 127.0.0.1 $port gw-public.pem gw-public.key public-ca.pem \
		>"$WORK/dial.out" 2>"$WORK/dial.err"
	reap "$spawned"
	cat "$WORK/dial.err" "$LOGS/server-$port.log"
	grep -q offloaded "$WORK/dial.err" && grep -q "lenrek eht hguorht olleh" "$WORK/dial.out"
}

# refused REASON CERT...: s_client shows CERT, or nothing for "-"
refused() {
	local reason=$1 cert=$2 shown=()
	shift 2

	[ "$cert" = - ] || shown=(-cert "$cert.pem" -key "$cert.key")
	serve_start || return
	timeout "$(patience 10)" openssl s_client -connect 127.0.0.1:$port "${shown[@]}" "$@" \
		</dev/null >"$WORK/client.out" 2>&1
	wait "$spawned"
	cat "$LOGS/serve-$port.log"
	grep -q "refused $reason:" "$LOGS/serve-$port.log"
}

plain_to_tls() {
	serve_start || return
	printf 'OPTIONS sip:example.com SIP/2.0\r\n\r\n' | timeout "$(patience 5)" nc -N 127.0.0.1 $port >/dev/null
	wait "$spawned"
	cat "$LOGS/serve-$port.log"
	grep -q "refused tls-not-tls:" "$LOGS/serve-$port.log"
}

alert_to_tls() {
	serve_start || return
	printf '\025\003\003\000\002\002\050' | timeout "$(patience 5)" nc -N 127.0.0.1 $port >/dev/null
	wait "$spawned"
	cat "$LOGS/serve-$port.log"
	grep -q "refused tls-peer-alert: alert instead of a hello: handshake failure" "$LOGS/serve-$port.log"
}

plan 19
for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
	check "TLS 1.3 $suite, we are dialled" serve_once -tls1_3 -ciphersuites $suite
	check "TLS 1.3 $suite, we dial" dial_once -tls1_3 -ciphersuites $suite
done
for suite in AES128-GCM-SHA256 AES256-GCM-SHA384 CHACHA20-POLY1305; do
	check "TLS 1.2 $suite, we are dialled" serve_once -tls1_2 -cipher ECDHE-ECDSA-$suite
	check "TLS 1.2 $suite, we dial" dial_once -tls1_2 -cipher ECDHE-ECDSA-$suite
done
check "no certificate" refused tls-no-certificate -
check "an expired one" refused tls-cert-expired edge-expired
check "one of a CA that nobody trusts" refused tls-unknown-ca edge-wrong-ca
check "TLS 1.1 only" refused tls-version edge -tls1_1 -cipher ALL:@SECLEVEL=0
check "a CBC suite only" refused tls-cipher edge -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
check "SIP without TLS" plain_to_tls
check "an alert before any hello" alert_to_tls
