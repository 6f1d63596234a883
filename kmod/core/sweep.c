// SPDX-License-Identifier: GPL-2.0
/*
 * Words in any text: what must not be seen becomes a token or a public address,
 * and tokens become what they were.
 *
 * Escapes (%XX) hide nothing: text that has them is looked at decoded, window by
 * window, and edited where it stands. Then it is looked at as it is written, for
 * not every reader takes the "%10" of "%10.0.0.1" for an escape.
 */
#include "xlat.h"

/* Longest word that may begin in one window and end in the next. */
#define OVERLAP		640

/* A piece of text, decoded or not, and where its bytes stand in the message. */
struct view {
	struct fp_slice text;
	u32 off;
	const u32 *map;
};

static u32 view_off(const struct view *v, u32 i)
{
	return v->map ? v->map[i] : v->off + i;
}

static u32 what_to_find(const struct fp_xlat *x)
{
	if (x->dir == FP_XLAT_OUT)
		return FP_FIND_INSIDE | FP_FIND_FOREIGN;
	if (x->policy == FP_WP_ALG)
		return FP_FIND_PUBLIC | FP_FIND_TOKEN;
	return FP_FIND_TOKEN | (x->flags & FP_XT_ECHO ? FP_FIND_INSIDE : 0);
}

static void put_sealed(struct fp_xlat *x, struct fp_put *put, struct fp_slice text,
		       bool foreign)
{
	if (!x->realm->sealer.n)
		fp_xlat_fail(x, FP_R_NO_TOKEN_KEY, 0);
	fp_put(put, foreign ? FP_LIT("fpo-") : FP_LIT("fpt-"));
	fp_put_token(put, &x->realm->sealer, foreign ? FP_SEAL_FOREIGN : FP_SEAL_WORD,
		     &text, 1, FP_SEAL_B32);
	fp_put(put, FP_LIT("0"));
	x->w->notes |= FP_NOTE_TOKENS | (foreign ? FP_NOTE_FOREIGN : 0);
}

/* Open a token of ours in place of the one that stands there. */
static void put_opened(struct fp_xlat *x, struct fp_put *put, struct fp_slice token,
		       bool foreign, u32 off)
{
	const struct fp_sealer *s = &x->realm->sealer;
	s32 n = fp_unseal(s, foreign ? FP_SEAL_FOREIGN : FP_SEAL_WORD, token,
			  FP_SEAL_B32, x->w->tmp, sizeof(x->w->tmp));

	if (n < 0) {
		fp_xlat_fail(x, FP_R_TOKEN_FORGED, off);
		return;
	}
	x->w->notes |= FP_NOTE_TOKENS;
	if (fp_seal_is_old(s, token, FP_SEAL_B32))
		x->w->notes |= FP_NOTE_OLD_KEY;
	fp_put(put, fp_slice(x->w->tmp, n));
}

/* Only an address may stand in a session description; the port stays. */
static void put_sdp(struct fp_xlat *x, struct fp_put *put, const struct fp_word *w)
{
	const struct fp_realm *realm = x->realm;
	u32 i, best = 0;

	if (!realm->n_addrs) {
		fp_put(put, realm->fqdn);
	} else {
		for (i = realm->n_addrs; i > 0; i--)
			if (realm->addrs[i - 1].family == w->addr.family)
				best = i - 1;
		fp_put_addr(put, &realm->addrs[best], w->brackets || w->port);
	}
	if (!w->port)
		return;
	fp_put(put, FP_LIT(":"));
	fp_put_u32(put, w->port);
}

/* Our public name or address, and the port of the node's row where one was written. */
static void put_public(struct fp_xlat *x, struct fp_put *put, const struct fp_word *w)
{
	struct fp_endpoint ep = { w->addr, w->port };
	s32 row = w->port ? fp_realm_by_node(x->realm, 0, &ep) : -1;

	if (row < 0 && w->addr.family)
		row = fp_realm_main_row(x->realm, 0, &w->addr);
	fp_xlat_put_host(put, x, row);
	if (!w->port || !fp_xlat_public_port(x, row))
		return;
	fp_put(put, FP_LIT(":"));
	fp_put_u32(put, fp_xlat_public_port(x, row));
}

static void put_row_end(struct fp_xlat *x, struct fp_put *put,
			const struct fp_endpoint *ep, const struct fp_word *w)
{
	bool bare = x->flags & FP_XT_BARE;

	fp_put_addr(put, &ep->addr, !bare || w->port || w->brackets);
	if (!w->port && (bare || ep->port == 5060))
		return;
	fp_put(put, FP_LIT(":"));
	fp_put_u32(put, ep->port);
}

/* UDP: the row of an inside word, or no way to pass. */
static void put_alg_out(struct fp_xlat *x, struct fp_put *put, const struct fp_word *w,
			struct fp_slice text, u32 off)
{
	const struct fp_addr *addr = &w->addr;
	struct fp_endpoint ep = { .port = w->port ? w->port : 5060 };
	s32 row = -1;

	if (w->kind == FP_WORD_NAME)
		addr = fp_realm_host_addr(x->realm, fp_at(text.p, w->host));
	if (addr) {
		ep.addr = *addr;
		row = fp_realm_by_node(x->realm, 17, &ep);
		if (row < 0 && !w->port)
			row = fp_realm_main_row(x->realm, 17, addr);
	}
	if (row < 0) {
		fp_xlat_fail(x, FP_R_ALG_NO_ROW, off);
		return;
	}
	put_row_end(x, put, &x->realm->rows[row].pub, w);
}

/* UDP: the node behind one of our public addresses; false when there is none. */
static bool put_alg_in(struct fp_xlat *x, struct fp_put *put, const struct fp_word *w)
{
	struct fp_endpoint ep = { w->addr, w->port ? w->port : 5060 };
	s32 row = -1;

	/* Without a port the flow says which of several nodes is meant. */
	if (!w->port)
		row = fp_realm_main_row(x->realm, 17, &x->node);
	if (row < 0)
		row = fp_realm_by_public(x->realm, 17, &ep);
	if (row < 0)
		return false;
	put_row_end(x, put, &x->realm->rows[row].node, w);
	return true;
}

/* "IP4" or "IP6" right before an address that changes its family. */
static void fix_addrtype(struct fp_xlat *x, const struct view *v, const struct fp_word *w)
{
	const struct fp_realm *realm = x->realm;
	struct fp_slice t = v->text;
	u32 i, at = w->from;
	u8 want;

	if (at < 4 || t.p[at - 1] != ' ' ||
	    !fp_slice_ieq(fp_slice(t.p + at - 4, 2), FP_LIT("IP")) ||
	    !realm->n_addrs || w->kind != FP_WORD_ADDR)
		return;
	for (i = 0; i < realm->n_addrs; i++)
		if (realm->addrs[i].family == w->addr.family)
			return;
	want = '0' + realm->addrs[0].family;
	fp_edits_replace(&x->w->edits, view_off(v, at - 2), 1, fp_slice(&want, 1));
}

/* Write what a word becomes; false leaves it as it is. */
static bool put_word(struct fp_xlat *x, const struct view *v, struct fp_put *put,
		     const struct fp_word *w)
{
	u32 off = view_off(v, w->from);
	/* With its escapes: what comes back is what went, byte for byte. */
	struct fp_slice text = fp_slice(x->base + off, view_off(v, w->to) - off);

	if (w->kind == FP_WORD_TOKEN || w->kind == FP_WORD_FOREIGN) {
		put_opened(x, put, fp_at(v->text.p, w->host), w->kind == FP_WORD_FOREIGN, off);
		return true;
	}
	if (x->dir == FP_XLAT_IN && x->policy == FP_WP_ALG)
		return put_alg_in(x, put, w);
	if (x->dir == FP_XLAT_IN)
		put_sealed(x, put, text, true);
	else if (x->policy == FP_WP_ALG)
		put_alg_out(x, put, w, v->text, off);
	else if (x->policy == FP_WP_SDP)
		put_sdp(x, put, w);
	else if (x->policy == FP_WP_PUBLIC)
		put_public(x, put, w);
	else
		put_sealed(x, put, text, false);
	return true;
}

static void edit_word(struct fp_xlat *x, const struct view *v, const struct fp_word *w)
{
	u32 off = view_off(v, w->from);
	struct fp_put put;

	if (x->policy == FP_WP_SDP && x->dir == FP_XLAT_OUT)
		fix_addrtype(x, v, w);
	put = fp_xlat_put(x);
	if (put_word(x, v, &put, w))
		fp_xlat_commit(x, &put, off, view_off(v, w->to) - off);
}

/* Translate the words that begin before @limit; returns where the last one ends. */
static u32 sweep_view(struct fp_xlat *x, const struct view *v, u32 limit)
{
	struct fp_finder f;
	struct fp_word w;
	u32 from = 0;

	fp_finder_init(&f, x->realm, v->text, what_to_find(x));
	while (!x->reason && fp_finder_next(&f, from, &w) && w.from < limit) {
		from = w.to;
		edit_word(x, v, &w);
	}
	return from;
}

static s32 hex_value(u8 c)
{
	if (fp_is_digit(c))
		return c - '0';
	c = fp_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode from *@pos on until the window is full; true when the text ended. */
static bool fill_window(const struct fp_xlat *x, u32 *pos, u32 end, u32 *len)
{
	struct fp_sip_work *w = x->w;
	u32 i = *pos, n;

	for (n = 0; n < FP_WORK_SUB && i < end; n++) {
		u8 c = x->base[i];

		w->sub_map[n] = i++;
		if (c == '%' && end - i >= 2 && hex_value(x->base[i]) >= 0 &&
		    hex_value(x->base[i + 1]) >= 0) {
			c = (u32)hex_value(x->base[i]) << 4 | hex_value(x->base[i + 1]);
			i += 2;
		}
		w->sub_in[n] = c;
	}
	w->sub_map[n] = i;
	*len = n;
	*pos = i;
	return i == end;
}

static void sweep_escaped(struct fp_xlat *x, struct fp_span s)
{
	u32 pos = s.off, end = fp_span_end(s), len;
	bool last;

	do {
		struct view v = { .map = x->w->sub_map };
		u32 limit, done;

		last = fill_window(x, &pos, end, &len);
		v.text = fp_slice(x->w->sub_in, len);
		limit = last ? len : len - OVERLAP;
		done = sweep_view(x, &v, limit);
		if (!last)
			pos = x->w->sub_map[done > limit ? done : limit];
	} while (!last && !x->reason);
}

/* How many bytes before @i its escape begins, when it is a digit of one; else 0. */
static u32 in_escape(struct fp_slice t, u32 i)
{
	u32 back;

	for (back = 1; back <= 2 && back <= i; back++) {
		u32 at = i - back;

		if (t.p[at] == '%' && t.len - at > 2 && hex_value(t.p[at + 1]) >= 0 &&
		    hex_value(t.p[at + 2]) >= 0)
			return back;
	}
	return 0;
}

/*
 * Does a reader that knows no escapes see what must be hidden? "%40" before a name
 * makes no longer name of it; whether that one is hidden was told without escapes.
 */
static bool seen_unescaped(struct fp_slice t, const struct fp_word *w, u32 back)
{
	u32 behind = w->from + 3 - back;

	return w->kind != FP_WORD_NAME || !back || (behind < t.len && t.p[behind] == '.');
}

/* The words that only stand there when escapes are none; what was edited stays. */
static void sweep_unescaped(struct fp_xlat *x, const struct view *v)
{
	struct fp_finder f;
	struct fp_word w;
	u32 from = 0;

	fp_finder_init(&f, x->realm, v->text, what_to_find(x));
	while (!x->reason && fp_finder_next(&f, from, &w)) {
		u32 back = w.kind == FP_WORD_ADDR || w.kind == FP_WORD_NAME ?
			   in_escape(v->text, w.from) : 0;

		/* A word may begin with a bracket before @from: always one further. */
		from = (w.host.off > from ? w.host.off : from) + 1;
		if (!seen_unescaped(v->text, &w, back))
			continue;
		/* Half an escape would be none; the addresses of UDP have digits again. */
		if (x->policy != FP_WP_ALG)
			w.from -= back;
		if (fp_edits_touch(&x->w->edits, view_off(v, w.from), view_off(v, w.to)))
			continue;
		from = w.to;
		edit_word(x, v, &w);
	}
}

/**
 * fp_xlat_look() - may there be something to translate in a text?
 * @x: the translation
 * @t: the text
 *
 * Return: FP_LOOK_*.
 */
u32 fp_xlat_look(const struct fp_xlat *x, struct fp_slice t)
{
	return fp_text_look(x->realm, t, what_to_find(x));
}

/**
 * fp_xlat_sweep() - translate the words of a text
 * @x: the translation
 * @s: the text; nothing else may edit it
 */
void fp_xlat_sweep(struct fp_xlat *x, struct fp_span s)
{
	struct view v = { .text = fp_at(x->base, s), .off = s.off };

	if (x->plain || x->reason || !(fp_xlat_look(x, v.text) & FP_LOOK_WORDS))
		return;
	if (fp_slice_chr(v.text, '%') < 0) {
		sweep_view(x, &v, s.len);
		return;
	}
	sweep_escaped(x, s);
	sweep_unescaped(x, &v);
}

/**
 * fp_xlat_wrap() - hide a partner's host that looks like one of ours
 * @x: the translation, inwards
 * @s: the host with its port; nothing else may edit it
 */
void fp_xlat_wrap(struct fp_xlat *x, struct fp_span s)
{
	struct fp_put put = fp_xlat_put(x);

	put_sealed(x, &put, fp_at(x->base, s), true);
	fp_xlat_commit(x, &put, s.off, s.len);
}

/**
 * fp_xlat_clean() - would a sweep leave a text as it is?
 * @x: the translation
 * @s: the text; escapes in it make it unclean when anything is in doubt
 *
 * Return: true when it would.
 */
bool fp_xlat_clean(const struct fp_xlat *x, struct fp_slice s)
{
	struct fp_finder f;
	struct fp_word w;

	if (!(fp_xlat_look(x, s) & FP_LOOK_WORDS))
		return true;
	if (fp_slice_chr(s, '%') >= 0)
		return false;
	fp_finder_init(&f, x->realm, s, what_to_find(x));
	return !fp_finder_next(&f, 0, &w);
}
