// SPDX-License-Identifier: GPL-2.0
/* From two sockets of an XMPP stream to a pair of raw legs. */
#include <stdlib.h>
#include <string.h>

#include "xmpp.h"

static void set_text(struct fp_obj *leg, u16 attr, const char *text)
{
	if (*text)
		fp_obj_set_str(leg, attr, text);
}

static void set_dialled(struct fp_obj *leg, const union fpd_addr *original)
{
	struct fp_endpoint ep;

	fpd_addr_to(&ep, original);
	if (ep.addr.family)
		fp_obj_set_endpoint(leg, FEDPAT_A_LEG_ORIGINAL_DST, &ep);
}

/* Leg of the caller (0) or the called (1); each end has its name, and sees the other's. */
static struct fp_obj *describe(const struct fpd_xmpp *x, int i, u32 partner)
{
	const struct fpd_conn *conn = x->conn;
	bool outside = (conn->role == FEDPAT_ROLE_OUTSIDE) == !i;
	struct fp_obj *leg = fp_obj_alloc(FP_K_LEG, NULL);

	if (!leg)
		return NULL;
	fp_obj_set_num(leg, FEDPAT_A_LEG_FD, (u64)x->end[i].fd);
	set_text(leg, FEDPAT_A_LEG_FEDERATION, conn->federation);
	set_text(leg, FEDPAT_A_LEG_ZONE, i ? x->other_zone : conn->zone);
	set_text(leg, FEDPAT_A_LEG_PEER, outside ? x->theirs : x->node);
	fp_obj_set_num(leg, FEDPAT_A_LEG_ROLE, outside ? FEDPAT_ROLE_OUTSIDE : FEDPAT_ROLE_INSIDE);
	fp_obj_set_num(leg, FEDPAT_A_LEG_TRANSPORT, FEDPAT_TRANSPORT_TCP);
	fp_obj_set_num(leg, FEDPAT_A_LEG_PROTOCOL, FEDPAT_INSPECT_TYPE_XMPP);
	fp_obj_add_str(leg, FEDPAT_A_LEG_DOMAIN, i ? x->to : x->from);
	fp_obj_set_str(leg, FEDPAT_A_LEG_IDENTITY, i ? x->from : x->to);
	if (x->starttls)
		fp_obj_set_num(leg, FEDPAT_A_LEG_STARTTLS, 1);
	if (partner)
		fp_obj_set_num(leg, FEDPAT_A_LEG_PARTNER, partner);
	if (i) {
		fp_obj_set_num(leg, FEDPAT_A_LEG_DIALLED, 1);
	} else {
		set_text(leg, FEDPAT_A_LEG_TLS_PROXY, conn->proxy);
		set_dialled(leg, &conn->original);
	}
	return leg;
}

static int attach(struct fpd_xmpp *x, int i, u32 partner, u32 *id)
{
	struct fp_obj *leg = describe(x, i, partner);
	struct fp_errs errs = { 0 };
	char *line;
	int ret;

	ret = leg ? fp_leg_attach(x->conn->d->nl, (struct fp_obj_leg *)leg, id, &errs) : -1;
	fp_obj_free(leg);
	if (ret) {
		line = errs.n ? fp_err_line(&errs.v[0]) : NULL;
		fpd_conn_fail(x->conn, FP_R_ATTACH_FAILED, "%s", line ? line : "no memory");
		free(line);
	}
	fp_errs_free(&errs);
	return ret;
}

static void attach_pair(struct fpd_xmpp *x)
{
	struct fp_errs errs = { 0 };
	u32 first = 0, second = 0;

	if (attach(x, 0, 0, &first))
		return;
	if (attach(x, 1, first, &second)) {
		fp_leg_kill(x->conn->d->nl, first,
			    fp_reason_info(FP_R_ATTACH_FAILED)->name, &errs);
		fp_errs_free(&errs);
		return;
	}
	if (fpd_may_log("legs up: XMPP", x->from))
		fpd_log("legs %u and %u up: XMPP from '%s' to '%s', node '%s', federation '%s', %s",
			first, second, x->from, x->to, x->node, x->conn->federation,
			x->starttls ? "STARTTLS" : "in clear");
}

static void log_dialback(const struct fpd_xmpp *x)
{
	if (fpd_may_log("dialback", x->from))
		fpd_log("dialback from '%s' to '%s', node '%s', is over", x->from, x->to,
			x->node);
}

/**
 * fpd_xmpp_done() - a worker gave a stream back, settled or refused
 * @conn: its connection
 *
 * Context: main thread.
 */
void fpd_xmpp_done(struct fpd_conn *conn)
{
	fpd_source_done(conn->d, &conn->remote);
	if (!conn->reason && conn->xmpp->verify_only)
		log_dialback(conn->xmpp);
	else if (!conn->reason)
		attach_pair(conn->xmpp);
	if (conn->reason)
		fpd_report(conn);
	/* The kernel has its own references of the sockets. */
	fpd_conn_free(conn);
}
