// SPDX-License-Identifier: GPL-2.0
/* The policy as a whole: apply a file, save one. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "keyfile.h"
#include "policy_file.h"
#include "secret.h"

/* Notes go to stderr: what is printed on stdout is the plan. */
static void key_note(const struct fp_obj_federation *f, enum fp_keys_note note, void *arg)
{
	static const char *const texts[] = {
		[FP_KEYS_MADE] = "new token keys were written to",
		[FP_KEYS_MISSING] = "token keys would be written to",
		[FP_KEYS_KEPT] = "the kernel keeps the token keys it has; there is no",
	};
	const struct ctl *ctl = arg;

	fprintf(ctl->err, "fedctl: federation '%s': %s %s\n", f->o.name, texts[note], f->key_file);
}

/**
 * load_keys() - give federations the keys of their files
 * @ctl: this run
 * @model: the policy
 * @running: the policy now
 * @only: name of the one federation that is meant, or NULL for all
 * @dry_run: make no files
 */
void load_keys(struct ctl *ctl, struct fp_model *model, const struct fp_model *running,
	       const char *only, bool dry_run)
{
	struct fp_keys_opts opts = {
		.running = running,
		.only = only,
		.make = !dry_run && !ctl->file,
		.note = key_note,
		.arg = ctl,
	};

	fp_model_load_keys(model, &opts, &ctl->errs);
}

/* Objects that are there and not in the file stay. */
static void merge(struct ctl *ctl, struct fp_model *to, const struct fp_model *from)
{
	const struct fp_obj *obj;
	struct fp_obj *copy;
	u32 i;
	int k;

	for (k = 0; k < FP_K_SETTINGS; k++) {
		fp_model_each(from, k, i, obj) {
			if (fp_model_find(to, k, obj->name))
				continue;
			copy = fp_obj_copy(obj);
			if (copy && !fp_model_add(to, copy))
				continue;
			fp_obj_free(copy);
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "out of memory");
		}
	}
}

/* Once more when somebody else changed the policy meanwhile. */
static bool apply_model(struct ctl *ctl, struct fp_model *to, bool dry_run, bool keep)
{
	struct fp_model *from = ctl_load(ctl);
	bool stale = false;

	if (!from)
		return false;
	if (keep)
		merge(ctl, to, from);
	fp_model_check(to, &ctl->errs);
	if (!ctl->errs.n)
		load_keys(ctl, to, from, NULL, dry_run);
	if (!ctl->errs.n) {
		ctl_commit_model(ctl, from, to, dry_run);
		stale = ctl_is_stale(ctl, from);
	}
	fp_model_free(from);
	return stale;
}

static void apply_file(struct ctl *ctl, struct fp_model *to, bool dry_run, bool keep)
{
	int tries = 1;

	/* What was merged with an old policy cannot be merged with a new one. */
	while (apply_model(ctl, to, dry_run, keep) && !keep && tries++ < CTL_TRIES)
		fp_errs_free(&ctl->errs);
}

static void apply_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	bool dry_run = false, keep = false;
	const char *file = NULL, *word;
	struct fp_model *to = NULL;

	(void)kind;
	while ((word = words_next(w))) {
		if (!strcmp(word, "--dry-run"))
			dry_run = true;
		else if (!strcmp(word, "--merge"))
			keep = true;
		else if (!file)
			file = word;
		else
			usage(ctl, NULL, "'%s' is one word too many", word);
	}
	if (!file)
		usage(ctl, "fedctl apply FILE [--dry-run] [--merge]",
		      "the name of a file is missing");
	if (!ctl->errs.n && !ctl->file)
		fp_obeyed_check(file, &ctl->errs);
	if (ctl->errs.n || fp_policy_load(file, &to, &ctl->errs))
		return;
	apply_file(ctl, to, dry_run, keep);
	fp_model_free(to);
}

const struct verb apply_verbs[] = {
	{ "", "FILE [--dry-run] [--merge]",
	  "make the policy that of FILE; --merge keeps objects that are not in it", apply_run },
	{ 0 },
};

static void save_to(struct ctl *ctl, const struct fp_model *model, const char *file)
{
	int err = file ? ctl_write(file, model) : fp_policy_save(model, ctl->out);

	if (err && file)
		ctl_not_written(ctl, file, err);
	else if (err)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL,
			   "the policy cannot be written: %s", strerror(-err));
}

static void save_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *file = words_next(w);
	struct fp_model *model;

	(void)kind;
	if (!no_more(ctl, w))
		return;
	model = ctl_load(ctl);
	if (!model)
		return;
	if (ctl->json)
		show_model(ctl, model);
	else
		save_to(ctl, model, file);
	fp_model_free(model);
}

const struct verb save_verbs[] = {
	{ "", "[FILE]", "write the policy as YAML, which apply takes; default standard output",
	  save_run },
	{ 0 },
};
