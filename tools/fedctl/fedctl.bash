# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of fedctl for bash. What may come next is asked of fedctl itself,
# so this file does not change when fedctl does.

_fedctl()
{
	local line

	COMPREPLY=()
	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

# Where fedctl offers nothing, names of files are completed.
complete -o default -F _fedctl fedctl
