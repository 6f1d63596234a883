#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# smp: yes
# kernels: 6.12
# timeout: 300
#
# Transactions, validation, dumps, permissions and events of the netlink
# family, driven by a client that knows nothing but the YAML spec.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! python3 -c 'import yaml' 2>/dev/null; then
	echo "TAP version 13"
	echo "1..0 # SKIP python3-yaml is not installed; run: make deps"
	exit 4
fi
exec python3 "$here/../../net/netlink_test.py" "$@"
