// SPDX-License-Identifier: GPL-2.0
/*
 * Completion: fedctl complete WORD... prints what the last word may become. The
 * shell's part is thirty lines that never change.
 */
#include <ctype.h>
#include <string.h>

#include "check/check.h"
#include "ctl.h"
#include "federation.h"

static void offer(struct ctl *ctl, const char *cur, const char *word)
{
	if (word && *word && !strncmp(cur, word, strlen(cur)))
		fprintf(ctl->out, "%s\n", word);
}

static const struct command *exact_command(const char *word)
{
	const struct command *c, *found = NULL;

	for (c = commands; c->word; c++) {
		if (!strcmp(c->word, word))
			return c;
		if (is_prefix(word, c->word)) {
			if (found)
				return NULL;
			found = c;
		}
	}
	return found;
}

static void offer_commands(struct ctl *ctl, const char *cur)
{
	static const char *const options[] = { "-j", "-n", "-f", "-V", "-h" };
	const struct command *c;
	size_t i;

	for (c = commands; c->word; c++)
		offer(ctl, cur, c->word);
	for (i = 0; *cur == '-' && i < ARRAY_SIZE(options); i++)
		offer(ctl, cur, options[i]);
}

static void offer_verbs(struct ctl *ctl, const struct command *c, const char *cur)
{
	const struct verb *v;

	for (v = c->verbs; v->word; v++)
		if (v == c->verbs || strcmp(v->word, v[-1].word))
			offer(ctl, cur, v->word);
	offer(ctl, cur, "help");
}

/* Names of objects; without a module there are none. */
static void offer_names(struct ctl *ctl, u8 kind, const char *cur)
{
	struct objs l = { 0 };
	u32 i;

	if (kind >= FP_K_SETTINGS || kind == FP_K_ACE)
		return;
	ctl_dump(ctl, kind, &l);
	for (i = 0; i < l.n; i++)
		offer(ctl, cur, l.v[i]->name);
	objs_free(&l);
}

static void offer_value(struct ctl *ctl, const struct fp_attr *attr, const char *cur)
{
	u32 i;

	if (attr->type == FP_T_ENUM)
		for (i = 0; attr->words[i]; i++)
			offer(ctl, cur, attr->words[i]);
	if (attr->type == FP_T_FLAG) {
		offer(ctl, cur, "yes");
		offer(ctl, cur, "no");
	}
	if (attr->type == FP_T_PROTO) {
		offer(ctl, cur, "tcp");
		offer(ctl, cur, "udp");
	}
	if (attr->ref < FP_K_COUNT)
		offer_names(ctl, attr->ref, cur);
}

static void offer_attrs(struct ctl *ctl, const struct command *c, const char *before,
			const char *cur)
{
	const struct fp_kind *kind = &fp_kinds[c->kind];
	const struct fp_attr *attr = fp_attr_find(kind, before);
	u8 i;

	if (attr && is_settable(attr) && attr->type != FP_T_FLAG) {
		offer_value(ctl, attr, cur);
		return;
	}
	for (i = 0; i < kind->n_rows; i++)
		if (is_settable(&kind->rows[i]))
			offer(ctl, cur, kind->rows[i].name);
}

static void offer_entry(struct ctl *ctl, const char *before, const char *cur)
{
	static const char *const words[] = {
		"permit", "deny",     "from",  "to",	 "port", "type",
		"log",	  "inactive", "owner", "remark", "line",
	};
	static const char *const protos[] = { "tcp", "udp", "icmp", "icmp6", "ip" };
	bool action = !strcmp(before, "permit") || !strcmp(before, "deny");
	size_t i;

	for (i = 0; action && i < ARRAY_SIZE(protos); i++)
		offer(ctl, cur, protos[i]);
	if (!strcmp(before, "from") || !strcmp(before, "to") || !strcmp(before, "port"))
		offer(ctl, cur, "any");
	else
		for (i = 0; !action && i < ARRAY_SIZE(words); i++)
			offer(ctl, cur, words[i]);
}

/* Words of a verb's usage that are to be typed as they stand. */
static void offer_usage(struct ctl *ctl, const struct command *c, const char *verb,
			const char *cur)
{
	const struct verb *v;
	const char *p;
	char word[32];
	size_t n;

	for (v = c->verbs; v->word && strcmp(v->word, verb); v++)
		;
	for (p = v->word ? v->usage : ""; *p; p += n + !n) {
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-");
		if (n && n < sizeof(word) && (*p == '-' || islower((unsigned char)*p))) {
			snprintf(word, sizeof(word), "%.*s", (int)n, p);
			offer(ctl, cur, word);
		}
	}
}

static void offer_workflows(struct ctl *ctl, const char *cur)
{
	int i;

	for (i = 0; fp_workflows[i]; i++)
		offer(ctl, cur, fp_workflows[i]->name);
}

static bool is_word(const char *word, const char *of)
{
	return !strcmp(word, of);
}

/* preflight: what is checked, then how. */
static void offer_preflight(struct ctl *ctl, struct words *w)
{
	static const char *const words[] = { "check", "timeout", "dns", "from", "to", "--events",
					     "--metrics" };
	const char *before = w->n > 1 ? w->v[w->n - 2] : "", *cur = w->v[w->n - 1];
	char name[8];
	size_t i;

	if (w->n == 1) {
		offer(ctl, cur, "--all");
		offer(ctl, cur, "list");
		offer_names(ctl, FP_K_FEDERATION, cur);
		offer_names(ctl, FP_K_DOMAIN, cur);
		return;
	}
	for (i = 1; is_word(before, "check") && i <= FP_CHECKS; i++) {
		snprintf(name, sizeof(name), "C%zu", i);
		offer(ctl, cur, name);
	}
	if (is_word(before, "check") || is_word(before, "timeout") || is_word(before, "dns") ||
	    is_word(before, "from") || is_word(before, "to") || is_word(before, "--metrics"))
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		offer(ctl, cur, words[i]);
}

static void offer_rest(struct ctl *ctl, const struct command *c, struct words *w)
{
	const char *verb = w->v[0], *cur = w->v[w->n - 1];

	if (!strcmp(verb, "template"))
		offer_workflows(ctl, cur);
	else if (c->kind >= FP_K_POLICY_COUNT)
		return;
	else if (w->n == 2 && strcmp(verb, "add"))
		offer_names(ctl, c->kind, cur);
	else if (c->kind == FP_K_ACL && !strcmp(verb, "add") && w->n == 2)
		offer_names(ctl, c->kind, cur);
	else if (c->kind == FP_K_ACL && !strcmp(verb, "add"))
		offer_entry(ctl, w->v[w->n - 2], cur);
	else if (c->kind == FP_K_TRUSTPOINT && strcmp(verb, "add") && strcmp(verb, "set"))
		offer_usage(ctl, c, verb, cur);
	else if (!strcmp(verb, "add") || !strcmp(verb, "set"))
		offer_attrs(ctl, c, w->v[w->n - 2], cur);
}

/**
 * complete() - what the last word may become
 * @ctl: this run
 * @w: the words behind fedctl; the last one is being typed and may be empty
 */
void complete(struct ctl *ctl, struct words *w)
{
	const struct command *c;

	/* Options before the object. */
	while (w->n > 1 && w->v[0][0] == '-') {
		if (!strcmp(w->v[0], "-f") && w->n > 2)
			ctl->file = w->v[1], words_next(w);
		words_next(w);
	}
	if (w->n == 1) {
		offer_commands(ctl, w->v[0]);
	} else if (w->n > 1) {
		c = exact_command(words_next(w));
		if (c && w->n && c->verbs == preflight_verbs)
			offer_preflight(ctl, w);
		else if (c && w->n == 1 && *c->verbs->word)
			offer_verbs(ctl, c, w->v[0]);
		else if (c && w->n > 1)
			offer_rest(ctl, c, w);
	}
	/* What is wrong is told when the command is run. */
	fp_errs_free(&ctl->errs);
}
