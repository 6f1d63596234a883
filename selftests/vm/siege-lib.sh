#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the tests that besiege a gateway: bad peers by the hundred (build/net/siege)
# from sixteen addresses, while a good partner and a good node exchange messages at
# their own pace and another good partner dials (sipmill pace). What these see is
# measured in one run, in rounds: peace, siege, peace, siege, peace ...

# shellcheck disable=SC2154 # transport, gateway

. "$(dirname "${BASH_SOURCE[0]}")/mill-lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/faults-lib.sh"
need conntrack

besieger=$FEDPAT_REPO/build/net/siege
[ -x "$besieger" ] || fail_all "$besieger is not built; run: make net-programs"

SIEGE_SOURCES=16
SIEGE_PARALLEL=500
SIEGE_ROUNDS=3
# So long a peace has some ten messages in the slowest hundredth.
SIEGE_PEACE=10
# Results of siege_results.
siege_checks() {
	echo 10
}
# A handshake in the daemon: OpenSSL's state, its buffers, certificates.
HANDSHAKE_KB=128
# A leg: a message of the maximum and 16 KiB each way.
LEG_OCTETS=$((2 * (64 + 16) * 1024))

# siege_begin: the world and the good ones
siege_begin() {
	transport=tls1.3
	local i

	for ((i = 0; i < SIEGE_SOURCES; i++)); do
		mill_second+=", 198.51.100.$((100 + i))"
	done
	harm_begin
	for ((i = 0; i < SIEGE_SOURCES; i++)); do
		addr_ns stranger eth0 "198.51.100.$((100 + i))/24"
	done
	mkfifo "$WORK/orders"
	# On one CPU the yardstick must not wait for it, nor the besiegers take it from the gateway.
	nice -n -10 "$mill" --pki "$PKI" --tls "${transport#tls}" pace 10 <"$WORK/orders" >"$LOGS/pace.log" 2>&1 &
	pace_pid=$!
	lib_pids+=("$pace_pid")
	exec {order_fd}>"$WORK/orders"
	busywait 60 pace_ready || fail_all "no good message passes: $(cat "$LOGS/pace.log")"
}

pace_ready() {
	grep -q '^ready$' "$LOGS/pace.log" || ! kill -0 "$pace_pid"
}

# besiege NAME OPTION... KIND...: the log says what became of them
besiege() {
	local name=$1
	shift

	ns stranger nice -n 19 "$besieger" --pki "$PKI" --sources $SIEGE_SOURCES \
		--parallel $SIEGE_PARALLEL "$@" >"$LOGS/siege-$name.log" 2>&1
}

counters_now() {
	fedctl counters --all | awk '{ print $1, $2 }'
}

leg_count() {
	fedctl -j status | sed -n 's/.*"legs": *\([0-9]*\).*/\1/p'
}

# Those of the good ones: a node and two partners, dialled and having dialled.
siege_over() {
	[ "$(leg_count)" -le 5 ]
}

daemon_rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$gateway/status"
}

daemon_files() {
	find "/proc/$gateway/fd" -mindepth 1 | wc -l
}

# What is held, each second until the file is gone: KiB of the daemon, octets of legs,
# legs, KiB of slabs.
watch_memory() {
	while [ -e "$WORK/watching" ]; do
		echo "$(daemon_rss) $(leg_memory) $(leg_count) $(slab_kb)"
		sleep 1
	done >>"$LOGS/memory.log"
}

slab_kb() {
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}

# most COLUMN: the largest that was seen
most() {
	awk -v c="$1" '$c > m { m = $c } END { print m + 0 }' "$LOGS/memory.log"
}

# One round: siege, and peace after it.
siege_round() {
	local n=$1 watcher
	shift

	touch "$WORK/watching"
	watch_memory &
	watcher=$!
	order phase "siege$n"
	besiege "$n" "$@" || siege_status=1
	order phase rest
	rm "$WORK/watching"
	wait $watcher
	busywait 30 siege_over
	order phase "peace$n"
	sleep $SIEGE_PEACE
}

# siege TOTAL SLOW KIND...: first as many of the kind SLOW as are there at once later,
# so that whatever is taken once is taken; then all of the kinds
siege() {
	local total=$1 slow=$2 n
	shift 2

	siege_status=0
	: >"$LOGS/memory.log"
	besiege first --total $SIEGE_PARALLEL "$slow"
	busywait 30 siege_over
	rss_before=$(daemon_rss)
	files_before=$(settled daemon_files)
	slab_before=$(slabs)
	counters_now >"$WORK/counters.before"
	order phase peace0
	sleep $SIEGE_PEACE
	for ((n = 1; n <= SIEGE_ROUNDS; n++)); do
		siege_round $n --total $((total / SIEGE_ROUNDS + 1)) "$@"
	done
	order over
	wait "$pace_pid"
	pace_status=$?
	exec {order_fd}>&-
	counters_now >"$WORK/counters.after"
	cat "$LOGS"/siege-[1-9].log "$LOGS/pace.log" | diag
}

# Each name that the besiegers wait for has been counted as often as they say. What one
# did late, or its last packet lost, is a timeout instead: at most one in a hundred.
siege_counted() {
	cat "$LOGS"/siege-[1-9].log | awk '
		FILENAME ~ /before$/ { was[$1] = $2; next }
		FILENAME ~ /after$/ { grew[$1] = $2 - was[$1]; next }
		$1 == "reason" { due[$2] += $3 }
		END {
			for (name in due) {
				print name ": " due[name] " were due, " grew[name] " counted"
				all += due[name]
				bad += !due[name] || !grew[name]
				if (grew[name] < due[name])
					missed += due[name] - grew[name]
			}
			late = grew["tls-timeout"] - due["tls-timeout"]
			exit bad || !all || missed > late || missed * 100 > all
		}' "$WORK/counters.before" "$WORK/counters.after" -
}

# measured PHASE NAME: what sipmill measured
measured() {
	sed -n "s/^phase $1 .* $2 \([0-9.-]*\).*/\1/p" "$LOGS/pace.log"
}

# no_slower NAME SLACK-MS: besieged no more than twice what it is in peace, in most
# rounds: the machine may be busy during one
no_slower() {
	local n

	for ((n = 1; n <= SIEGE_ROUNDS; n++)); do
		echo "$(measured peace$((n - 1)) "$1") $(measured "siege$n" "$1") $(measured "peace$n" "$1")"
	done | awk -v slack="$2" -v rounds=$SIEGE_ROUNDS '{
			print "before " $1 " ms, besieged " $2 " ms, after " $3 " ms"
			peace = $1 > $3 ? $1 : $3
			good += $1 > 0 && $2 > 0 && $2 <= 2 * peace + slack
		}
		END { exit 2 * good <= rounds }'
}

none_failed() {
	awk '$1 == "phase" && $2 ~ /^siege/ {
			for (i = 3; i < NF; i++) {
				if ($i == "dials")
					dials += $(i + 1)
				if ($i == "failed")
					failed += $(i + 1)
			}
		}
		END { print failed + 0 " of " dials " failed"; exit !dials || failed }' "$LOGS/pace.log"
}

# at_most GOT LIMIT WHAT
at_most() {
	echo "$3: $1, at most $2"
	[ "$1" -gt 0 ] && [ "$1" -le "$2" ]
}

daemon_bounded() {
	at_most "$(most 1)" $((rss_before + SIEGE_PARALLEL * HANDSHAKE_KB)) "KiB of the daemon"
}

legs_bounded() {
	at_most "$(most 2)" $(($(most 3) * LEG_OCTETS)) "octets of $(most 3) legs"
}

# What the first five hundred took is not taken again; malloc wobbles.
daemon_again() {
	at_most "$(daemon_rss)" $((rss_before * 5 / 4)) "KiB of the daemon" || return
	busywait 20 files_again && return
	echo "$(daemon_files) files of the daemon, $files_before before:"
	ls -l "/proc/$gateway/fd"
	return 1
}

files_again() {
	[ "$(daemon_files)" -le "$files_before" ]
}

slabs_again() {
	forget_ends
	at_most "$(slabs)" $((slab_before + 3072)) "KiB of slabs"
}

# siege_results: of siege, siege_checks of them
siege_results() {
	result "every bad peer ends as it should" "$siege_status"
	result "no message of the good ones is lost or wrong" "$pace_status"
	check "a good partner can dial at any time" none_failed
	check "the median of their latency is at most twice that of peace" no_slower median 0.2
	check "so is what one in a hundred takes" no_slower p99 5
	check "each bad one is counted under its name" siege_counted
	check "memory of the daemon is bounded" daemon_bounded
	check "and that of legs" legs_bounded
	check "the daemon is as it was" daemon_again
	check "so are slabs" slabs_again
}
