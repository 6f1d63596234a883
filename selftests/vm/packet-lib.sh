#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the tests of the packet plane, after lib.sh. The stage:
#
#	n1 10.0.1.2 --- in0 10.0.1.1 \                                / srv 10.0.2.2, .3
#	                               gw (lo: 203.0.113.10) 10.0.2.1 out0
#	n2 10.0.3.2 --- in1 10.0.3.1 /
#
# and the same as fd00:N::2, fd00:N::1; the public address is 2001:db8:f::10.
# srv is the partner at .2, a stranger at .3.
# shellcheck disable=SC2034 # what is set here is for who sources it

TRAFFIC=$FEDPAT_REPO/selftests/net/traffic.py
PUBLIC=203.0.113.10
PUBLIC6=2001:db8:f::10

stage() {
	setup_ns n1 n2 gw srv
	link_ns n1 eth0 gw in0
	link_ns n2 eth0 gw in1
	link_ns gw out0 srv eth0
	addr_ns n1 eth0 10.0.1.2/24 fd00:1::2/64
	addr_ns n2 eth0 10.0.3.2/24 fd00:3::2/64
	addr_ns gw in0 10.0.1.1/24 fd00:1::1/64
	addr_ns gw in1 10.0.3.1/24 fd00:3::1/64
	addr_ns gw out0 10.0.2.1/24 fd00:2::1/64
	addr_ns gw lo $PUBLIC/32 $PUBLIC6/128
	addr_ns srv eth0 10.0.2.2/24 10.0.2.3/24 fd00:2::2/64 fd00:2::3/64
	forward_ns gw
	ip -n n1 route add default via 10.0.1.1
	ip -n n1 -6 route add default via fd00:1::1
	ip -n n2 route add default via 10.0.3.1
	ip -n n2 -6 route add default via fd00:3::1
	ip -n srv route add default via 10.0.2.1
	ip -n srv -6 route add default via fd00:2::1
	policy_shell
}

# spawn_ns LOG NS COMMAND...: as spawn, and what is ended is the command itself
spawn_ns() {
	local log=$1 name=$2

	shift 2
	spawn "$log" nsenter --net="/run/netns/$name" -- "$@"
}

# serve NS tcp|udp ADDR PORT
serve() {
	spawn_ns "serve-$1-$2-$3-$4" "$1" "$TRAFFIC" serve "$2" "$3" "$4"
	busywait 10 listening_at "$@" || fail_all "no server at $1 $2 $4"
}

listening_at() {
	local family=-4

	[[ $3 != *:* ]] || family=-6
	ns "$1" ss $family -Hln "--$2" "sport = :$4" | grep -q .
}

# ask NS tcp|udp ADDR PORT [OPTION...]: what the server saw; status of traffic.py
ask() {
	local name=$1

	shift
	ns "$name" "$TRAFFIC" ask "$@"
}

# status WANTED COMMAND...: true if it ends with that status
status() {
	local want=$1 got

	shift
	"$@"
	got=$?
	[ "$got" = "$want" ] || { echo "status $got instead of $want"; return 1; }
}

# silent NS ...: as ask, and nobody answers
silent() {
	status 3 ask "$@" --wait 0.7
}

# --- the policy of gw -----------------------------------------------------------

# policy_shell: start it; everything below talks to it
policy_shell() {
	mkfifo "$WORK/fp.in" "$WORK/fp.out"
	spawn_ns policy-shell gw bash -c \
		"exec '$FEDPAT_REPO/selftests/net/polsh.py' <'$WORK/fp.in' >'$WORK/fp.out'"
	exec {fp_in}>"$WORK/fp.in" {fp_out}<"$WORK/fp.out"
	fp_answer || fail_all "the policy shell does not start"
}

fp_answer() {
	local line

	while read -r -t "$(patience 60)" line <&"$fp_out"; do
		case $line in
		"= "*) return "${line#= }" ;;
		esac
		echo "$line"
	done
	return 3
}

# fp OPERATION ATTRIBUTE=VALUE...: see polsh.py
fp() {
	echo "${*@Q}" >&"$fp_in"
	fp_answer
}

# must OPERATION ...: the same, and the test ends where it is refused
must() {
	fp "$@" || fail_all "refused: $*"
}

# policy <<EOF: lines of fp in one transaction
policy() {
	local line

	must begin >/dev/null
	while read -r line; do
		[ -n "$line" ] || continue
		echo "$line" >&"$fp_in"
		fp_answer >/dev/null || fail_all "refused: $line"
	done
	must commit
}

# counter NAME
counter() {
	fp counter "$1"
}

# hits ACL LINE
hits() {
	fp field ace-get acl="$1" line="$2" -- hits
}

# counts NAME COMMAND...: the command succeeds and the counter goes up
counts() {
	local name=$1 before after

	shift
	before=$(counter "$name")
	"$@" || return
	after=$(counter "$name")
	[ "$after" -gt "$before" ] || { echo "$name is $after as before"; return 1; }
}

# says TEXT COMMAND...: the command's output has the text in it
says() {
	local text=$1 out

	shift
	out=$("$@") || { echo "$out"; return 1; }
	[[ $out == *$text* ]] || { echo "'$text' is not in: $out"; return 1; }
}

# watch_events: notices of gw go to a file from now on
watch_events() {
	spawn_ns events gw "$FEDPAT_REPO/selftests/net/fpnl.py" --events 600
	# It says nothing until something happens: make it happen.
	busywait 20 events_alive || fail_all "no notices come"
}

events_alive() {
	fp settings-set max-legs=20000
	sleep 0.3
	grep -q '"event": "commit"' "$LOGS/events.log"
}

# told WORD...: has a notice with all these words come?
told() {
	local word pattern=

	for word; do
		pattern+="&& /$word/ "
	done
	busywait 5 told_now "${pattern#&&}" ||
		{ tail -n 5 "$LOGS/events.log"; return 1; }
}

told_now() {
	awk "$1 { found = 1 } END { exit !found }" "$LOGS/events.log"
}
