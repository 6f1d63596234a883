#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 200
#
# The systemd units at work: a real systemd boots in namespaces of its own, the
# network being the gateway's. The saved policy is applied, the daemon runs
# fenced in and with its options, restarts and reloads without a leg lost, and
# the timer's checks leave their metrics.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need systemd dnsmasq openssl make

# The daemon's /tmp is another one.
PKI=/etc/fedpat/certs
units=$WORK/units
lib=/lib/systemd/system
init=

gateway_installed() {
	make -s --no-print-directory -o tools install-tools install-units &&
		chown -R fedpat: "$PKI" && echo 'FEDPATD_OPTIONS="--dns 198.51.100.53"' >/etc/default/fedpatd
}

# What the kernel knows is saved and lost, as by a reboot.
policy_saved() {
	"$E2E/contoso.sh" tls "$PKI" >"$WORK/contoso.yaml"
	fedctl federation apply "$WORK/contoso.yaml" && fedctl save >/etc/fedpat/policy.yaml &&
		module_unload && module_load
}

# No unit of this machine but targets, journal and ours; ours as if enabled.
units_chosen() {
	local target

	for target in "$lib"/*.target.wants; do
		mkdir -p "$units/${target##*/}"
	done
	ln -s $lib/systemd-journald.service "$units/sysinit.target.wants"
	ln -s $lib/fedpatd.service $lib/fedpat-policy.service "$units/multi-user.target.wants"
	ln -s $lib/fedpat-preflight.timer "$units/timers.target.wants"
	mkdir "$units/fedpat-preflight.timer.d"
	cat >"$units/fedpat-preflight.timer.d/soon.conf" <<-CONF
		[Timer]
		OnActiveSec=2s
		AccuracySec=1s
		RandomizedDelaySec=0
	CONF
}

# Becomes process 1 of what unshare() made; the machine's own enabled units are hidden.
cat >"$WORK/boot" <<BOOT
mount --make-rprivate /
mount -t proc proc /proc
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
for dir in $lib/*.target.wants; do
	mount -t tmpfs tmpfs "\$dir"
done
mount --bind $units /etc/systemd/system
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
BOOT

boot() {
	mkdir -p /sys/fs/cgroup/box
	spawn systemd sh -c "echo \$\$ >/sys/fs/cgroup/box/cgroup.procs &&
		exec nsenter --net=/run/netns/gw unshare --pid --fork --kill-child --mount --uts --ipc \
			--cgroup bash $WORK/boot"
	busywait 20 pgrep -P "$spawned" || return
	init=$(pgrep -P "$spawned")
	busywait 60 reached multi-user.target
}

# What waits for it takes no other signal.
cleanup() {
	[ -z "$init" ] || kill -KILL "$init"
}

# in_box COMMAND...
in_box() {
	nsenter --target "$init" --mount --pid --uts --ipc --cgroup --net -- "$@"
}

reached() {
	in_box systemctl is-active --quiet "$1"
}

# shows UNIT PROPERTY VALUE
shows() {
	[ "$(in_box systemctl show --property "$2" --value "$1")" = "$3" ]
}

journal_says() {
	in_box journalctl --no-pager --output cat --unit "$1" | grep -q "$2"
}

policy_is_back() {
	shows fedpat-policy Result success && fedctl save | cmp - /etc/fedpat/policy.yaml
}

main_pid() {
	in_box systemctl show --property MainPID --value fedpatd
}

has_options() {
	in_box cat "/proc/$(main_pid)/cmdline" | tr '\0' ' ' | grep "^/usr/sbin/fedpatd --dns 198.51.100.53 $"
}

# Another user; two capabilities are all it can have, and no system call that was not foreseen.
fenced() {
	in_box cat "/proc/$(main_pid)/status" >"$WORK/status" &&
		grep -q "^Uid:[[:space:]]*$(id -u fedpat)[[:space:]]" "$WORK/status" && grep -E "^(Cap|Secc|NoNew)" "$WORK/status" &&
		grep -q "^CapBnd:.*0000000000001400$" "$WORK/status" && grep -q "^Seccomp:.*2" "$WORK/status"
}

shake() {
	spawn held ns edge openssl s_client -connect 203.0.113.10:5061 -cert "$PKI/edge.pem" \
		-key "$PKI/edge.key" -ign_eof
	busywait 20 has_leg
}

has_leg() {
	[ -n "$(leg_ids)" ]
}

restarts() {
	local legs pid
	legs=$(leg_ids)
	pid=$(main_pid)

	in_box systemctl "$@" || return
	busywait 20 adopted "$pid" || { in_box systemctl status --no-pager fedpatd; return 1; }
	echo "legs $legs before, $(leg_ids) after"
	[ "$legs" = "$(leg_ids)" ]
}

# another process than before, that has taken them up
adopted() {
	local pid
	pid=$(main_pid)
	[ "$pid" != 0 ] && [ "$pid" != "$1" ] && reached fedpatd &&
		in_box journalctl --no-pager --output cat "_PID=$pid" | grep "living legs adopted"
}

reloads() {
	in_box systemctl reload fedpatd && busywait 20 journal_says fedpatd "in force (SIGHUP)" &&
		has_leg
}

# metrics CHECK: with its verdict
metrics() {
	in_box grep "^fedpat_preflight{check=\"$1\"" /run/fedpat-preflight/preflight.prom
}

# The daemon, its policy and options are seen through the fence; that some partner
# cannot be reached is no failure of the unit.
timer_fired() {
	busywait 60 metrics C13 && metrics C13 | grep "} 0$" || return
	metrics C4 | grep "} 3$" && busywait 10 shows fedpat-preflight ActiveState inactive &&
		shows fedpat-preflight Result success &&
		! shows fedpat-preflight.timer LastTriggerUSec ""
}

ends() {
	in_box systemctl stop fedpatd && shows fedpatd Result success && has_leg
}

world_namespaces
world_addresses
"$E2E/pki.sh" "$PKI" >"$LOGS/pki.log" 2>&1
world_dns tls

plan 14
check "tools and units are installed" gateway_installed
check "a policy is saved" policy_saved
units_chosen
boot
result "systemd boots" $? || in_box systemctl --no-pager list-units --failed | diag
check "the saved policy is applied" busywait 20 policy_is_back
busywait 20 reached fedpatd
result "the daemon runs" $?
check "with its options" has_options
check "as its own user, fenced in" fenced
busywait 20 listening gw tcp 7061
shake
result "it shakes hands" $?
check "the timer's checks leave metrics" timer_fired
check "restarted it keeps the legs" restarts restart fedpatd
check "killed it is started again, and keeps them" restarts kill --signal KILL fedpatd
check "reloaded, too" reloads
check "which outlive that" metrics C13
check "stopped it leaves the legs" ends
in_box journalctl --no-pager --output short-monotonic >"$LOGS/journal"
