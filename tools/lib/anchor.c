// SPDX-License-Identifier: GPL-2.0
/*
 * A trust anchor's file is looked at before it is needed: the library reads it
 * with the first question, and takes one without any anchor for none at all.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unbound.h>

#include "anchor.h"

/* "DS" or "DNSKEY" as a word of its own, before any comment. */
static bool has_anchor(char *line)
{
	char *save, *word;

	line[strcspn(line, ";\n")] = 0;
	for (word = strtok_r(line, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
		if (!strcasecmp(word, "DS") || !strcasecmp(word, "DNSKEY"))
			return true;
	return false;
}

static const char *file_fault(const char *path)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	int err;

	if (!f)
		return strerror(errno);
	while (!found && getline(&line, &size, f) > 0)
		found = has_anchor(line);
	err = ferror(f) ? errno : 0;
	free(line);
	fclose(f);
	if (err)
		return strerror(err);
	return found ? NULL : "it holds no DS or DNSKEY record";
}

/**
 * fp_anchor_add() - let a resolver validate signed answers
 * @ctx: the resolver; all else must be set already
 * @path: file of DS or DNSKEY records
 * @why: on failure, what is wrong with the file
 * @size: size of @why
 *
 * Return: 0 or -1.
 */
int fp_anchor_add(struct ub_ctx *ctx, const char *path, char *why, size_t size)
{
	const char *fault = file_fault(path);

	if (!fault && ub_ctx_add_ta_file(ctx, path))
		fault = "out of memory";
	/* There is nothing to be removed, but the library reads the file for it. */
	if (!fault && ub_ctx_zone_remove(ctx, "anchor.invalid."))
		fault = "something in it is no DS or DNSKEY record, see the lines of libunbound";
	if (fault)
		snprintf(why, size, "trust anchor %s cannot be used: %s", path, fault);
	return fault ? -1 : 0;
}
