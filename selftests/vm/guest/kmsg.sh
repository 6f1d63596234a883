#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced in the guest: is the kernel's log clean?

# A report of any of these fails the run. Banners of the checkers themselves
# at boot come before the first mark.
kmsg_bad='WARNING:|BUG:|\bOops\b|general protection|Kernel panic|kernel panic'
kmsg_bad+='|KASAN:|UBSAN:|KCSAN:|UBSAN_|kmemleak: [0-9]+ new|unreferenced object'
kmsg_bad+='|refcount_t:|leaked reference|has [0-9/]+ users at|ODEBUG:|DEBUG_LOCKS_WARN_ON'
kmsg_bad+='|possible (recursive|circular|irq)|inconsistent lock|suspicious RCU|bad unlock balance'
kmsg_bad+='|held lock freed|lock held when returning|INFO: task .* blocked|INFO: trying to register'
kmsg_bad+='|rcu:? INFO:|rcu.*self-detected stall|detected stalls|soft lockup|hard LOCKUP'
kmsg_bad+='|workqueue lockup|sleeping function called|scheduling while atomic'
kmsg_bad+='|unregister_netdevice: waiting|list_(add|del) corruption|Redzone|Poison overwritten'
kmsg_bad+='|Object already free|Bad page state|stack-protector|Unable to handle|segfault at'

kmsg_marks=0

# From here on; earlier messages are somebody else's.
kmsg_mark() {
	kmsg_marks=$((kmsg_marks + 1))
	echo "fedpat-selftest: mark $kmsg_marks: $*" >/dev/kmsg
}

# The log since the last mark; all of it where the mark was overwritten.
kmsg_since_mark() {
	dmesg | awk -v mark="fedpat-selftest: mark $kmsg_marks:" '
		{ line[++n] = $0 }
		index($0, mark) { n = 0 }
		END { for (i = 1; i <= n; i++) print line[i] }'
}

# Print what is wrong with the log since the last mark; status 1 if anything.
kmsg_check() {
	local log

	log=$(kmsg_since_mark)
	grep -Eq "$kmsg_bad" <<<"$log" || return 0
	echo "the kernel's log is not clean:"
	# The report goes on for some lines after the one that gives it away.
	grep -E -A 40 "$kmsg_bad" <<<"$log" | head -n 200
	return 1
}

# Objects are reported when they are unreachable and older than five seconds.
kmsg_check_leaks() {
	local report=/sys/kernel/debug/kmemleak

	[ -w "$report" ] || return 0
	echo scan >"$report"
	sleep 5
	echo scan >"$report"
	grep -q . "$report" || return 0
	echo "kmemleak:"
	cat "$report"
	return 1
}
