// SPDX-License-Identifier: GPL-2.0
/* The kernel's policy: read it whole, change it in one transaction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fpnl.h"
#include "model.h"

/* --- objects that the kernel answers --- */

struct collector {
	enum fp_kind_id kind;
	fp_obj_fn fn;
	void *arg;
};

static int collect_row(const struct nlmsghdr *nlh, void *arg)
{
	const struct collector *c = arg;
	struct fp_obj *obj = fp_obj_alloc(c->kind, NULL);
	int err;

	if (!obj)
		return -ENOMEM;
	err = fp_obj_decode(obj, nlh);
	if (err) {
		fp_obj_free(obj);
		return err;
	}
	return c->fn(obj, c->arg);
}

/* What a dump gave so far, so that it can be forgotten when it begins anew. */
struct rows {
	struct fp_obj **v;
	u32 n;
	u32 cap;
};

static int rows_add(struct fp_obj *obj, void *arg)
{
	struct rows *r = arg;
	u32 cap = r->cap ? r->cap * 2 : 64;
	struct fp_obj **v;

	if (r->n == r->cap) {
		v = reallocarray(r->v, cap, sizeof(*v));
		if (!v) {
			fp_obj_free(obj);
			return -ENOMEM;
		}
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = obj;
	return 0;
}

static void rows_forget(struct rows *r)
{
	while (r->n)
		fp_obj_free(r->v[--r->n]);
}

static void rows_restart(void *arg)
{
	struct collector *c = arg;

	rows_forget(c->arg);
}

static int dump_rows(struct fpnl *nl, enum fp_kind_id kind, const char *acl, struct rows *rows,
		     struct fp_errs *errs)
{
	struct collector c = { .kind = kind, .fn = rows_add, .arg = rows };
	struct fpnl_dump dump = { .row = collect_row, .restart = rows_restart, .arg = &c };
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(nl, buf, fp_kinds[kind].cmd_get, 0);

	if (acl)
		mnl_attr_put_strz(nlh, FEDPAT_A_ACE_ACL, acl);
	return fpnl_dump(nl, nlh, &dump, errs);
}

static int hand_on(struct rows *rows, fp_obj_fn fn, void *arg, int err)
{
	u32 i;

	for (i = 0; i < rows->n; i++) {
		if (err)
			fp_obj_free(rows->v[i]);
		else
			err = fn(rows->v[i], arg);
	}
	free(rows->v);
	return err;
}

/**
 * fp_dump() - all objects of a kind
 * @nl: the client
 * @kind: the kind
 * @fn: takes each of them; not 0 ends it
 * @arg: second argument of @fn
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno, what @fn returned
 */
int fp_dump(struct fpnl *nl, enum fp_kind_id kind, fp_obj_fn fn, void *arg, struct fp_errs *errs)
{
	struct rows rows = { 0 };
	int err = dump_rows(nl, kind, NULL, &rows, errs);

	return hand_on(&rows, fn, arg, err);
}

static int one_row(struct fp_obj *obj, void *arg)
{
	struct fp_obj **out = arg;

	fp_obj_free(*out);
	*out = obj;
	return 0;
}

/**
 * fp_get() - one object
 * @nl: the client
 * @kind: its kind
 * @name: its name, or NULL for a kind that is one object
 * @out: the object; the caller frees it
 * @errs: gets what is wrong
 *
 * Return: 0, -ENOENT, negative errno
 */
int fp_get(struct fpnl *nl, enum fp_kind_id kind, const char *name, struct fp_obj **out,
	   struct fp_errs *errs)
{
	struct collector c = { .kind = kind, .fn = one_row, .arg = out };
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh;
	int err;

	*out = NULL;
	nlh = fpnl_msg(nl, buf, fp_kinds[kind].cmd_get, 0);
	if (name)
		mnl_attr_put_strz(nlh, fp_kinds[kind].rows[0].id, name);
	err = fpnl_call(nl, nlh, collect_row, &c, errs);
	if (err) {
		fp_obj_free(*out);
		*out = NULL;
	}
	return err ? err : *out ? 0 : -ENOENT;
}

/**
 * fp_get_status() - the namespace at a glance
 * @nl: the client
 * @out: the status; the caller frees it with fp_obj_free()
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_get_status(struct fpnl *nl, struct fp_obj_status **out, struct fp_errs *errs)
{
	struct fp_obj *obj;
	int err = fp_get(nl, FP_K_STATUS, NULL, &obj, errs);

	*out = (struct fp_obj_status *)obj;
	return err;
}

/* --- read --- */

static int into_model(struct fp_obj *obj, void *arg)
{
	struct fp_model *model = arg;
	int err = obj->name ? fp_model_add(model, obj) : -EBADMSG;

	if (err)
		fp_obj_free(obj);
	return err;
}

static int into_acl(struct fp_obj *obj, void *arg)
{
	struct fp_obj_ace *ace = (struct fp_obj_ace *)obj;
	struct fp_obj_acl *acl;
	int err;

	acl = (struct fp_obj_acl *)fp_model_find(arg, FP_K_ACL, ace->acl);
	err = acl ? fp_acl_add_ace(acl, ace, 0) : -EBADMSG;
	if (err)
		fp_obj_free(obj);
	return err;
}

static int read_settings(struct fpnl *nl, struct fp_model *model, struct fp_errs *errs)
{
	struct fp_obj *obj;
	int err = fp_get(nl, FP_K_SETTINGS, NULL, &obj, errs);

	if (err)
		return err;
	fp_obj_free(&model->settings->o);
	model->settings = (struct fp_obj_settings *)obj;
	return 0;
}

static int read_all(struct fpnl *nl, struct fp_model *model, struct fp_errs *errs)
{
	struct rows aces = { 0 };
	int err = 0, k;

	for (k = 0; k < FP_K_SETTINGS && !err; k++)
		if (k != FP_K_ACE)
			err = fp_dump(nl, k, into_model, model, errs);
	if (!err) {
		err = dump_rows(nl, FP_K_ACE, NULL, &aces, errs);
		err = hand_on(&aces, into_acl, model, err);
	}
	return err ? err : read_settings(nl, model, errs);
}

static int generation(struct fpnl *nl, u32 *out, struct fp_errs *errs)
{
	struct fp_obj_status *st;
	int err = fp_get_status(nl, &st, errs);

	if (err)
		return err;
	*out = st->generation;
	fp_obj_free(&st->o);
	return 0;
}

/* -EAGAIN: the policy changed meanwhile */
static int read_once(struct fpnl *nl, struct fp_model *model, struct fp_errs *errs)
{
	u32 after;
	int err, read;

	err = generation(nl, &model->generation, errs);
	if (err)
		return err;
	read = read_all(nl, model, errs);
	err = generation(nl, &after, errs);
	if (err)
		return err;
	/* Only now is it known whether entries without a list are a fault. */
	return after != model->generation ? -EAGAIN : read;
}

#define READ_TRIES 20

/**
 * fp_model_load_kernel() - read the whole policy
 * @nl: the client
 * @out: the policy, sorted by name, without keys
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_model_load_kernel(struct fpnl *nl, struct fp_model **out, struct fp_errs *errs)
{
	struct fp_model *model = NULL;
	int tries, err = -EAGAIN;

	for (tries = 0; tries < READ_TRIES && err == -EAGAIN; tries++) {
		fp_model_free(model);
		model = fp_model_alloc();
		if (!model)
			return -ENOMEM;
		err = read_once(nl, model, errs);
	}
	if (err) {
		fp_model_free(model);
		fp_err_add(errs, FP_EXIT_REFUSED, NULL,
			   err == -EAGAIN ? "try again when it is quiet" : NULL,
			   "the policy could not be read: %s", strerror(-err));
		return err;
	}
	fp_model_sort(model);
	*out = model;
	return 0;
}

/**
 * fp_acl_load_kernel() - read the entries of one list
 * @nl: the client
 * @name: the list
 * @out: the list with its entries; the caller frees it
 * @errs: gets what is wrong
 *
 * Return: 0, -ENOENT, negative errno
 */
int fp_acl_load_kernel(struct fpnl *nl, const char *name, struct fp_obj_acl **out,
		       struct fp_errs *errs)
{
	struct rows rows = { 0 };
	struct fp_obj *obj;
	int err = fp_get(nl, FP_K_ACL, name, &obj, errs);
	u32 i;

	if (err)
		return err;
	*out = (struct fp_obj_acl *)obj;
	err = dump_rows(nl, FP_K_ACE, name, &rows, errs);
	for (i = 0; i < rows.n; i++) {
		if (!err)
			err = fp_acl_add_ace(*out, (struct fp_obj_ace *)rows.v[i], 0);
		if (err)
			fp_obj_free(rows.v[i]);
	}
	free(rows.v);
	if (err) {
		fp_obj_free(obj);
		*out = NULL;
	}
	return err;
}

/* --- change --- */

struct commit {
	struct fpnl *nl;
	const struct fp_ops *ops;
	struct fp_errs *errs;
	u32 id;
	u32 generation;
};

static int txn_row(const struct nlmsghdr *nlh, void *arg)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_TXN, NULL);
	struct commit *c = arg;
	int err;

	if (!obj)
		return -ENOMEM;
	err = fp_obj_decode(obj, nlh);
	if (!err) {
		c->id = ((struct fp_obj_txn *)obj)->id;
		c->generation = ((struct fp_obj_txn *)obj)->generation;
	}
	fp_obj_free(obj);
	return err;
}

#define BUSY_TRIES 50
#define BUSY_WAIT_US 100000

static int begin_once(struct commit *c, u32 expected, struct fp_errs *errs)
{
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(c->nl, buf, FEDPAT_CMD_TXN_BEGIN, 0);

	if (expected != FP_GENERATION_ANY)
		mnl_attr_put_u32(nlh, FEDPAT_A_TXN_EXPECTED_GENERATION, expected);
	return fpnl_call(c->nl, nlh, txn_row, c, errs);
}

/* Another transaction is open for as long as its owner works on it: wait a little. */
static int begin(struct commit *c, u32 expected)
{
	struct fp_errs said = { 0 };
	int err, tries;

	for (tries = 0;; tries++) {
		err = begin_once(c, expected, &said);
		if (err != -EBUSY || tries == BUSY_TRIES)
			break;
		fp_errs_free(&said);
		usleep(BUSY_WAIT_US);
	}
	fp_errs_move(c->errs, &said);
	return err;
}

/* Where a fault of an object stands in a file. */
static void fault(struct commit *c, const struct fp_obj *obj, const char *attr, const char *text)
{
	struct fp_where where = { .kind = obj->kind->word, .attr = attr, .pos = &obj->pos };
	const struct fp_obj_ace *ace = (const struct fp_obj_ace *)obj;
	const struct fp_attr *row;
	size_t len = attr ? strcspn(attr, ".") : 0;
	u8 i;

	where.object = obj->kind->id == FP_K_ACE ? ace->acl : obj->name;
	for (i = 0; obj->at && attr && i < obj->kind->n_rows; i++) {
		row = &obj->kind->rows[i];
		if (strlen(row->name) == len && !strncmp(row->name, attr, len) && obj->at[i].line)
			where.pos = &obj->at[i];
	}
	fp_err_add(c->errs, FP_EXIT_REFUSED, &where, NULL, "%s", text);
}

static void op_failed(const struct fpnl_failure *f, void *arg)
{
	struct commit *c = arg;

	fault(c, c->ops->v[f->index].obj, f->attr, f->text);
}

static void put_key(const struct fp_op *op, struct nlmsghdr *nlh)
{
	const struct fp_obj_ace *ace = (const struct fp_obj_ace *)op->obj;

	if (op->obj->kind->id != FP_K_ACE) {
		mnl_attr_put_strz(nlh, op->obj->kind->rows[0].id, op->obj->name);
		return;
	}
	mnl_attr_put_strz(nlh, FEDPAT_A_ACE_ACL, ace->acl);
	if (ace->id)
		mnl_attr_put_u32(nlh, FEDPAT_A_ACE_ID, ace->id);
	else if (op->line)
		mnl_attr_put_u32(nlh, FEDPAT_A_ACE_LINE, op->line);
	/* With neither, all entries of the list. */
}

/* FEDPAT_A_<kind>_TXN is the first attribute of every kind of the policy. */
#define TXN_IS_FIRST(K) _Static_assert(FEDPAT_A_##K##_TXN == 1, "txn is attribute 1")
TXN_IS_FIRST(ZONE);
TXN_IS_FIRST(ACL);
TXN_IS_FIRST(ACE);
TXN_IS_FIRST(PAT);
TXN_IS_FIRST(STATIC_PAT);
TXN_IS_FIRST(CLASS_MAP);
TXN_IS_FIRST(INSPECT);
TXN_IS_FIRST(TLS_PROXY);
TXN_IS_FIRST(TRUSTPOINT);
TXN_IS_FIRST(FEDERATION);
TXN_IS_FIRST(PEER);
TXN_IS_FIRST(NODE);
TXN_IS_FIRST(DOMAIN);
TXN_IS_FIRST(SETTINGS);

static int send_op(struct fpnl_batch *b, const struct fp_op *op, u32 txn, u32 index)
{
	const struct fp_kind *kind = op->obj->kind;
	struct nlmsghdr *nlh;

	nlh = fpnl_batch_add(b, op->type == FP_OP_NEW ? kind->cmd_new : kind->cmd_del, index,
			     fp_obj_encode_room(op->obj) + 64);
	if (!nlh)
		return -EIO;
	mnl_attr_put_u32(nlh, 1, txn);
	if (op->type == FP_OP_DEL) {
		put_key(op, nlh);
		return 0;
	}
	fp_obj_encode(op->obj, nlh);
	if (kind->id == FP_K_ACE && op->line)
		mnl_attr_put_u32(nlh, FEDPAT_A_ACE_LINE, op->line);
	return 0;
}

static int send_ops(struct commit *c)
{
	struct fpnl_batch *b;
	u32 i;

	if (fpnl_batch_new(c->nl, op_failed, c, &b))
		return -ENOMEM;
	for (i = 0; i < c->ops->n; i++)
		if (send_op(b, &c->ops->v[i], c->id, i))
			break;
	return fpnl_batch_end(b, c->errs);
}

static const struct fp_obj *op_object(const struct commit *c, const char *kind, const char *name)
{
	const struct fp_obj *obj, *found = NULL;
	const char *key;
	u32 i;

	for (i = 0; i < c->ops->n && kind && name; i++) {
		obj = c->ops->v[i].obj;
		key = obj->kind->id == FP_K_ACE ? ((const struct fp_obj_ace *)obj)->acl : obj->name;
		if (key && !strcmp(obj->kind->word, kind) && !strcmp(key, name)) {
			if (c->ops->v[i].type == FP_OP_NEW)
				return obj;
			found = obj;
		}
	}
	return found;
}

/* What an operation said when it failed, the candidate says once more. */
static bool was_told(const struct fp_errs *errs, const char *kind, const char *name,
		     const char *text)
{
	const struct fp_err *e;
	unsigned int i;

	for (i = 0; i < errs->n && kind && name && text; i++) {
		e = &errs->v[i];
		if (e->kind && e->object && e->text && !strcmp(e->kind, kind) &&
		    !strcmp(e->object, name) && !strcmp(e->text, text))
			return true;
	}
	return false;
}

static int error_row(struct fp_obj *row, void *arg)
{
	const struct fp_obj_txn_error *e = (const struct fp_obj_txn_error *)row;
	struct commit *c = arg;
	const struct fp_obj *obj = op_object(c, e->object_kind, row->name);
	struct fp_where where = { .kind = e->object_kind,
				  .object = row->name,
				  .attr = e->attribute };

	if (was_told(c->errs, e->object_kind, row->name, e->text))
		;
	else if (obj)
		fault(c, obj, e->attribute, e->text ? e->text : "is refused");
	else
		fp_err_add(c->errs, FP_EXIT_REFUSED, &where, NULL, "%s",
			   e->text ? e->text : "is refused");
	fp_obj_free(row);
	return 0;
}

/* The faults of the candidate; without any, what the commit itself said. */
static void ask_errors(struct commit *c, struct fp_errs *said)
{
	struct rows rows = { 0 };
	struct collector col = { .kind = FP_K_TXN_ERROR, .fn = rows_add, .arg = &rows };
	struct fpnl_dump dump = { .row = collect_row, .restart = rows_restart, .arg = &col };
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(c->nl, buf, FEDPAT_CMD_TXN_ERRORS, 0);
	bool told;

	mnl_attr_put_u32(nlh, FEDPAT_A_TXN_ERROR_TXN, c->id);
	told = !fpnl_dump(c->nl, nlh, &dump, NULL) && rows.n;
	hand_on(&rows, error_row, c, 0);
	if (!told && !c->errs->n)
		fp_errs_move(c->errs, said);
}

static int end(struct commit *c, u8 cmd, struct fp_errs *errs)
{
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(c->nl, buf, cmd, 0);

	mnl_attr_put_u32(nlh, FEDPAT_A_TXN_ID, c->id);
	return fpnl_call(c->nl, nlh, txn_row, c, errs);
}

static int publish(struct commit *c)
{
	struct fp_errs said = { 0 };
	int err = end(c, FEDPAT_CMD_TXN_COMMIT, &said);

	if (err)
		ask_errors(c, &said); /* while the candidate is still there */
	fp_errs_free(&said);
	return err;
}

/**
 * fp_model_commit() - all steps in one transaction
 * @nl: the client
 * @ops: the steps
 * @gen: in: generation that they start from, or FP_GENERATION_ANY; out: the new one
 * @errs: gets every fault; must not be NULL
 *
 * Return: 0; negative errno, then nothing was changed
 */
int fp_model_commit(struct fpnl *nl, const struct fp_ops *ops, u32 *gen, struct fp_errs *errs)
{
	struct commit c = { .nl = nl, .ops = ops, .errs = errs };
	int err = begin(&c, *gen);
	u32 id = c.id;

	if (err)
		return err;
	err = send_ops(&c);
	/*
	 * With failed operations, too: the kernel refuses such a candidate, but tells
	 * what else is wrong with it.
	 */
	if (err >= 0)
		err = publish(&c);
	if (!err) {
		*gen = c.generation;
		return 0;
	}
	c.id = id;
	end(&c, FEDPAT_CMD_TXN_ABORT, NULL);
	return err;
}
