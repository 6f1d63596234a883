#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The systemd units, as `make install` lays them out: systemd finds nothing wrong
# with them, what they start is there, and each is fenced in. Programs are not
# built for it. Whether the units work is systemd.sh's among the VM tests.

set -u

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
units=(fedpatd.service fedpat-policy.service fedpat-preflight.service fedpat-preflight.timer)
system=/lib/systemd/system
number=0
failures=0

# shellcheck disable=SC2317 # called by the trap
root_gone() {
	rm -rf "$root"
}
root=$(mktemp -d)
trap root_gone EXIT

result() {
	number=$((number + 1))
	if [ "$2" = 0 ]; then
		echo "ok $number - $1"
	else
		failures=$((failures + 1))
		echo "not ok $number - $1"
	fi
}

# A root with the host's own units, ours, and what they start.
lay_out() {
	install -d "$root$system" "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin" &&
		cp -r $system/. "$root$system" &&
		cp /bin/true "$root/usr/bin/install" && cp /bin/true "$root/bin/kill" && cp /bin/true "$root/sbin/modprobe" &&
		make -s --no-print-directory install-units DESTDIR="$root" &&
		for program in fedpatd fedctl; do
			cp /bin/true "$root/usr/sbin/$program" || return
		done
}

# Faults are told without a bad status: whatever is said is one.
verified() {
	systemd-analyze verify --root="$root" --man=no "$1" >"$root/said" 2>&1
	local status=$?

	sed 's/^/# /' "$root/said"
	[ $status = 0 ] && [ ! -s "$root/said" ]
}

# fenced UNIT TENTHS: at most so exposed, of 100
fenced() {
	systemd-analyze security --offline=true --threshold="$2" --root="$root" --no-pager "$1" \
		>"$root/said" 2>&1 && return
	tail -n 1 "$root/said" | sed 's/^/# /'
	return 1
}

# Everything of ours that is installed, and nothing else, is checked here.
complete() {
	local wanted got

	wanted=$(printf '%s\n' "${units[@]}" | sort)
	got=$(cd "$root$system" && printf '%s\n' fed* | sort)
	[ "$wanted" = "$got" ] || { echo "# installed: ${got//$'\n'/ }"; return 1; }
}

# What somebody wrote is not written over.
kept() {
	local file=$root/etc/default/fedpatd

	! grep -v '^#' "$file" | grep -q . || return
	echo 'FEDPATD_OPTIONS="--no-offload"' >"$file"
	make -s --no-print-directory install-units DESTDIR="$root" &&
		[ "$(cat "$file")" = 'FEDPATD_OPTIONS="--no-offload"' ]
}

echo "TAP version 13"
command -v systemd-analyze >/dev/null || {
	echo "1..0 # SKIP systemd-analyze is not installed; run: make deps"
	exit 4
}
echo "1..10"

lay_out
result "units are installed" $?
complete
result "all of them are checked here" $?
for unit in "${units[@]}"; do
	verified "$unit"
	result "$unit: nothing is wrong" $?
done
fenced fedpatd.service 25
result "fedpatd.service is fenced in" $?
fenced fedpat-preflight.service 30
result "fedpat-preflight.service is fenced in" $?
fenced fedpat-policy.service 30
result "fedpat-policy.service is fenced in" $?
kept
result "/etc/default/fedpatd sets nothing, and one that is there stays" $?

[ $failures = 0 ]
