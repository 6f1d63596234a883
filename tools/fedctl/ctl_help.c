// SPDX-License-Identifier: GPL-2.0
/* Help, from the tables that drive everything else. */
#include "ctl.h"

/**
 * help_all() - what fedctl can do
 * @ctl: this run
 */
void help_all(struct ctl *ctl)
{
	const struct command *c;

	fputs("usage: fedctl [-j] [-n] [-f FILE] OBJECT [VERB] [NAME] [ATTRIBUTE VALUE]...\n"
	      "       fedctl OBJECT help\n\n"
	      "  -j, --json      results, plans and errors as JSON\n"
	      "  -n, --numeric   numbers as they are: no names of protocols, no units\n"
	      "  -f, --file FILE work on a policy file instead of the kernel\n"
	      "  -V, --version   versions\n"
	      "  -h, --help      this text\n\n"
	      "Words may be cut short as long as they are unambiguous. Exit status: 0 done,\n"
	      "1 refused or a check failed, 2 usage, 3 no module or no daemon.\n\n",
	      ctl->out);
	for (c = commands; c->word; c++)
		fprintf(ctl->out, "  %-14s %s\n", c->word, c->help);
}

static void help_verbs(struct ctl *ctl, const struct command *c)
{
	const struct verb *v;

	for (v = c->verbs; v->word; v++) {
		fprintf(ctl->out, "  fedctl %s", c->word);
		if (*v->word)
			fprintf(ctl->out, " %s", v->word);
		if (*v->usage)
			fprintf(ctl->out, " %s", v->usage);
		fprintf(ctl->out, "\n      %s\n", v->help);
	}
}

static void help_attr(struct ctl *ctl, const struct fp_attr *a)
{
	fprintf(ctl->out, "  %-18s %s\n", a->name, a->help);
	fprintf(ctl->out, "  %-18s   %s", "", fp_attr_expect(a));
	if (a->flags & FP_A_REQUIRED)
		fputs("; must be given", ctl->out);
	if (a->type == FP_T_STRS || a->type == FP_T_ADDRS || a->type == FP_T_CIDRS)
		fputs("; several with commas between", ctl->out);
	if (a->type == FP_T_ENUM && !(a->flags & FP_A_REQUIRED))
		fprintf(ctl->out, "; default %s", a->words[a->def]);
	else if (a->def)
		fprintf(ctl->out, "; default %llu", (unsigned long long)a->def);
	fputc('\n', ctl->out);
}

/**
 * help_command() - what can be done with one object
 * @ctl: this run
 * @c: first word of the command line
 */
void help_command(struct ctl *ctl, const struct command *c)
{
	const struct fp_kind *kind;
	u8 i;

	fprintf(ctl->out, "%s: %s\n\n", c->word, c->help);
	help_verbs(ctl, c);
	if (c->kind >= FP_K_POLICY_COUNT)
		return;
	kind = &fp_kinds[c->kind];
	fputs("\nattributes\n", ctl->out);
	for (i = 0; i < kind->n_rows; i++)
		if (is_settable(&kind->rows[i]))
			help_attr(ctl, &kind->rows[i]);
}
