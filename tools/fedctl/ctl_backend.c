// SPDX-License-Identifier: GPL-2.0
/* What commands work on: the kernel's policy, or that of a file (-f). */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "policy_file.h"

static void failed(struct ctl *ctl, int err)
{
	if (err && !ctl->errs.n)
		fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "%s", strerror(-err));
}

/**
 * ctl_open() - connect to the module
 * @ctl: this run
 *
 * Return: 0; negative errno: told
 */
int ctl_open(struct ctl *ctl)
{
	int err;

	if (ctl->nl)
		return 0;
	if (ctl->file) {
		usage(ctl, "leave -f out", "this asks the kernel, not a file");
		return -EINVAL;
	}
	err = fpnl_open(&ctl->nl, &ctl->errs);
	failed(ctl, err);
	return err;
}

static struct fp_model *load_file(struct ctl *ctl)
{
	struct fp_model *model = NULL;

	/* A file that is not there yet is an empty policy. */
	if (access(ctl->file, F_OK) && errno == ENOENT)
		model = fp_model_alloc();
	else
		failed(ctl, fp_policy_load(ctl->file, &model, &ctl->errs));
	return model;
}

/**
 * ctl_load() - the whole policy
 * @ctl: this run
 *
 * Return: the policy; NULL: told
 */
struct fp_model *ctl_load(struct ctl *ctl)
{
	struct fp_model *model = NULL;

	if (ctl->file)
		return load_file(ctl);
	if (!ctl_open(ctl))
		failed(ctl, fp_model_load_kernel(ctl->nl, &model, &ctl->errs));
	return model;
}

/**
 * ctl_load_or_none() - the policy that a file is looked at against
 * @ctl: this run
 *
 * Where the module is not loaded, as on the desk of whoever writes the file,
 * there is no policy: an empty one, and a note on stderr.
 *
 * Return: the policy; NULL: told
 */
struct fp_model *ctl_load_or_none(struct ctl *ctl)
{
	struct fp_errs absent = { 0 };
	int err;

	if (!ctl->file && !ctl->nl) {
		err = fpnl_open(&ctl->nl, &absent);
		fp_errs_free(&absent);
		if (err == -ENOENT) {
			fprintf(ctl->err, "fedctl: note: no module is loaded here: %s\n",
				"this is what an empty gateway would get");
			return fp_model_alloc();
		}
	}
	return ctl_load(ctl);
}

static struct fp_obj *get_file(struct ctl *ctl, enum fp_kind_id kind, const char *name)
{
	struct fp_model *model = load_file(ctl);
	struct fp_obj *obj = NULL;

	if (!model)
		return NULL;
	obj = kind == FP_K_SETTINGS ? &model->settings->o : fp_model_find(model, kind, name);
	obj = obj ? fp_obj_copy(obj) : NULL;
	if (obj) /* the name of the file goes with the policy */
		memset(&obj->pos, 0, sizeof(obj->pos));
	fp_model_free(model);
	return obj;
}

/**
 * ctl_get() - one object
 * @ctl: this run
 * @kind: its kind
 * @name: its name, NULL for a kind that is one object
 *
 * Return: the object, which the caller frees; NULL: there is none, or told
 */
struct fp_obj *ctl_get(struct ctl *ctl, enum fp_kind_id kind, const char *name)
{
	struct fp_errs errs = { 0 };
	struct fp_obj *obj = NULL;
	int err;

	if (ctl->file)
		return get_file(ctl, kind, name);
	if (ctl_open(ctl))
		return NULL;
	err = fp_get(ctl->nl, kind, name, &obj, &errs);
	if (err && err != -ENOENT)
		fp_errs_move(&ctl->errs, &errs);
	fp_errs_free(&errs);
	return obj;
}

/**
 * objs_add() - add an object to a list
 * @obj: the object, which is the list's from here on
 * @arg: struct objs
 *
 * Return: 0, -ENOMEM
 */
int objs_add(struct fp_obj *obj, void *arg)
{
	struct objs *l = arg;
	struct fp_obj **v = l->v;

	if (!(l->n & (l->n - 1)))
		v = reallocarray(v, l->n ? (size_t)l->n * 2 : 1, sizeof(*v));
	if (!v) {
		fp_obj_free(obj);
		return -ENOMEM;
	}
	l->v = v;
	v[l->n++] = obj;
	return 0;
}

/**
 * objs_free() - free a list and the objects in it
 * @objs: the list
 */
void objs_free(struct objs *objs)
{
	u32 i;

	for (i = 0; i < objs->n; i++)
		fp_obj_free(objs->v[i]);
	free(objs->v);
	memset(objs, 0, sizeof(*objs));
}

static int by_name(const void *a, const void *b)
{
	const struct fp_obj *x = *(struct fp_obj *const *)a, *y = *(struct fp_obj *const *)b;

	return strverscmp(x->name, y->name);
}

static void dump_file(struct ctl *ctl, enum fp_kind_id kind, struct objs *out)
{
	struct fp_model *model = load_file(ctl);
	struct fp_obj *obj;
	u32 i;

	if (!model)
		return;
	fp_model_each(model, kind, i, obj) {
		obj = fp_obj_copy(obj);
		if (!obj || objs_add(obj, out))
			failed(ctl, -ENOMEM);
	}
	fp_model_free(model);
}

/**
 * ctl_dump() - all objects of a kind
 * @ctl: this run
 * @kind: the kind
 * @out: gets the objects, by name where they have one
 *
 * Return: false where something is wrong, which was told
 */
bool ctl_dump(struct ctl *ctl, enum fp_kind_id kind, struct objs *out)
{
	if (ctl->file && kind < FP_K_POLICY_COUNT)
		dump_file(ctl, kind, out);
	else if (!ctl_open(ctl))
		failed(ctl, fp_dump(ctl->nl, kind, objs_add, out, &ctl->errs));
	if (out->n && out->v[0]->name)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return !ctl->errs.n;
}

static int write_to(int fd, const struct fp_model *model)
{
	FILE *out = fdopen(fd, "w");
	int err;

	if (!out) {
		err = -errno;
		close(fd);
		return err;
	}
	err = fp_policy_save(model, out);
	if (fflush(out) && !err)
		err = -errno;
	/* Pipes and the like cannot. */
	if (fsync(fd) && errno != EINVAL && errno != EROFS && !err)
		err = -errno;
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int write_beside(const char *file, const struct fp_model *model)
{
	char *tmp;
	int err, fd;

	if (asprintf(&tmp, "%s.new", file) < 0)
		return -ENOMEM;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	err = fd < 0 ? -errno : write_to(fd, model);
	if (!err && rename(tmp, file))
		err = -errno;
	if (err && fd >= 0)
		unlink(tmp);
	free(tmp);
	return err;
}

/**
 * ctl_write() - write a policy to a file, all or nothing
 * @file: name of the file; what is no regular file is written to as it is
 * @model: the policy
 *
 * Return: 0, negative errno
 */
int ctl_write(const char *file, const struct fp_model *model)
{
	char *real = realpath(file, NULL);
	struct stat st;
	int err, fd;

	if (real && !stat(real, &st) && !S_ISREG(st.st_mode)) {
		fd = open(real, O_WRONLY | O_CLOEXEC);
		err = fd < 0 ? -errno : write_to(fd, model);
	} else {
		err = write_beside(real ? real : file, model);
	}
	free(real);
	return err;
}

/**
 * ctl_not_written() - say that a policy could not be written
 * @ctl: this run
 * @file: where to
 * @err: negative errno
 */
void ctl_not_written(struct ctl *ctl, const char *file, int err)
{
	struct fp_pos pos = { .file = file };

	fp_err_add(&ctl->errs, FP_EXIT_REFUSED, &(struct fp_where){ .pos = &pos },
		   err == -ENOSPC || err == -EDQUOT ? "make room there; the old file is as it was" :
		   "its directory must be writable, for a file of its name and .new",
		   "the policy cannot be written: %s", strerror(-err));
}

static void commit_file(struct ctl *ctl, const struct fp_ops *ops)
{
	struct fp_model *model = load_file(ctl);
	int err;

	if (!model)
		return;
	failed(ctl, fp_model_apply(model, ops, &ctl->errs));
	if (!ctl->errs.n)
		fp_model_check(model, &ctl->errs);
	err = ctl->errs.n ? 0 : ctl_write(ctl->file, model);
	if (err)
		ctl_not_written(ctl, ctl->file, err);
	fp_model_free(model);
}

/**
 * ctl_commit() - take steps, all of them or none
 * @ctl: this run
 * @ops: the steps
 * @generation: of the policy that they start from, or FP_GENERATION_ANY
 */
void ctl_commit(struct ctl *ctl, const struct fp_ops *ops, u32 generation)
{
	if (ctl->file)
		commit_file(ctl, ops);
	else if (!ctl_open(ctl))
		failed(ctl, fp_model_commit(ctl->nl, ops, &generation, &ctl->errs));
	if (!ctl->errs.n && ctl->json && !ctl->file)
		print_json(ctl, json_pack("{s:I}", "generation", (json_int_t)generation));
}

/**
 * ctl_one() - one step
 * @ctl: this run
 * @type: what to do
 * @obj: with what
 * @line: of an entry
 */
void ctl_one(struct ctl *ctl, enum fp_op_type type, const struct fp_obj *obj, u32 line)
{
	struct fp_ops ops = { 0 };
	int err = fp_ops_add(&ops, type, obj, line);

	if (err)
		failed(ctl, err);
	else
		ctl_commit(ctl, &ops, FP_GENERATION_ANY);
	fp_ops_free(&ops);
}

/**
 * ctl_is_stale() - did somebody else change the policy since it was read?
 * @ctl: this run, in which something failed
 * @from: the policy, from ctl_load()
 *
 * Return: whether it is worth to try again
 */
bool ctl_is_stale(struct ctl *ctl, const struct fp_model *from)
{
	struct fp_obj_status *now;
	bool stale;

	if (!ctl->errs.n || ctl->file || !ctl->nl || fp_get_status(ctl->nl, &now, NULL))
		return false;
	stale = now->generation != from->generation;
	fp_obj_free(&now->o);
	return stale;
}

/**
 * ctl_commit_model() - go from one policy to another, and print the steps
 * @ctl: this run
 * @from: the policy now, from ctl_load()
 * @to: the policy as it shall be
 * @dry_run: only print
 */
void ctl_commit_model(struct ctl *ctl, const struct fp_model *from, struct fp_model *to,
		      bool dry_run)
{
	struct fp_ops ops = { 0 };
	int err = fp_model_diff(from, to, &ops);
	bool json = ctl->json;

	if (err) {
		failed(ctl, err);
		return;
	}
	if (!dry_run && ops.n) {
		ctl->json = false; /* the plan is what is printed */
		ctl_commit(ctl, &ops, ctl->file ? FP_GENERATION_ANY : from->generation);
		ctl->json = json;
	}
	if (!ctl->errs.n)
		print_plan(ctl, &ops, dry_run);
	fp_ops_free(&ops);
}
