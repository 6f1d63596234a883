#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced: run tests one after the other and print one KTAP document, each
# test's own results nested in it.
#
#	ktap_open 2
#	ktap_run name1 timeout command...
#	ktap_run name2 timeout command...
#	ktap_close			# status: 0 nothing failed, 1 otherwise
#
# A test passes when it exits with 0, has printed a plan, exactly as many
# results as planned, and no failed one. With 4 it is skipped. A caller may
# define ktap_after NAME, whose output is diagnostics; if it returns non-zero
# the test has failed.

ktap_here=$(dirname "${BASH_SOURCE[0]}")
# A command that runs each test.
ktap_wrap=()
# Results are shown as they come: mawk would wait until its buffer is full.
ktap_awk=(awk)
! awk -W version 2>&1 </dev/null | grep -q '^mawk' || ktap_awk=(mawk -W interactive)
ktap_number=0
ktap_failures=0

ktap_open() {
	echo "KTAP version 1"
	echo "1..$1"
}

# Why a test with this exit status and tally did not pass; empty if it did.
ktap_verdict() {
	local status=$1 planned=$2 passed=$3 failed=$4 skipped=$5

	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "timed out or killed (status $status)"
	elif [ "$status" != 0 ] && [ "$status" != 4 ]; then
		echo "exit status $status"
	elif [ "$failed" != 0 ]; then
		echo "$failed of its results failed"
	elif [ "$status" = 4 ]; then
		:
	elif [ "$planned" = - ]; then
		echo "printed no plan"
	elif [ "$planned" != $((passed + failed + skipped)) ]; then
		echo "planned $planned results, printed $((passed + failed + skipped))"
	fi
}

ktap_run() {
	local name=$1 limit=$2 status why tally start=${EPOCHREALTIME/[.,]/}
	local planned passed failed skipped seconds
	shift 2

	ktap_number=$((ktap_number + 1))
	tally=$(mktemp)
	echo "  # $name: $*"
	"${ktap_wrap[@]}" timeout -k 10 "$limit" "$@" </dev/null 2>&1 |
		"${ktap_awk[@]}" -v tally="$tally" -f "$ktap_here/nest.awk"
	status=${PIPESTATUS[0]}
	read -r planned passed failed skipped <"$tally"
	rm -f "$tally"

	why=$(ktap_verdict "$status" "$planned" "$passed" "$failed" "$skipped")
	if [ "$(type -t ktap_after)" = function ]; then
		ktap_after "$name" || why=${why:-what the test left behind, see above}
	fi
	seconds=$(((${EPOCHREALTIME/[.,]/} - start) / 100000))
	seconds=${seconds%?}.${seconds: -1}
	[ "${seconds:0:1}" != . ] || seconds=0$seconds

	if [ -n "$why" ]; then
		ktap_failures=$((ktap_failures + 1))
		echo "not ok $ktap_number - $name # $seconds s, $why"
	elif [ "$status" = 4 ]; then
		echo "ok $ktap_number - $name # SKIP"
	else
		echo "ok $ktap_number - $name # $seconds s"
	fi
}

ktap_close() {
	[ "$ktap_failures" = 0 ]
}
