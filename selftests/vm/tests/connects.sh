#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, hours where the CPU is emulated
# faults: yes
# timeout: 1200
#
# 100,000 connections without TLS and 5,000 with, each asked something, each ended in
# one of five ways: every one is answered, and at the end legs, memory of the kernel,
# TLS contexts, sockets, conntrack, and the daemon's memory and files are what they
# were. FEDPAT_SCALE=1 for a hundredth.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack

# Resident KiB and files of the daemon.
daemon_held() {
	awk '/^VmRSS/ { print $2 }' "/proc/$gateway/status"
	find "/proc/$gateway/fd" -mindepth 1 | wc -l
}

storm() {
	mill_run storm "$1" >"$LOGS/storm-$transport.log" 2>&1
	status=$?
	diag <"$LOGS/storm-$transport.log"
	return $status
}

daemon_flat() {
	local small files rss fds

	{ read -r small; read -r files; } <"$WORK/held"
	{ read -r rss; read -r fds; } < <(daemon_held)
	echo "resident $small KiB, $files files after a tenth; $rss KiB, $fds files at the end"
	# The answers of malloc wobble by pages; a leak of a connection would be megabytes.
	[ "$fds" -le "$files" ] && [ "$rss" -le $((small + 2048)) ]
}

slabs_flat() {
	local now

	forget_ends
	now=$(slabs)
	echo "unreclaimable slabs: $slab_before KiB after a tenth, $now KiB at the end"
	[ "$now" -le $((slab_before + 1024)) ]
}

connects() {
	local count

	transport=$1 count=$(scaled "$2")
	harm_begin
	storm $((count / 10 + 1))
	result "$transport: the first $((count / 10 + 1)) connections" $?
	busywait 20 no_legs
	forget_ends
	slab_before=$(slabs)
	settled daemon_held >"$WORK/held"
	storm "$count"
	result "$transport: $count connections, each answered" $?
	check "$transport: no leg is left by itself" busywait 20 no_legs
	check "$transport: the daemon is as it was" daemon_flat
	check "$transport: and the kernel's memory" slabs_flat
	harm_end
	daemon_start "fedpatd-$transport-end"
	mill_down
	result "$transport: everything comes down" $?
}

plan 18
connects tcp 100000
connects tls1.3 5000
