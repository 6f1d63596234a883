// SPDX-License-Identifier: GPL-2.0
/* What a workflow file means before anything is touched: plan and lint. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "federation.h"
#include "flows/fill.h"
#include "json.h"

/**
 * struct plan_opts - what of the plan is wanted
 * @file: the file
 * @party: index of the party, -1 for all and the objects
 * @format: text or Markdown
 */
struct plan_opts {
	const char *file;
	int party;
	enum fp_flow_format format;
};

static int party_of(struct ctl *ctl, const char *word)
{
	int i;

	for (i = 0; word && fp_flow_parties[i]; i++)
		if (!strcmp(word, fp_flow_parties[i]))
			return i;
	usage(ctl, "fedctl federation plan FILE --for inside|partner|dns|ca",
	      word ? "there is no party '%s'" : "the party is missing%s", word ? word : "");
	return -1;
}

static bool read_opts(struct ctl *ctl, struct words *w, struct plan_opts *o)
{
	const char *word;

	*o = (struct plan_opts){ .party = -1 };
	while ((word = words_next(w))) {
		if (!strcmp(word, "--for"))
			o->party = party_of(ctl, words_next(w));
		else if (!strcmp(word, "--markdown"))
			o->format = FP_FORMAT_MARKDOWN;
		else if (!o->file)
			o->file = word;
		else
			usage(ctl, NULL, "'%s' is one word too many", word);
	}
	if (!o->file)
		usage(ctl, "fedctl federation plan FILE", "the name of a file is missing");
	return !ctl->errs.n;
}

static json_t *notes_json(const struct fp_errs *notes)
{
	json_t *array = json_array();
	unsigned int i;
	char *line;

	for (i = 0; i < notes->n; i++) {
		line = fp_err_line(&notes->v[i]);
		json_array_append_new(array, json_string(line));
		free(line);
	}
	return array;
}

static void plan_as_json(struct ctl *ctl, const struct plan_opts *o, const struct fp_plan *plan,
			 const struct fp_ops *ops)
{
	const struct fp_flow *in = plan->flows[0];
	json_t *j = json_object();
	int i;

	json_object_set_new(j, "federation", json_string(plan->name));
	json_object_set_new(j, "workflow", json_string(in->wf->name));
	json_object_set_new(j, "notes", notes_json(&plan->notes));
	if (o->party < 0)
		json_object_set_new(j, "objects", plan_json(ops, true));
	for (i = 0; fp_flow_parties[i]; i++)
		if (o->party < 0 || o->party == i)
			json_object_set_new(j, fp_flow_parties[i],
					    fp_flow_steps(in, (enum fp_flow_party)i));
	print_json(ctl, j);
}

static void plan_as_text(struct ctl *ctl, const struct plan_opts *o, const struct fp_plan *plan,
			 const struct fp_ops *ops)
{
	bool md = o->format == FP_FORMAT_MARKDOWN;
	int i;

	if (o->party >= 0) {
		fp_flow_write(plan->flows[0], (enum fp_flow_party)o->party, o->format, ctl->out);
		return;
	}
	fprintf(ctl->out, "%sObjects of the gateway: fedctl federation apply %s\n\n%s",
		md ? "# " : "", o->file, md ? "```\n" : "");
	print_plan(ctl, ops, true);
	fputs(md ? "```\n\n" : "\n", ctl->out);
	for (i = 0; fp_flow_parties[i]; i++)
		fp_flow_write(plan->flows[0], (enum fp_flow_party)i, o->format, ctl->out);
}

/**
 * federation_plan() - fedctl federation plan
 * @ctl: this run
 * @kind: of the command
 * @w: words behind it
 */
void federation_plan(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_plan plan = { 0 };
	struct fp_ops ops = { 0 };
	struct fp_model *from;
	struct plan_opts o;

	(void)kind;
	if (!read_opts(ctl, w, &o))
		return;
	from = ctl_load_or_none(ctl);
	if (!from)
		return;
	if (!fp_federation_plan(o.file, from, &plan, &ctl->errs))
		load_keys(ctl, plan.target, from, fp_federation_realm(plan.target, plan.name),
			  true);
	if (!ctl->errs.n && !fp_model_diff(from, plan.target, &ops)) {
		if (ctl->json)
			plan_as_json(ctl, &o, &plan, &ops);
		else
			plan_as_text(ctl, &o, &plan, &ops);
	}
	if (!ctl->json)
		fp_errs_print(&plan.notes, ctl->err, "fedctl: note: ");
	fp_ops_free(&ops);
	fp_plan_free(&plan);
	fp_model_free(from);
}

/**
 * federation_lint() - fedctl federation lint
 * @ctl: this run
 * @kind: of the command
 * @w: words behind it
 */
void federation_lint(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct fp_plan plan = { 0 };
	struct fp_model *from;
	json_t *j;

	(void)kind;
	if (!w->n)
		usage(ctl, "fedctl federation lint FILE...", "the name of a file is missing");
	from = ctl->errs.n ? NULL : ctl_load_or_none(ctl);
	if (!from)
		return;
	fp_federation_plan_files(w->v, (u32)w->n, from, &plan, &ctl->errs);
	if (ctl->json) {
		j = json_object();
		json_object_set_new(j, "errors", notes_json(&ctl->errs));
		json_object_set_new(j, "notes", notes_json(&plan.notes));
		print_json(ctl, j);
	} else {
		fp_errs_print(&plan.notes, ctl->out, "note: ");
		if (!ctl->errs.n)
			fprintf(ctl->out, "no errors, %u notes\n", plan.notes.total);
	}
	w->n = 0;
	fp_plan_free(&plan);
	fp_model_free(from);
}
