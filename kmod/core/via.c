// SPDX-License-Identifier: GPL-2.0
/*
 * Our Via and what it carries.
 *
 * The branch is a keyed hash of the branch that came in (RFC 3261 section 16.11):
 * a retransmission, a CANCEL and the ACK to a failure get the one that their
 * INVITE got. A parameter of it, fpv, is a sealed token: the leg that the request
 * came from, the end of its connection, that branch, and the Via rows of the
 * inside as they stood.
 */
#include "via.h"

#define TOKEN_FORMAT	1
#define HASH_LEN	10		/* 80 bits: 16 digits, no digit is cut */
#define HEAD_MIN	(1 + 1 + 1 + 4 + 2 + 1 + HASH_LEN)

/* A change of the topmost Via: RFC 3261 section 18.2.1, RFC 3581. */
struct stamp {
	u32 off;
	u32 old_len;
	u8 len;
	u8 text[58];
};

static void branch_hash(const struct fp_realm *realm, const struct fp_sip_msg *m,
			u8 hash[FP_SEAL_TAG])
{
	const struct fp_via *via = &m->vias[0];
	struct fp_slice parts[6];
	u32 n = 0;

	if (via->magic) {
		parts[n++] = fp_msg_at(m, via->branch);
		parts[n++] = fp_msg_at(m, via->sent_by.whole);
	} else {
		/* RFC 2543: the transaction is named by all of these together. */
		parts[n++] = fp_msg_at(m, via->value);
		parts[n++] = fp_msg_at(m, m->call_id);
		parts[n++] = fp_msg_at(m, m->from_tag);
		parts[n++] = fp_msg_at(m, m->cseq_s);
		parts[n++] = fp_msg_at(m, m->ruri.whole);
	}
	fp_seal_hash(&realm->sealer, 0, FP_SEAL_BRANCH, parts, n, hash);
}

static bool same_addr(const struct fp_addr *a, const struct fp_addr *b)
{
	struct fp_addr x = fp_addr_plain(a), y = fp_addr_plain(b);

	return fp_addr_eq(&x, &y);
}

static struct stamp received_stamp(const struct fp_leg_view *in, const struct fp_via *via)
{
	struct stamp s = { .off = fp_span_end(via->value) };
	struct fp_put put = fp_put_init(s.text, sizeof(s.text));

	if (via->received.len) {
		s.off = via->received.off;
		s.old_len = via->received.len;
	} else {
		fp_put(&put, FP_LIT(";received="));
	}
	fp_put_addr(&put, &in->remote.addr, false);
	s.len = put.n;
	return s;
}

static struct stamp rport_stamp(const struct fp_leg_view *in, const struct fp_via *via)
{
	struct stamp s = { .off = fp_span_end(via->rport_s) };
	struct fp_put put = fp_put_init(s.text, sizeof(s.text));

	fp_put(&put, FP_LIT("="));
	fp_put_u32(&put, in->remote.port);
	s.len = put.n;
	return s;
}

/* What must be added to the Via of who sent us the request, in order; 0 to 2. */
static u32 make_stamps(const struct fp_leg_view *in, const struct fp_sip_msg *m,
		       struct stamp s[2])
{
	const struct fp_via *via = &m->vias[0];
	const struct fp_addr *sent_by = &via->sent_by.addr;
	bool rport = via->rport_s.len && fp_slice_chr(fp_msg_at(m, via->rport_s), '=') < 0;
	struct stamp swap;
	u32 n = 0;

	if (!in->remote.addr.family)
		return 0;
	if (rport)
		s[n++] = rport_stamp(in, via);
	if (rport || !sent_by->family || !same_addr(sent_by, &in->remote.addr))
		s[n++] = received_stamp(in, via);
	if (n == 2 && s[0].off > s[1].off) {
		swap = s[0];
		s[0] = s[1];
		s[1] = swap;
	}
	return n;
}

/* Bytes of the original from @from to @to, with the stamps that fall in them. */
static void put_stamped(struct fp_put *put, const struct fp_sip_msg *m, u32 from, u32 to,
			const struct stamp *s, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (s[i].off < from || s[i].off > to)
			continue;
		fp_put(put, fp_msg_at(m, fp_span_to(from, s[i].off)));
		fp_put(put, fp_slice(s[i].text, s[i].len));
		from = s[i].off + s[i].old_len;
	}
	fp_put(put, fp_msg_at(m, fp_span_to(from, to)));
}

/**
 * fp_via_stamped() - append all Via rows of a message, the topmost one stamped
 * @put: where to
 * @in: leg that the message came from
 * @msg: the message
 *
 * Return: false when there was no room.
 */
bool fp_via_stamped(struct fp_put *put, const struct fp_leg_view *in,
		    const struct fp_sip_msg *msg)
{
	const struct fp_hdr_row *row;
	struct stamp s[2];
	u32 n = make_stamps(in, msg, s);

	fp_for_each_row(msg, row, FP_H_VIA) {
		put_stamped(put, msg, row->off, row->off + row->len, s, n);
		n = 0;
	}
	return !put->full;
}

static void put_token_head(struct fp_put *put, const struct fp_leg_view *in, const u8 *hash)
{
	const struct fp_endpoint *ep = &in->remote;
	const u8 head[] = {
		TOKEN_FORMAT, in->side, in->tp,
		in->id >> 24, in->id >> 16, in->id >> 8, in->id,
		ep->port >> 8, ep->port, ep->addr.family,
	};

	fp_put(put, fp_slice(head, sizeof(head)));
	fp_put(put, fp_slice(ep->addr.b, ep->addr.family == 4 ? 4 : 16));
	fp_put(put, fp_slice(hash, HASH_LEN));
}

static void put_sent_by(struct fp_put *put, const struct fp_xlat *x,
			const struct fp_leg_view *out)
{
	if (out->self_host.len)
		fp_put(put, out->self_host);
	else if (out->side == FP_OUTSIDE)
		fp_xlat_put_host(put, x, -1);
	else
		fp_put_addr(put, &out->local.addr, true);
	if (!out->self_port)
		return;
	fp_put(put, FP_LIT(":"));
	fp_put_u32(put, out->self_port);
}

static struct fp_slice via_transport(u8 tp)
{
	switch (tp) {
	case FP_TP_UDP:
		return FP_LIT("UDP");
	case FP_TP_TLS:
		return FP_LIT("TLS");
	default:
		return FP_LIT("TCP");
	}
}

static void put_own_via(struct fp_put *put, const struct fp_xlat *x,
			const struct fp_leg_view *out, const u8 *hash,
			const struct fp_slice *token)
{
	fp_put(put, FP_LIT("Via: SIP/2.0/"));
	fp_put(put, via_transport(out->tp));
	fp_put(put, FP_LIT(" "));
	put_sent_by(put, x, out);
	fp_put(put, FP_LIT(";branch=z9hG4bKfp"));
	fp_put_text(put, FP_SEAL_B32, hash, HASH_LEN);
	fp_put(put, FP_LIT(";fpv="));
	fp_put_token(put, &x->realm->sealer, FP_SEAL_VIA, token, 1, FP_SEAL_B64);
	fp_put(put, FP_LIT("\r\n"));
}

/* The rows of the inside went into the token. */
static void drop_via_rows(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	const struct fp_hdr_row *row;

	fp_for_each_row(msg, row, FP_H_VIA)
		fp_edits_replace(&x->w->edits, row->off, row->len, FP_LIT(""));
}

static void stamp_in_place(struct fp_xlat *x, const struct fp_leg_view *in,
			   const struct fp_sip_msg *msg)
{
	struct stamp s[2];
	u32 n = make_stamps(in, msg, s), i;

	for (i = 0; i < n; i++)
		fp_edits_replace(&x->w->edits, s[i].off, s[i].old_len,
				 fp_slice(s[i].text, s[i].len));
}

/**
 * fp_via_push() - put our Via on a request
 * @x: the translation
 * @in: leg that it came from
 * @out: leg that it goes to
 * @msg: the request
 *
 * Vias of the inside go into the token, those of a partner stay as they are.
 */
void fp_via_push(struct fp_xlat *x, const struct fp_leg_view *in,
		 const struct fp_leg_view *out, const struct fp_sip_msg *msg)
{
	struct fp_put plain = fp_put_init(x->w->tmp, sizeof(x->w->tmp));
	struct fp_slice token;
	struct fp_put put;
	u8 hash[FP_SEAL_TAG];

	if (!x->realm->sealer.n) {
		fp_xlat_fail(x, FP_R_NO_TOKEN_KEY, 0);
		return;
	}
	branch_hash(x->realm, msg, hash);
	put_token_head(&plain, in, hash);
	if (x->dir == FP_XLAT_OUT)
		fp_via_stamped(&plain, in, msg);
	if (plain.full)
		x->w->edits.full = true;
	token = fp_put_done(&plain);
	put = fp_xlat_put(x);
	put_own_via(&put, x, out, hash, &token);
	fp_xlat_commit(x, &put, fp_row_first(msg, FP_H_VIA)->off, 0);
	if (x->dir == FP_XLAT_OUT)
		drop_via_rows(x, msg);
	else
		stamp_in_place(x, in, msg);
}

static bool read_head(const u8 *p, u32 len, struct fp_via_back *back, u32 *hash_at)
{
	u32 addr_len;

	if (len < HEAD_MIN || p[0] != TOKEN_FORMAT)
		return false;
	back->side = p[1];
	back->tp = p[2];
	back->leg_id = (u32)p[3] << 24 | p[4] << 16 | p[5] << 8 | p[6];
	memset(&back->remote, 0, sizeof(back->remote));
	back->remote.port = p[7] << 8 | p[8];
	back->remote.addr.family = p[9];
	addr_len = p[9] == 4 ? 4 : 16;
	if (len < HEAD_MIN + addr_len)
		return false;
	memcpy(back->remote.addr.b, p + 10, addr_len);
	*hash_at = 10 + addr_len;
	return true;
}

static bool branch_is(struct fp_slice branch, const u8 *hash)
{
	u8 text[16 + 16] = "z9hG4bKfp";
	u32 n = 9 + fp_text_encode(FP_SEAL_B32, hash, HASH_LEN, text + 9);

	return fp_slice_ieq(branch, fp_slice(text, n));
}

/**
 * fp_via_open() - read our Via on a response
 * @realm: the realm
 * @msg: the response
 * @w: gets the opened token
 * @back: gets the way back
 *
 * Return: FP_R_NONE, or why the response must be dropped.
 */
enum fp_reason fp_via_open(const struct fp_realm *realm, const struct fp_sip_msg *msg,
			   struct fp_sip_work *w, struct fp_via_back *back)
{
	const struct fp_via *via = &msg->vias[0];
	u32 hash_at;
	s32 n;

	w->via_len = 0;
	if (!msg->n_vias || !via->fpv_s.len)
		return FP_R_VIA_NOT_OURS;
	w->refused_at = via->fpv_s.off;
	n = fp_unseal(&realm->sealer, FP_SEAL_VIA, fp_msg_at(msg, via->fpv), FP_SEAL_B64,
		      w->via, sizeof(w->via));
	if (n < 0 || !read_head(w->via, n, back, &hash_at) ||
	    !branch_is(fp_msg_at(msg, via->branch), w->via + hash_at))
		return FP_R_VIA_FORGED;
	w->via_len = n;
	w->via_vias = hash_at + HASH_LEN;
	return FP_R_NONE;
}

/* Our value and the comma behind it, where others share its row. */
static struct fp_span own_value(const struct fp_sip_msg *msg)
{
	const struct fp_hdr_row *row = &msg->rows[msg->vias[0].row];

	if (msg->n_vias > 1 && msg->vias[1].row == msg->vias[0].row)
		return fp_span_to(msg->vias[0].value.off, msg->vias[1].value.off);
	return fp_span(row->off, row->len);
}

/**
 * fp_via_pop() - take our Via off a response
 * @x: the translation
 * @msg: the response, after fp_via_open()
 *
 * The Vias of the inside, if the token has any, take its place.
 */
void fp_via_pop(struct fp_xlat *x, const struct fp_sip_msg *msg)
{
	struct fp_sip_work *w = x->w;
	struct fp_span own = own_value(msg);

	fp_edits_replace(&w->edits, own.off, own.len,
			 fp_slice(w->via + w->via_vias, w->via_len - w->via_vias));
}
