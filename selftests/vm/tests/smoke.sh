#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# module: no
#
# The module loads, meets namespaces that come and go, and unloads again
# and again. The harness looks at the kernel's log.

. "$(dirname "$0")/../lib.sh"

plan 6

check "the module loads" module_load
check "it is listed" module_loaded
check "it says which version it is" \
	grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$' /sys/module/fedpat/version
setup_ns before
check "it unloads with a namespace present" module_unload
check_not "it is gone" module_loaded

again() {
	local i

	for i in 1 2 3; do
		module_load || return
		setup_ns "smoke$i"
		drop_ns "smoke$i"
		module_unload || return
	done
}
check "three more times, with a namespace that comes and goes" again
