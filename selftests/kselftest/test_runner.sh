#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The runner itself: a test that lies, dies or says too little must not pass.
# Each case is a script, the verdict on it and what the summary counts.

set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failures=0

# expect NAME VERDICT COUNTS SCRIPT: VERDICT is the start of the result line.
expect() {
	local what=$1 verdict=$2 counts=$3 line got

	number=$((number + 1))
	printf '#!/bin/bash\n%s\n' "$4" >"$work/script"
	chmod +x "$work/script"
	(
		. "$here/runner.sh"
		ktap_open 1
		ktap_run case 2 "$work/script"
		ktap_close
	) >"$work/ktap"
	line=$(grep -E '^(not )?ok ' "$work/ktap" | sed 's/# [0-9.]* s, /# /; s/# [0-9.]* s$/#/')
	got=$("$here/summary" "$work/ktap" | tail -n 1)
	if [ "$line" = "$verdict" ] && [ "$got" = "$counts" ]; then
		echo "ok $number - $what"
		return
	fi
	failures=$((failures + 1))
	echo "# wanted: $verdict; $counts"
	echo "# got:    $line; $got"
	echo "not ok $number - $what"
}

echo "TAP version 13"
echo "1..12"

expect "two results as planned" \
	"ok 1 - case #" "2 passed, 0 failed, 0 skipped" \
	'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect "a plan at the end" \
	"ok 1 - case #" "1 passed, 0 failed, 0 skipped" \
	'echo ok 1 - a; echo 1..1'
expect "a skipped result is not a passed one" \
	"ok 1 - case #" "1 passed, 0 failed, 1 skipped" \
	'echo 1..2; echo ok 1 - a; echo ok 2 - b "# SKIP no b"'
expect "a failed result with exit status 0" \
	"not ok 1 - case # 1 of its results failed" "1 passed, 1 failed, 0 skipped" \
	'echo 1..2; echo ok 1 - a; echo not ok 2 - b'
expect "all results good with exit status 1" \
	"not ok 1 - case # exit status 1" "1 passed, 1 failed, 0 skipped" \
	'echo 1..1; echo ok 1 - a; exit 1'
expect "fewer results than planned" \
	"not ok 1 - case # planned 2 results, printed 1" "1 passed, 1 failed, 0 skipped" \
	'echo 1..2; echo ok 1 - a'
expect "no plan" \
	"not ok 1 - case # printed no plan" "1 passed, 1 failed, 0 skipped" \
	'echo ok 1 - a'
expect "nothing at all" \
	"not ok 1 - case # printed no plan" "0 passed, 1 failed, 0 skipped" \
	':'
expect "bails out with exit status 0" \
	"not ok 1 - case # 1 of its results failed" "0 passed, 1 failed, 0 skipped" \
	'echo 1..1; echo "Bail out! no"'
expect "killed by a signal" \
	"not ok 1 - case # exit status 134" "0 passed, 1 failed, 0 skipped" \
	'kill -ABRT $$'
expect "too slow" \
	"not ok 1 - case # timed out or killed (status 124)" "0 passed, 1 failed, 0 skipped" \
	'echo 1..1; exec sleep 60'
expect "skipped as a whole" \
	"ok 1 - case # SKIP" "0 passed, 0 failed, 1 skipped" \
	'echo "1..0 # SKIP nothing to test with"; exit 4'

[ "$failures" = 0 ]
