/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands of fedctl share. */
#ifndef _FEDCTL_CTL_H
#define _FEDCTL_CTL_H

#include <stdbool.h>
#include <stdio.h>

#include "fpnl.h"
#include "model.h"

/**
 * struct ctl - one run of fedctl
 * @json: -j
 * @numeric: -n: numbers as they are, no names of protocols, no units
 * @color: of the terminal
 * @file: -f: a policy file to work on instead of the kernel, or NULL
 * @nl: the kernel; opened by ctl_open()
 * @errs: what went wrong; decides the exit status
 * @out: where results go
 * @err: where errors and notes go
 */
struct ctl {
	bool json;
	bool numeric;
	bool color;
	const char *file;
	struct fpnl *nl;
	struct fp_errs errs;
	FILE *out;
	FILE *err;
};

/**
 * struct words - the rest of the command line
 * @v: the words
 * @n: how many
 */
struct words {
	char **v;
	int n;
};

static inline const char *words_peek(const struct words *w)
{
	return w->n ? w->v[0] : NULL;
}

static inline char *words_next(struct words *w)
{
	if (!w->n)
		return NULL;
	w->n--;
	return *w->v++;
}

/**
 * struct verb - what can be done with an object
 * @word: the verb
 * @usage: words behind it
 * @help: one line
 * @run: does it; faults go to ctl->errs
 */
struct verb {
	const char *word;
	const char *usage;
	const char *help;
	void (*run)(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
};

/**
 * struct command - first word of the command line
 * @word: the word
 * @help: one line
 * @kind: kind of objects that it is about, or FP_K_COUNT
 * @verbs: ends with an empty one; the first is meant when none is given
 */
struct command {
	const char *word;
	const char *help;
	u8 kind;
	const struct verb *verbs;
};

extern const struct command commands[];	/* ends with an empty one */

/* main.c */
void dispatch(struct ctl *ctl, struct words *w);
int fedctl_run(struct ctl *ctl, int argc, char **argv);

/* ctl_words.c: errors of the command line; all of them make the exit status 2 */
__attribute__((format(printf, 3, 4)))
void usage(struct ctl *ctl, const char *remedy, const char *fmt, ...);
bool no_more(struct ctl *ctl, const struct words *w);
/* The next word must be there. NULL: told. */
char *need(struct ctl *ctl, struct words *w, const char *what);
bool is_prefix(const char *word, const char *of);
const struct command *find_command(struct ctl *ctl, const char *word);
const struct verb *find_verb(struct ctl *ctl, const struct command *c, const char *word);
const struct fp_attr *find_attr(struct ctl *ctl, const struct fp_kind *kind, const char *word);
/* Attributes that the command line takes. */
bool is_settable(const struct fp_attr *attr);
/* name value pairs into an object; @fresh: lists replace what was there. */
void read_attrs(struct ctl *ctl, struct fp_obj *obj, struct words *w, bool fresh);
u64 read_number(struct ctl *ctl, struct words *w, const char *what, u64 min, u64 max);

/**
 * struct objs - objects of one kind
 * @v: the objects
 * @n: how many
 */
struct objs {
	struct fp_obj **v;
	u32 n;
};

/* ctl_backend.c: the kernel, or the file of -f */
/* All of a kind, by name where they have one. false: told. */
bool ctl_dump(struct ctl *ctl, enum fp_kind_id kind, struct objs *out);
int objs_add(struct fp_obj *obj, void *objs);	/* takes it */
void objs_free(struct objs *objs);
int ctl_open(struct ctl *ctl);
struct fp_model *ctl_load(struct ctl *ctl);
struct fp_model *ctl_load_or_none(struct ctl *ctl);
struct fp_obj *ctl_get(struct ctl *ctl, enum fp_kind_id kind, const char *name);
int ctl_write(const char *file, const struct fp_model *model);
void ctl_not_written(struct ctl *ctl, const char *file, int err);
#define CTL_TRIES	5	/* while others change the policy, too */
bool ctl_is_stale(struct ctl *ctl, const struct fp_model *from);
void ctl_commit(struct ctl *ctl, const struct fp_ops *ops, u32 generation);
void ctl_commit_model(struct ctl *ctl, const struct fp_model *from, struct fp_model *to,
		      bool dry_run);
void ctl_one(struct ctl *ctl, enum fp_op_type type, const struct fp_obj *obj, u32 line);

/* ctl_plan.c */
void print_plan(struct ctl *ctl, const struct fp_ops *ops, bool dry_run);
void *plan_json(const struct fp_ops *ops, bool dry_run);	/* a json_t */

/* cmd_federation_plan.c, cmd_federation_status.c */
void federation_plan(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void federation_lint(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void federation_status(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void federation_done(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
/* Keep or forget the file that a federation was made of. */
void federation_keep(struct ctl *ctl, const char *name, const char *file);
void federation_forget(const char *name);

/* ctl_table.c */
struct table;
struct table *table_new(u32 columns);
/* The next cell, left to right; what is printed into it until the next call. */
FILE *table_cell(struct table *t);
void table_right(struct table *t, u32 column);	/* numbers */
void table_print(struct table *t, struct ctl *ctl);	/* frees it */

/* ctl_show.c */
void show_objects(struct ctl *ctl, const struct fp_kind *kind, struct fp_obj **v, u32 n);
void show_one(struct ctl *ctl, const struct fp_obj *obj);
void show_model(struct ctl *ctl, const struct fp_model *model);	/* as JSON */
void print_json(struct ctl *ctl, void *json);	/* takes a json_t */

/* The verbs of kinds that need no words of their own, and parts of them. */
extern const struct verb peer_verbs[], node_verbs[];
extern const struct verb object_verbs[];
void object_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void object_add(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void object_set(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void object_del(struct ctl *ctl, const struct fp_kind *kind, struct words *w);
void add_object(struct ctl *ctl, struct fp_obj *obj);	/* takes it */

/* An access list with its entries. */
void show_list(struct ctl *ctl, const struct fp_obj_acl *acl);

extern const struct verb acl_verbs[];
extern const struct verb pat_verbs[];
extern const struct verb static_pat_verbs[];
extern const struct verb federation_verbs[];
extern const struct verb settings_verbs[];
extern const struct verb leg_verbs[];
extern const struct verb trustpoint_verbs[];
extern const struct verb session_verbs[];
extern const struct verb counters_verbs[];
extern const struct verb status_verbs[];
extern const struct verb monitor_verbs[];
extern const struct verb apply_verbs[];
extern const struct verb save_verbs[];
extern const struct verb metrics_verbs[];
extern const struct verb reload_verbs[];
extern const struct verb version_verbs[];
extern const struct verb preflight_verbs[];
extern const struct verb sip_verbs[];

/* ctl_help.c */
void help_all(struct ctl *ctl);
void help_command(struct ctl *ctl, const struct command *c);

/* ctl_complete.c */
void complete(struct ctl *ctl, struct words *w);

/* cmd_policy.c */
void load_keys(struct ctl *ctl, struct fp_model *model, const struct fp_model *running,
	       const char *only, bool dry_run);

/* cmd_monitor.c */
void print_notice(struct ctl *ctl, const struct fp_obj_notice *n);

/* cmd_metrics.c */
void status_certificates(struct ctl *ctl);

/* cmd_misc.c */
int daemon_pid(void);

#endif /* _FEDCTL_CTL_H */
