#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the VM tests: KTAP, waiting on conditions, hosts as network
# namespaces. A test looks like this:
#
#	#!/bin/bash
#	# SPDX-License-Identifier: GPL-2.0
#	# kernels: 6.1 6.12
#	# timeout: 60
#	#
#	# What it proves, and which requirement asks for it.
#
#	. "$(dirname "$0")/../lib.sh"
#	need nft
#	plan 2
#	topo_line
#	check "the server answers" ns cli ping -c 1 -W 2 10.0.2.2
#	...
#
# Header lines, all optional:
#	kernels:	stock kernels on which `make check` runs it too: 6.1, 6.12, both
#			(on 6.12 as User-Mode Linux it runs every test)
#	timeout:	seconds after which it is killed, 120 unless given; a third of
#			FEDPAT_SLOW times as many where it is slower (see vm/run)
#	module:		"no" if the test loads fedpat.ko itself
#	smp:		"yes": `make check-debug` runs it on several CPUs too
#	faults:		"yes": one of `make faults`
#
# The script's end prints the verdict; leaving early is a failure. Whatever
# was spawned or added by these helpers is taken down at the end.

set -u

# Where logs go that are worth keeping when the test fails.
LOGS=${FEDPAT_OUT:-${TMPDIR:-/tmp}}/$(basename "$0" .sh)
mkdir -p "$LOGS"
# Scratch, gone with the test.
WORK=$(mktemp -d)

ktap_planned=
ktap_passed=0
ktap_failed=0
ktap_skipped=0
ktap_done=
lib_pids=()
lib_namespaces=()

# --- KTAP ---------------------------------------------------------------------

# plan N: how many results will come. The first thing a test says.
plan() {
	ktap_planned=$1
	echo "TAP version 13"
	echo "1..$1"
}

# diag TEXT: a line for the reader. Reads standard input when called without.
diag() {
	if [ $# -gt 0 ]; then
		echo "# $*"
	else
		sed 's/^/# /'
	fi
}

ktap_count() {
	echo $((ktap_passed + ktap_failed + ktap_skipped))
}

# ok NAME
ok() {
	ktap_passed=$((ktap_passed + 1))
	echo "ok $(ktap_count) - $*"
}

# not_ok NAME: and shows what the kernel has said since the test began, the
# last 50 lines of it.
not_ok() {
	ktap_failed=$((ktap_failed + 1))
	dmesg 2>/dev/null |
		awk '/fedpat-selftest: mark/ { n = 0 }
			{ line[++n] = $0 }
			END { for (i = 1; i <= n; i++) print line[i] }' |
		tail -n 50 | sed 's/^/# kernel: /'
	echo "not ok $(ktap_count) - $*"
}

# skip NAME REASON
skip() {
	ktap_skipped=$((ktap_skipped + 1))
	echo "ok $(ktap_count) - $1 # SKIP ${2-}"
}

# result NAME STATUS: a result by a status that the test has at hand.
result() {
	if [ "$2" = 0 ]; then
		ok "$1"
	else
		not_ok "$1"
	fi
}

# check NAME COMMAND...: ok if it succeeds; its output is shown if it fails.
check() {
	local name=$1 output
	shift

	if output=$("$@" 2>&1); then
		ok "$name"
	else
		diag "status $?: $*"
		[ -z "$output" ] || diag <<<"$output"
		not_ok "$name"
		return 1
	fi
}

# check_not NAME COMMAND...: ok if it fails.
check_not() {
	local name=$1 output
	shift

	if ! output=$("$@" 2>&1); then
		ok "$name"
	else
		diag "succeeded, and must not: $*"
		[ -z "$output" ] || diag <<<"$output"
		not_ok "$name"
		return 1
	fi
}

# check_equal NAME WANTED GOT
check_equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		diag "wanted: $2"
		diag "got:    $3"
		not_ok "$1"
		return 1
	fi
}

# skip_all REASON: leave, the whole test is skipped.
skip_all() {
	[ -n "$ktap_planned" ] || echo "TAP version 13"
	echo "1..0 # SKIP $*"
	ktap_done=1
	exit 4
}

# need TOOL...: skip the whole test where one is missing.
need() {
	local tool

	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed; run: make deps"
	done
}

# fail_all REASON: leave, nothing further makes sense.
fail_all() {
	diag "$*"
	not_ok "$*"
	ktap_done=1
	exit 1
}

lib_exit() {
	local status=$?

	trap - EXIT
	if [ "$(type -t cleanup)" = function ]; then
		cleanup
	fi
	lib_teardown
	rm -rf "$WORK"
	if [ -n "$ktap_done" ]; then
		exit $status
	fi
	if [ "$status" != 0 ] && [ "$ktap_failed" = 0 ]; then
		echo "Bail out! the test ended early with status $status"
		exit 1
	fi
	if [ "$ktap_failed" != 0 ] || [ "$(ktap_count)" != "${ktap_planned:-0}" ]; then
		diag "planned ${ktap_planned:-nothing}, ran $(ktap_count), $ktap_failed failed;" \
			"logs: $LOGS"
		exit 1
	fi
	rm -rf "$LOGS"
	[ "$ktap_passed" != 0 ] || exit 4
	exit 0
}
trap lib_exit EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# --- waiting ------------------------------------------------------------------

# patience SECONDS: for how long to wait here for what takes a real machine less
# than that. No test may depend on the speed of the machine: whatever ends in
# a timeout takes its number from this.
patience() {
	echo $(($1 * ${FEDPAT_SLOW:-1}))
}

# busywait SECONDS COMMAND...: until it succeeds; 1 if it never did. The seconds
# are a real machine's.
busywait() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * ${FEDPAT_SLOW:-1} * 1000000))
	shift

	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# settled COMMAND...: its output once it has printed the same twice in a row. For
# counts that settle.
settled() {
	local before after

	after=$("$@")
	before=
	while [ "$before" != "$after" ]; do
		before=$after
		sleep 0.2
		after=$("$@")
	done
	echo "$after"
}

# listening NS tcp|udp PORT: does somebody in that namespace listen there?
listening() {
	ns "$1" ss -Hln "--$2" "sport = :$3" | grep -q .
}

# --- processes ----------------------------------------------------------------

# spawn NAME COMMAND...: in the background, output to $LOGS/NAME.log, ended with
# the test. Its pid is in $spawned.
spawn() {
	local name=$1
	shift

	# The program itself, not a shell around it, is what gets the signals.
	case $1 in
	ns) set -- nsenter --net="/run/netns/$2" -- "${@:3}" ;;
	ns_etc) set -- ip netns exec "${@:2}" ;;
	esac
	"$@" >"$LOGS/$name.log" 2>&1 </dev/null &
	spawned=$!
	lib_pids+=("$spawned")
}

# reap PID [SIGNAL]: end what was spawned, wait for it, print nothing.
reap() {
	kill -s "${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# --- hosts --------------------------------------------------------------------

# setup_ns NAME...: network namespaces, loopback up, no duplicate address
# detection to wait for.
setup_ns() {
	local name

	for name; do
		ip netns add "$name" || fail_all "cannot add the namespace $name"
		lib_namespaces+=("$name")
		ip -n "$name" link set lo up
		ns "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	done
}

# drop_ns NAME...: delete them before the test ends.
drop_ns() {
	local name

	for name; do
		ip netns del "$name"
	done
}

# ns NAME COMMAND...: run there. Not `ip netns exec`, which hides the cgroups.
ns() {
	local name=$1
	shift

	nsenter --net="/run/netns/$name" -- "$@"
}

# ns_etc NAME COMMAND...: the same with /etc/netns/NAME over /etc, for programs
# that must have a resolv.conf or hosts of their own.
ns_etc() {
	ip netns exec "$@"
}

# link_ns NS1 DEV1 NS2 DEV2: a cable between two hosts.
link_ns() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" ||
		fail_all "cannot link $1 and $3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# addr_ns NS DEV ADDRESS/LEN...: v4 or v6.
addr_ns() {
	local name=$1 dev=$2 address
	shift 2

	for address; do
		ip -n "$name" addr add "$address" dev "$dev" ||
			fail_all "cannot add $address to $dev of $name"
	done
}

# forward_ns NS: a router.
forward_ns() {
	ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# topo_line: cli 10.0.1.2 -- 10.0.1.1 gw 10.0.2.1 -- 10.0.2.2 srv, and the same
# as fd00:1::2, fd00:1::1, fd00:2::1, fd00:2::2. Devices: cli eth0, gw in0 and
# out0, srv eth0. cli is inside, srv outside.
topo_line() {
	setup_ns cli gw srv
	link_ns cli eth0 gw in0
	link_ns gw out0 srv eth0
	addr_ns cli eth0 10.0.1.2/24 fd00:1::2/64
	addr_ns gw in0 10.0.1.1/24 fd00:1::1/64
	addr_ns gw out0 10.0.2.1/24 fd00:2::1/64
	addr_ns srv eth0 10.0.2.2/24 fd00:2::2/64
	forward_ns gw
	ip -n cli route add default via 10.0.1.1
	ip -n cli -6 route add default via fd00:1::1
	ip -n srv route add default via 10.0.2.1
	ip -n srv -6 route add default via fd00:2::1
}

lib_teardown() {
	local pid name

	for pid in "${lib_pids[@]}"; do
		reap "$pid"
	done
	for name in "${lib_namespaces[@]}"; do
		[ ! -e "/run/netns/$name" ] || ip netns del "$name"
	done
}

# --- the module ---------------------------------------------------------------

module_loaded() {
	grep -q '^fedpat ' /proc/modules
}

module_load() {
	insmod "$FEDPAT_MODULE"
}

module_unload() {
	rmmod fedpat
}
