#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, ten minutes where the CPU is emulated
# smp: yes
# faults: yes
# timeout: 900
#
# What the gateway lives on is taken from it under traffic: a thousand policies in a
# row, a conntrack table that is full, memory-cap and max-legs below what is in use, a
# clock that jumps, disks that are full. Whatever is answered was delivered once and
# exact; then all is well again and nothing is left.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack python3

kill_legs() {
	local id

	for id in $(leg_ids); do
		fedctl leg kill "$id"
	done
}

commits() {
	ns gw "$FEDPAT_REPO/selftests/net/commits.py" "$(scaled 1000)"
}

# New connections find no room; those that stand go on. The kernel counts what it
# drops for that, and its limit is one for all namespaces.
conntrack_full() {
	local max=/proc/sys/net/netfilter/nf_conntrack_max had used

	had=$(<$max)
	used=$(ns gw cat /proc/sys/net/netfilter/nf_conntrack_count)
	echo "$used" >$max
	sleep 2
	# Now they must be dialled, and cannot.
	kill_legs
	sleep 4
	echo "$had" >$max
	[ "$(ns gw conntrack -S | sed 's/.* drop=\([0-9]*\).*/\1/' | awk '{ n += $1 } END { print n }')" -gt 0 ]
}

limits() {
	fedctl settings set memory-cap 65536 || return
	sleep 2
	fedctl settings set memory-cap 268435456 max-legs 1 || return
	kill_legs
	sleep 3
	fedctl settings set max-legs 10000
}

# Certificates are good for days: behind their end nobody new gets in.
clock_jumps() {
	local jump

	for jump in "+1 hour" "-2 hours" "+400 days" "-400 days" "-10 minutes" "+1 hour +10 minutes"; do
		date -s "$jump" >/dev/null
		sleep 1
		kill_legs
		sleep 1
	done
}

# fill DIR: not an octet is left there
fill() {
	mkdir -p "$1"
	mount -t tmpfs -o size=16k tmpfs "$1" || return
	cat >"$1/ballast" </dev/zero 2>/dev/null
	! echo x >"$1/probe" || return
	rm -f "$1/probe"
}

# The daemon writes what is known of servers there, and can do without.
run_full() {
	fill /run/fedpat || return
	kill_legs
	sleep 3
	umount /run/fedpat
}

# What fedctl writes is there as before, or whole.
disk_full() {
	local dir=$WORK/small policy=$WORK/small/policy.yaml status=0

	mkdir -p "$dir"
	mount -t tmpfs -o size=64k tmpfs "$dir" || return
	fedctl -f "$policy" acl add some permit tcp from 198.51.100.1 to 203.0.113.10 port 1 &&
		fedctl -f "$policy" trustpoint add own cert "$dir/own.pem" key "$dir/own.key" &&
		fedctl -f "$policy" trustpoint generate own self-signed name a.example.com || return
	cat >"$dir/ballast" </dev/zero 2>/dev/null
	md5sum "$policy" "$dir"/own.* >"$WORK/sums"
	find "$dir" | sort >"$WORK/files"
	full_refuses -f "$policy" acl add some permit tcp from 198.51.100.2 to 203.0.113.10 port 2 &&
		full_refuses -f "$policy" trustpoint generate own self-signed name a.example.com --force &&
		md5sum -c "$WORK/sums" && find "$dir" | sort | diff "$WORK/files" -
	status=$?
	umount "$dir"
	return $status
}

full_refuses() {
	! fedctl "$@" >"$WORK/said" 2>&1 || { echo "it must fail: $*"; return 1; }
	cat "$WORK/said"
	grep -qi "no space" "$WORK/said"
}

harms="commits conntrack_full limits clock_jumps run_full"
plan $(($(wc -w <<<"$harms") + 5))
transport=tls1.3
harm_begin
for name in $harms; do
	harm "$name" "$name"
	result "${name//_/ }" $?
done
check "disk full: what fedctl wrote is as before, and it says why" disk_full
harm_end
daemon_start fedpatd-end
mill_down
result "everything comes down" $?
