#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scale_guest.sh PART: many of everything; in the guest, by bench/scale. PART is
# sessions, commit, shape or memory. Samples go to $FEDPAT_OUT/samples.

. "$(dirname "$0")/../vm/lib.sh"
part=$1
transport=tls1.3
case $part in
shape | commit) transport=tcp ;;
esac
. "$(dirname "$0")/world.sh"

secs=${FEDPAT_BENCH_SECS:-2}
rounds=${FEDPAT_BENCH_ROUNDS:-3}

# many_domains N: the policy with so many further domains of the partner
many_domains() {
	local names

	names=$(seq -f ', d%g.example.net' 1 "$1" | tr -d '\n')
	"$E2E/contoso.sh" "$(bench_kind)" "$PKI" |
		sed "s/br0/in0/; s/domains: \[example.net\]/domains: [example.net$names]/"
}

domains_apply() {
	many_domains "$1" >"$WORK/many.yaml"
	fedctl federation apply "$WORK/many.yaml" >>"$LOGS/apply.log" 2>&1
}

# --- new sessions a second ----------------------------------------------------

served_out() {
	! listening node tcp "$node_port"
}

# Once with the responder closing after each answer, so that both legs are new;
# once as it is: the leg to the node stands.
sessions_run() {
	local round variant case

	for case in both standing; do
		reap "$serve_pid"
		busywait 10 served_out
		if [ "$case" = both ]; then bench_serve once=1; else bench_serve; fi
		for ((round = 1; round <= rounds; round++)); do
			for variant in direct ours haproxy; do
				sample "$case" "$variant" "$round" \
					"$(bench_run "$variant" sessions conns=1 secs="$((2 * secs))" warm=0.5)"
			done
		done
	done
}

# --- a commit under load ------------------------------------------------------

# The policy is applied again and again with and without a thousand domains.
commits() {
	local n=0

	while :; do
		domains_apply $((n++ % 2 * 1000))
		echo "$n" >"$WORK/commits"
	done
}

commit_run() {
	local round rate pid

	rate=$(bench_run ours run conns=20 secs=2 | python3 -c '
import json, sys
print(int(json.load(sys.stdin)["rate"] / 3))')
	for ((round = 1; round <= rounds; round++)); do
		sample quiet ours "$round" \
			"$(bench_run ours run conns=20 window=8 rate="$rate" secs=$((4 * secs)))"
		commits &
		pid=$!
		busywait 60 test -s "$WORK/commits"
		sample commit ours "$round" \
			"$(bench_run ours run conns=20 window=8 rate="$rate" secs=$((4 * secs)))"
		kill "$pid"
		wait "$pid" 2>/dev/null
		echo "# $(cat "$WORK/commits") commits by now"
		rm -f "$WORK/commits"
	done
}

# --- what makes a message dear ------------------------------------------------

shape_run() {
	local round domains

	for domains in 0 100 10000; do
		domains_apply "$domains" || fail_all "$domains domains: $(tail -n 3 "$LOGS/apply.log")"
		for ((round = 1; round <= rounds; round++)); do
			sample "domains-$domains" direct "$round" "$(bench_run direct run conns=10 secs="$secs")"
			sample "domains-$domains" ours "$round" "$(bench_run ours run conns=10 secs="$secs")"
		done
	done
	for ((round = 1; round <= rounds; round++)); do
		for variant in direct ours haproxy; do
			sample cut "$variant" "$round" "$(bench_run "$variant" run conns=10 cut=64 secs="$secs")"
			sample bulk "$variant" "$round" \
				"$(bench_run "$variant" run conns=1 window=4 size=60000 secs="$secs")"
		done
	done
}

# --- memory of an idle session ------------------------------------------------

# User memory by PSS, kernel memory by what is not free and not page cache.
memory_now() {
	python3 - "$@" <<-'PY'
		import glob, json, sys
		info = {}
		for line in open("/proc/meminfo"):
		    k, v = line.split(":")
		    info[k] = int(v.split()[0])
		def pss(names):
		    total = 0
		    for d in glob.glob("/proc/[0-9]*"):
		        try:
		            if open(d + "/comm").read().strip() in names:
		                for line in open(d + "/smaps_rollup"):
		                    if line.startswith("Pss:"):
		                        total += int(line.split()[1])
		        except OSError:
		            pass
		    return total
		used = info["MemTotal"] - info["MemFree"] - info["Buffers"] - info["Cached"]
		print(json.dumps({"used": used, "anon": info["AnonPages"],
		                  "load": pss({"sipload"}), "gw": pss({sys.argv[1]})}))
	PY
}

# memory_at VARIANT N: with so many sessions open
memory_at() {
	local pid fd program

	case $1 in
	ours) program=fedpatd ;;
	*) program=$1 ;;
	esac
	bench_freeze "$1"
	rm -f "$WORK/idle"
	mkfifo "$WORK/idle"
	# shellcheck disable=SC2046 # options
	ns edge "$load" idle from=198.51.100.20 "to=$(bench_to "$1")" $(bench_creds edge) \
		"conns=$2" <"$WORK/idle" >"$LOGS/idle.log" 2>&1 &
	pid=$!
	exec {fd}>"$WORK/idle"
	busywait 300 grep -q ready "$LOGS/idle.log"
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	sample "$2" "$1" "$round" "$(memory_now "$program")"
	exec {fd}>&-
	wait "$pid"
	busywait 30 eval '! ns edge ss -Htn state established | grep -q .'
	sleep 1
}

memory_run() {
	local variant

	for ((round = 1; round <= rounds; round++)); do
		for variant in direct ours haproxy kamailio; do
			memory_at "$variant" 500
			memory_at "$variant" 2000
		done
	done
}

plan 1
: >"$FEDPAT_OUT/samples"
ulimit -n 20000
bench_world
bench_ours
bench_haproxy
[ "$part" != memory ] || bench_kamailio
"${part}_run"
fedctl counters >"$FEDPAT_OUT/counters" 2>&1
check "there are samples" test -s "$FEDPAT_OUT/samples"
