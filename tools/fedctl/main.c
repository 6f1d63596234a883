// SPDX-License-Identifier: GPL-2.0
/* fedctl: the one command that people type. */
#include <stdlib.h>
#include <unistd.h>

#include "cleanse.h"
#include "ctl.h"

int main(int argc, char **argv)
{
	struct ctl ctl = { .out = stdout, .err = stderr };

	fp_cleanse_freed();
	ctl.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	return fedctl_run(&ctl, argc, argv);
}
