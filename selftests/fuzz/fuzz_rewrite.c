// SPDX-License-Identifier: GPL-2.0
/* seeds: sip-torture sip-messages sip-microsoft sip-rfc-examples multipart presence */
/*
 * One message, every way through the gateway. What must hold for any input: edits
 * never overlap, what we write can be parsed, nothing of the inside goes out, what
 * comes back is what went, and a partner gets back its own values.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "../unit/relay_env.h"

#define MAX_INPUT 16384

static struct env *all, *all2, *real, *exw;

static void die(const char *what, const struct env *e)
{
	fprintf(stderr, "%s: %s at %u\n--- in\n%.*s\n--- out\n%.*s\n", what, env_reason(e),
		e->msg->err_off, (int)e->msg->len, e->msg->buf, (int)e->len, e->out);
	abort();
}

/* Limits of the parser that a message may cross by growing. */
static bool is_limit(enum fp_reason reason)
{
	switch (reason) {
	case FP_R_PARSE_URI_LONG:
	case FP_R_PARSE_HEAD_LIMIT:
	case FP_R_PARSE_METHOD_LONG:
	case FP_R_PARSE_TOO_MANY_ROWS:
	case FP_R_PARSE_TOO_MANY_ADDRS:
		return true;
	default:
		return false;
	}
}

/* Anything may be refused, but for room only when there is none. */
static bool passed(struct env *e, bool ok)
{
	if (!ok && e->reason == FP_R_REWRITE_ROOM && !e->w->edits.full)
		die("edits overlap", e);
	return ok;
}

static bool rewrite(struct env *e, const struct fp_leg_view *in, const struct fp_leg_view *out,
		    const void *bytes, size_t len)
{
	return passed(e, env_rewrite(e, in, out, bytes, len));
}

/* Base64 has "-" and "_", and between two of them three letters may be a domain. */
static void blank_vias(unsigned char *text, size_t len)
{
	unsigned char *p = text, *end = text + len;

	while ((p = memmem(p, end - p, ";fpv=", 5)))
		for (p += 5; p < end && *p != ';' && *p != '\r'; p++)
			*p = ' ';
}

/* What we put in the place of a word may stand right behind a letter. */
static void blank_public(unsigned char *text, size_t len)
{
	static const char name[] = "imp-public.example.com";
	unsigned char *p = text;

	while ((p = memmem(p, text + len - p, name, sizeof(name) - 1)))
		memset(p, 'x', sizeof(name) - 1);
}

/* A token ends in "0"; behind it ".0.0.1" is no address. */
static void blank_tokens(unsigned char *text, size_t len)
{
	unsigned char *p = text, *end = text + len;

	for (; end - p >= 4; p++) {
		if (memcmp(p, "fpt-", 4) && memcmp(p, "fpo-", 4))
			continue;
		for (p += 4; p < end && (islower(*p) || (*p >= '2' && *p <= '7')); p++)
			*p = 'x';
		if (p < end && *p == '0')
			*p = 'x';
	}
}

static void check_leak(struct env *e, const struct env *parsed)
{
	struct leak_what what = env_secrets_everything;
	unsigned char *copy = malloc(e->len + 1);
	const struct fp_sip_msg *m = parsed->msg;
	const struct fp_hdr_row *row;
	size_t len = e->len;
	const char *leak;
	u32 i;

	memcpy(copy, e->out, e->len);
	/* A name that ends in hexadecimal digits and a value with a colon are no address. */
	for (i = 0; i < m->n_rows; i++)
		copy[m->rows[i].off + m->rows[i].name_len] = ' ';
	blank_vias(copy, e->len);
	blank_public(copy, e->len);
	blank_tokens(copy, e->len);
	/* Vias of a response that goes out are the partner's. */
	if (!m->is_request)
		fp_for_each_row(m, row, FP_H_VIA) memset(copy + row->off, ' ', row->len);
	if (e->w->notes & (FP_NOTE_USER_TEXT | FP_NOTE_SIGNED | FP_NOTE_OPAQUE_BODY))
		len = m->head_len;
	what.plain = true;
	leak = leak_find(&what, copy, len);
	free(copy);
	if (leak) {
		fprintf(stderr, "leak: %s\n", leak);
		die("leak", e);
	}
}

static bool same_slice(struct fp_slice a, struct fp_slice b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* Call-ID and Contact there and back, the shortest proof that all is well. */
static void check_same(const char *what, const struct env *before, const struct env *after)
{
	static struct fp_sip_msg back;
	const struct fp_sip_msg *was = before->msg;

	if (fp_sip_parse(&back, after->out, after->len, FP_PARSE_DATAGRAM)) {
		if (!is_limit(back.err))
			die(what, after);
		return;
	}
	if (!same_slice(fp_msg_at(was, was->call_id), fp_msg_at(&back, back.call_id)) ||
	    !same_slice(fp_msg_at(was, fp_hdr_value(was, FP_H_CONTACT)),
			fp_msg_at(&back, fp_hdr_value(&back, FP_H_CONTACT))) ||
	    !same_slice(fp_msg_at(was, was->ruri.whole), fp_msg_at(&back, back.ruri.whole)))
		die(what, after);
}

static void out_and_back(const uint8_t *data, size_t size)
{
	if (!rewrite(all, &all->node, &all->partner, data, size))
		return;
	if (!env_parse(all2, all->out, all->len)) {
		if (!is_limit(all2->reason)) {
			fprintf(stderr, "refused: %s at %u\n", env_reason(all2),
				all2->msg->err_off);
			die("what we wrote is refused", all);
		}
		return;
	}
	check_leak(all, all2);
	if (rewrite(all2, &all2->partner, &all2->node, all->out, all->len))
		check_same("changed on its way back", all, all2);
}

static void in_and_out(const uint8_t *data, size_t size)
{
	if (!rewrite(all, &all->partner, &all->node, data, size))
		return;
	if (rewrite(all2, &all2->node, &all2->partner, all->out, all->len)) {
		check_same("partner's values changed", all, all2);
		return;
	}
	if (!is_limit(all2->reason) && all2->reason != FP_R_REWRITE_ROOM &&
	    all2->reason != FP_R_TOKEN_FORGED) {
		fprintf(stderr, "refused: %s at %u\n", env_reason(all2), all2->msg->err_off);
		die("what we wrote for the inside is refused", all);
	}
}

/* The whole way, as the relay goes it. */
static void relay(struct env *e, const uint8_t *data, size_t size)
{
	unsigned char buf[2048];

	if (!passed(e, env_pass(e, &e->node, &e->partner, data, size)) && e->msg->buf == data)
		(void)!fp_sip_refuse(e->realm, &e->node, e->msg, e->reason, 3, buf, sizeof(buf));
	if (!passed(e, env_pass(e, &e->partner, &e->node, data, size)) && e->msg->buf == data)
		(void)!fp_sip_refuse(e->realm, &e->partner, e->msg, e->reason, 0, buf, sizeof(buf));
}

static void alg(struct env *e, const uint8_t *data, size_t size)
{
	static const struct fp_endpoint node = { { 4, { 192, 0, 2, 11 } }, 5060 };

	if (!env_parse(e, data, size))
		return;
	e->reason = fp_sip_rewrite_alg(e->realm, FP_INSIDE, &node, e->msg, e->w);
	passed(e, !e->reason);
	e->reason = fp_sip_rewrite_alg(e->realm, FP_OUTSIDE, &node, e->msg, e->w);
	passed(e, !e->reason);
}

static struct env *make(bool everything, enum fp_place place)
{
	struct env_opts o = { .everything = everything, .place = place };
	struct env *e = env_new(&o);

	e->parse_flags = FP_PARSE_DATAGRAM;
	e->partner.flags = FP_LEG_ANY_DOMAIN;
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!all) {
		all = make(true, FP_PLACE_ASA);
		all2 = make(true, FP_PLACE_ASA);
		real = make(false, FP_PLACE_ASA);
		exw = make(false, FP_PLACE_EXPRESSWAY);
	}
	if (size > MAX_INPUT)
		return 0;
	out_and_back(data, size);
	in_and_out(data, size);
	relay(real, data, size);
	relay(exw, data, size);
	alg(real, data, size);
	return 0;
}
