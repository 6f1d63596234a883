// SPDX-License-Identifier: GPL-2.0
/* Legs, refusals and events: what the daemon and fedctl tell the kernel and hear from it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fpnl.h"
#include "model.h"

static int decode_row(const struct nlmsghdr *nlh, void *arg)
{
	return fp_obj_decode(arg, nlh);
}

static int id_row(const struct nlmsghdr *nlh, void *arg)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_LEG, NULL);
	u32 *id = arg;
	int err;

	if (!obj)
		return -ENOMEM;
	err = fp_obj_decode(obj, nlh);
	if (!err)
		*id = ((struct fp_obj_leg *)obj)->id;
	fp_obj_free(obj);
	return err;
}

static int send_obj(struct fpnl *nl, u8 cmd, const struct fp_obj *obj, fpnl_row_fn fn, void *arg,
		    struct fp_errs *errs)
{
	void *buf = aligned_alloc(8, (fp_obj_encode_room(obj) + 64 + 7) & ~7UL);
	struct nlmsghdr *nlh;
	int err;

	if (!buf)
		return -ENOMEM;
	nlh = fpnl_msg(nl, buf, cmd, 0);
	fp_obj_encode(obj, nlh);
	err = fpnl_call(nl, nlh, fn, arg, errs);
	free(buf);
	return err;
}

/**
 * fp_leg_attach() - hand a connected socket to the relay
 * @nl: the client
 * @leg: what is known of it, the descriptor included; made with fp_obj_alloc()
 *	and the fp_obj_set_...() calls, which mark what was given
 * @id: id of the leg
 * @errs: gets what is wrong
 *
 * The kernel takes its own reference; the caller closes its descriptor.
 *
 * Return: 0, negative errno
 */
int fp_leg_attach(struct fpnl *nl, const struct fp_obj_leg *leg, u32 *id, struct fp_errs *errs)
{
	*id = 0;
	return send_obj(nl, FEDPAT_CMD_LEG_ATTACH, &leg->o, id_row, id, errs);
}

static int with_reason(struct fpnl *nl, u8 cmd, u16 attr, u32 id, const char *reason,
		       struct fp_errs *errs)
{
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(nl, buf, cmd, 0);

	mnl_attr_put_u32(nlh, attr, id);
	if (reason && strlen(reason) <= FEDPAT_NAME_MAX)
		mnl_attr_put_strz(nlh, FEDPAT_A_LEG_REASON, reason);
	return fpnl_call(nl, nlh, NULL, NULL, errs);
}

/**
 * fp_leg_fail() - a wanted leg cannot be had
 * @nl: the client
 * @wanted: id from the event
 * @reason: name of the reason, or NULL
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_leg_fail(struct fpnl *nl, u32 wanted, const char *reason, struct fp_errs *errs)
{
	return with_reason(nl, FEDPAT_CMD_LEG_FAIL, FEDPAT_A_LEG_WANTED, wanted, reason, errs);
}

/**
 * fp_leg_kill() - close a leg, orderly
 * @nl: the client
 * @id: its id
 * @reason: name of the reason, or NULL
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_leg_kill(struct fpnl *nl, u32 id, const char *reason, struct fp_errs *errs)
{
	return with_reason(nl, FEDPAT_CMD_LEG_KILL, FEDPAT_A_LEG_ID, id, reason, errs);
}

/**
 * fp_refusal_report() - count a refusal of the daemon, and tell the listeners
 * @nl: the client
 * @notice: reason, and of federation, peer, zone, remote, local, text what is known
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_refusal_report(struct fpnl *nl, const struct fp_obj_notice *notice, struct fp_errs *errs)
{
	return send_obj(nl, FEDPAT_CMD_REFUSAL_REPORT, &notice->o, NULL, NULL, errs);
}

struct listener {
	fp_notice_fn fn;
	void *arg;
};

static int notice_row(const struct nlmsghdr *nlh, void *arg)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_NOTICE, NULL);
	const struct listener *l = arg;

	/* A notice of a newer module that this program cannot read is no reason to stop. */
	if (obj && !fp_obj_decode(obj, nlh))
		l->fn((const struct fp_obj_notice *)obj, l->arg);
	fp_obj_free(obj);
	return obj ? 0 : -ENOMEM;
}

/**
 * fp_wanted_each() - the legs that messages wait for now
 * @nl: the client
 * @fn: called for each, as for its event
 * @arg: its second argument
 * @errs: gets what is wrong
 *
 * Return: 0, negative errno
 */
int fp_wanted_each(struct fpnl *nl, fp_notice_fn fn, void *arg, struct fp_errs *errs)
{
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = fpnl_msg(nl, buf, FEDPAT_CMD_WANTED_GET, 0);
	struct listener l = { .fn = fn, .arg = arg };
	struct fpnl_dump dump = { .row = notice_row, .arg = &l };

	return fpnl_dump(nl, nlh, &dump, errs);
}

/**
 * fp_leg_get() - one leg, with the chain of certificates that its peer presented
 * @nl: the client
 * @id: its id
 * @out: the leg; the caller frees it
 * @errs: gets what is wrong
 *
 * Return: 0, -ENOENT, negative errno
 */
int fp_leg_get(struct fpnl *nl, u32 id, struct fp_obj_leg **out, struct fp_errs *errs)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_LEG, NULL);
	char buf[FPNL_MSG] __attribute__((aligned(4)));
	struct nlmsghdr *nlh;
	int err;

	*out = NULL;
	if (!obj)
		return -ENOMEM;
	nlh = fpnl_msg(nl, buf, FEDPAT_CMD_LEG_GET, 0);
	mnl_attr_put_u32(nlh, FEDPAT_A_LEG_ID, id);
	err = fpnl_call(nl, nlh, decode_row, obj, errs);
	if (err)
		fp_obj_free(obj);
	else
		*out = (struct fp_obj_leg *)obj;
	return err;
}

/**
 * fp_events() - hand on the notices that are there, without waiting
 * @nl: client that subscribed
 * @fn: called for each
 * @arg: its second argument
 *
 * Return: 0; -ENOBUFS: some were lost; negative errno
 */
int fp_events(struct fpnl *nl, fp_notice_fn fn, void *arg)
{
	struct listener l = { .fn = fn, .arg = arg };

	return fpnl_events(nl, notice_row, &l);
}
