// SPDX-License-Identifier: GPL-2.0
/*
 * Vias over UDP.
 *
 * The node's own Via is rewritten by its static-PAT row, so that responses come
 * back to it. The Vias below it say what stands behind the node. They leave
 * sealed in a parameter of it, fpv, and come back byte for byte on the response.
 * So a request of ours leaves with one Via, and a response with another one, or
 * with more, is not to a request of ours.
 */
#include "via.h"

/* Told from the tokens of streams, which begin with 1. */
#define TOKEN_FORMAT	2
#define TOKEN_HEAD	3		/* format and length of the branch */

static void text_of_via(struct fp_xlat *x, struct fp_span s)
{
	x->flags = 0;
	x->policy = FP_WP_ALG;
	fp_xlat_text(x, s);
}

/* Does the outside see a row, or our public name, in place of the host? */
static bool is_covered(const struct fp_xlat *x, const struct fp_host *host)
{
	struct fp_slice name = fp_at(x->base, host->name);

	if (fp_realm_host_public(x->realm, name))
		return true;
	if (host->addr.family)
		return fp_realm_addr_inside(x->realm, &host->addr);
	return fp_realm_host_inside(x->realm, name);
}

/* From the end of the topmost value to the end of its row. */
static struct fp_span behind_value(const struct fp_sip_msg *msg)
{
	const struct fp_hdr_row *row = &msg->rows[msg->vias[0].row];

	return fp_span_to(fp_span_end(msg->vias[0].value), row->off + row->len);
}

static void put_token(struct fp_xlat *x, struct fp_put *put, const struct fp_sip_msg *msg)
{
	struct fp_put plain = fp_put_init(x->w->tmp, sizeof(x->w->tmp));
	const struct fp_via *via = &msg->vias[0];
	const u8 head[TOKEN_HEAD] = { TOKEN_FORMAT, via->branch.len >> 8, via->branch.len };
	const struct fp_hdr_row *row;
	struct fp_slice token;

	fp_put(&plain, fp_slice(head, sizeof(head)));
	fp_put(&plain, fp_msg_at(msg, via->branch));
	fp_put(&plain, fp_msg_at(msg, behind_value(msg)));
	fp_for_each_row(msg, row, FP_H_VIA)
		if (row != &msg->rows[via->row])
			fp_put(&plain, fp_msg_at(msg, fp_span(row->off, row->len)));
	if (plain.full || via->branch.len > 0xffff)
		x->w->edits.full = true;
	token = fp_put_done(&plain);
	fp_put(put, FP_LIT(";fpv="));
	fp_put_token(put, &x->realm->sealer, FP_SEAL_VIA, &token, 1, FP_SEAL_B64);
}

static void seal_lower(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	const struct fp_via *via = &msg->vias[0];
	struct fp_span behind = behind_value(msg);
	const struct fp_hdr_row *row;
	struct fp_put put;

	if (!x->realm->sealer.n) {
		fp_xlat_fail(x, FP_R_NO_TOKEN_KEY, via->value.off);
		return;
	}
	/* First of the parameters: the way back takes the first fpv for ours. */
	put = fp_xlat_put(x);
	put_token(x, &put, msg);
	fp_xlat_commit(x, &put, fp_span_end(via->sent_by.whole), 0);
	fp_edits_replace(&x->w->edits, behind.off, behind.len, FP_LIT("\r\n"));
	fp_for_each_row(msg, row, FP_H_VIA)
		if (row != &msg->rows[via->row])
			fp_edits_replace(&x->w->edits, row->off, row->len, FP_LIT(""));
	x->w->notes |= FP_NOTE_TOKENS;
}

/**
 * fp_via_alg_hide() - the Vias of a request from inside
 * @x: the translation
 * @msg: the request
 */
void fp_via_alg_hide(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	const struct fp_via *via = &msg->vias[0];
	struct fp_param p;

	if (!msg->n_vias)
		return;
	text_of_via(x, via->value);
	if (!is_covered(x, &via->sent_by))
		fp_xlat_fail(x, FP_R_ALG_NO_ROW, via->sent_by.whole.off);
	if (msg->n_vias > 1 || fp_param_find(x->base, via->params, FP_LIT("fpv"), &p))
		seal_lower(x, msg);
}

/* Opens into w->via; what comes behind the head and the branch are the rows. */
static bool open_token(struct fp_xlat *x, const struct fp_sip_msg *msg,
		       const struct fp_param *p)
{
	struct fp_sip_work *w = x->w;
	struct fp_slice branch = fp_msg_at(msg, msg->vias[0].branch);
	s32 n = fp_unseal(&x->realm->sealer, FP_SEAL_VIA, fp_msg_at(msg, p->value),
			  FP_SEAL_B64, w->via, sizeof(w->via));

	if (n < TOKEN_HEAD || w->via[0] != TOKEN_FORMAT ||
	    branch.len != (u32)(w->via[1] << 8 | w->via[2]) ||
	    branch.len > (u32)n - TOKEN_HEAD ||
	    memcmp(branch.p, w->via + TOKEN_HEAD, branch.len))
		return false;
	w->via_len = n;
	w->via_vias = TOKEN_HEAD + branch.len;
	return true;
}

/* Offset of the semicolon before a parameter. */
static u32 param_begin(const struct fp_sip_msg *msg, const struct fp_param *p)
{
	u32 off = p->whole.off;

	while (off > msg->vias[0].params.off && msg->buf[off - 1] != ';')
		off--;
	return off - 1;
}

static void restore_lower(struct fp_xlat *x, const struct fp_sip_msg *msg,
			  const struct fp_param *p)
{
	struct fp_sip_work *w = x->w;
	struct fp_span value = msg->vias[0].value, behind = behind_value(msg);
	u32 from = param_begin(msg, p), to = fp_span_end(p->whole);

	text_of_via(x, fp_span_to(value.off, from));
	fp_edits_replace(&w->edits, from, to - from, FP_LIT(""));
	text_of_via(x, fp_span_to(to, fp_span_end(value)));
	fp_edits_replace(&w->edits, behind.off, behind.len,
			 fp_slice(w->via + w->via_vias, w->via_len - w->via_vias));
	x->w->notes |= FP_NOTE_TOKENS;
}

/**
 * fp_via_alg_show() - the Vias of a response to the inside
 * @x: the translation
 * @msg: the response
 */
void fp_via_alg_show(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	const struct fp_via *via = &msg->vias[0];
	struct fp_param p;

	if (!msg->n_vias)
		return;
	if (!fp_realm_host_public(x->realm, fp_msg_at(msg, via->sent_by.name)))
		fp_xlat_fail(x, FP_R_VIA_NOT_OURS, via->sent_by.whole.off);
	else if (msg->n_vias > 1)
		fp_xlat_fail(x, FP_R_VIA_EXTRA, msg->vias[1].value.off);
	else if (!fp_param_find(x->base, via->params, FP_LIT("fpv"), &p))
		text_of_via(x, via->value);
	else if (!open_token(x, msg, &p))
		fp_xlat_fail(x, FP_R_VIA_FORGED, p.whole.off);
	else
		restore_lower(x, msg, &p);
}
