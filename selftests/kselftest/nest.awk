# SPDX-License-Identifier: GPL-2.0
#
# Print the KTAP of one test indented, as the results nested in a bigger one,
# as it comes. What was seen goes to the file `tally`: planned ok failed
# skipped; planned is "-" without a plan line.

function put(line)
{
	print "  " line
	fflush()
}

BEGIN {
	planned = "-"
	passed = failed = skipped = 0
}

/^(TAP|KTAP) version / {
	put($0)
	next
}

/^1\.\.[0-9]+/ {
	planned = substr($1, 4)
	put($0)
	next
}

/^(not )?ok( |$)/ {
	if (toupper($0) ~ /# *SKIP/)
		skipped++
	else if ($1 == "ok")
		passed++
	else
		failed++
	put($0)
	next
}

/^Bail out!/ {
	failed++
	put($0)
	next
}

# Diagnostics, nested results and whatever else a program says.
/^(#|  )/ {
	put($0)
	next
}

{
	put("# " $0)
}

END {
	print planned, passed, failed, skipped > tally
}
