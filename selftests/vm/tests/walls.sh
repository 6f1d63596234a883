#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 300
#
# What whoever takes the daemon over would have: two capabilities, another user's
# rights, no other program, and no key of a connection that the kernel relays.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq python3 openssl adduser

readonly USER_NAME=fedpat

transport=tls1.3
"$E2E/pki.sh" "$PKI"
world_namespaces
world_addresses

# of the daemon, by the kernel
status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$gateway/status"
}

cat >"$WORK/request" <<SIP
OPTIONS sip:alice@example.com SIP/2.0
Via: SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bKwalls
Max-Forwards: 70
From: <sip:bob@example.net>;tag=1
To: <sip:alice@example.com>
Call-ID: walls@edge.example.net
CSeq: 1 OPTIONS
Content-Length: 0

SIP

# relayed VERSION: a partner that is answered, and stays until $WORK/hold is gone
relayed() {
	touch "$WORK/hold"
	# no retransmission of the last one, whose answer would go where that came from
	sed "s/walls/walls-$1/" "$WORK/request" >"$WORK/request.$1"
	ns edge "$E2E/sipraw.py" --cert "$PKI/edge.pem" --key "$PKI/edge.key" \
		--ca "$PKI/public-ca.pem" --seconds 20 --tls "$1" --keylog "$WORK/keys.$1" \
		--expect "SIP/2.0 " --hold "$WORK/hold" 203.0.113.10 5061 "$WORK/request.$1" \
		>"$WORK/answer.$1" 2>&1 &
	partner=$!
	busywait 20 grep -q "SIP/2.0 " "$WORK/answer.$1"
}

released() {
	rm -f "$WORK/hold"
	wait "$partner"
}

# secrets_gone VERSION: none of that connection is in the daemon
secrets_gone() {
	"$E2E/memscan.py" --keylog "$WORK/keys.$1" "$gateway" >"$WORK/scan.$1" 2>&1 || {
		cat "$WORK/scan.$1"
		return 1
	}
	cat "$WORK/scan.$1"
	[ "$(grep -c absent "$WORK/scan.$1")" -ge "$2" ] && ! grep found "$WORK/scan.$1"
}

# The gateway's own private key, which the next handshake needs: it is found, so
# that the search is one that finds; and nothing of it is swapped out or dumped.
own_key() {
	local key result

	key=$(openssl pkey -in "$1" -text -noout |
		sed -n '/^priv:/,/^pub:/{/^ /p}' | tr -d ' :\n')
	[ "${#key}" -ge 64 ] || { echo "no P-256 key in $1"; return 1; }
	# as it is in the file, and as OpenSSL counts with it: the least octet first
	"$E2E/memscan.py" --locked --hex "text=$(sed -n 2p "$1" | tr -d '\n' | od -An -tx1 | tr -d ' \n')" \
		--hex "octets=${key: -64}" \
		--hex "number=$(fold -w 2 <<<"${key: -64}" | tac | tr -d '\n')" "$gateway" \
		>"$WORK/scan.own" 2>&1
	result=$?
	cat "$WORK/scan.own"
	[ $result = 0 ] && grep -q "number found" "$WORK/scan.own"
}

without_user() {
	ns gw "$ROOT/build/fedpatd" --user nobody-at-all --pidfile "$WORK/x.pid" \
		>"$WORK/nobody" 2>&1
	[ $? = 1 ] && grep "no user 'nobody-at-all'.*adduser" "$WORK/nobody"
}

keys_of_others() {
	grep "gw-public.key: Permission denied; give it to.*chown" "$LOGS/fedpatd-user.log"
}

plan 18
check "a user that is not there: told, with what to do" without_user

# as root, without a word about users
scenario_servers
check "as root: messages pass" out pager alice node1 5070
check_equal "root keeps two capabilities" 0000000000001400 "$(status_of CapPrm)"
check_equal "and can get no other" 0000000000000000 "$(status_of CapBnd)"
daemon_stop
before=$(leg_ids)

adduser --system --group --no-create-home --quiet $USER_NAME ||
	fail_all "no user can be made"
daemon_options=(--user "$USER_NAME")
chown $USER_NAME "$WORK"
chmod a+rx "$PKI"
chmod a+r "$PKI"/*.pem
daemon_start fedpatd-user
check_equal "as a user: its own" "$(id -u $USER_NAME)" "$(status_of Uid | cut -f1)"
check_equal "two capabilities" 0000000000001400 "$(status_of CapEff)"
check_equal "none that a program would inherit" 0000000000000000 "$(status_of CapAmb)"
check_equal "no new privileges" 1 "$(status_of NoNewPrivs)"
check_equal "system calls are filtered" 2 "$(status_of Seccomp)"
check_equal "nobody but root looks into it" 0 "$(stat -c %u "/proc/$gateway/maps")"
check_equal "the legs of the last one stand" "$before" "$(leg_ids)"
check "root's keys are not readable: told, with what to do" keys_of_others

chown -R $USER_NAME "$PKI"
kill -HUP "$gateway"
busywait 20 listening gw tcp 7061
for version in 1.3 1.2; do
	relayed $version
	result "a partner is answered over TLS $version" $?
	case $version in
	1.3) check "no secret of this connection is in the daemon" secrets_gone 1.3 8 ;;
	1.2) check "no secret of this connection is in the daemon" secrets_gone 1.2 1 ;;
	esac
	released
done
check "its own key is, in memory that is locked and not dumped" own_key "$PKI/gw-public.key"
check "as a user: messages pass" out pager alice node1 5070
