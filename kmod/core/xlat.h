/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Translation of one message between inside and outside: the state that the
 * parts of a rewrite share. All of them look at the same bytes once and add
 * edits that never overlap.
 */
#ifndef _FEDPAT_CORE_XLAT_H
#define _FEDPAT_CORE_XLAT_H

#include <fedpat/relay.h>
#include <fedpat/sip.h>
#include "find.h"
#include "put.h"

enum fp_xlat_dir {
	FP_XLAT_OUT,		/* inside to outside: hide */
	FP_XLAT_IN,		/* outside to inside: give back */
};

/* What becomes of an inside word that is not the host of a SIP URI. */
enum fp_word_policy {
	FP_WP_TOKEN,		/* a token, given back wherever it is echoed */
	FP_WP_PUBLIC,		/* our public name, for good: text that nobody echoes */
	FP_WP_SDP,		/* a public address: nothing else may stand there */
	FP_WP_ALG,		/* UDP: by static-PAT row or not at all */
};

/* Of the text that is translated. */
#define FP_XT_ECHO	0x01	/* comes back in later messages: wrap what looks like ours */
#define FP_XT_ADDR	0x02	/* value of an address header: a bare URI has no parameters */
#define FP_XT_BODY	0x04	/* not a header: semicolons belong to a bare URI */
#define FP_XT_FORCE	0x08	/* always a token: must be told from our own routes */
#define FP_XT_USER	0x10	/* URI of a user (From, To): no transport parameter */
#define FP_XT_BARE	0x20	/* an address has no place for a port beside it */

struct fp_xlat {
	const struct fp_realm *realm;
	struct fp_sip_work *w;
	const u8 *base;
	const struct fp_sip_msg *msg;
	u32 addr;		/* the first address of @msg that was not met yet */
	u8 dir;			/* enum fp_xlat_dir */
	u8 policy;		/* enum fp_word_policy */
	u8 flags;		/* FP_XT_* */
	u8 tp;			/* enum fp_tp that the outside speaks; NONE over UDP */
	bool alg;
	bool plain;		/* of the text at hand only the URIs are to be looked at */
	s32 main_row;		/* row of the node that sends, for hosts without one */
	struct fp_addr node;	/* UDP: inside end of the flow */
	u16 self_port;		/* our port where there is no row at all */
	enum fp_reason reason;
};

/* sweep.c: words in any text */
u32 fp_xlat_look(const struct fp_xlat *x, struct fp_slice t);
void fp_xlat_sweep(struct fp_xlat *x, struct fp_span s);
void fp_xlat_wrap(struct fp_xlat *x, struct fp_span s);
bool fp_xlat_clean(const struct fp_xlat *x, struct fp_slice s);

/* xuri.c: SIP URIs, in any text */
void fp_xlat_uri(struct fp_xlat *x, const struct fp_uri *uri, bool brackets);
void fp_xlat_text(struct fp_xlat *x, struct fp_span s);
s32 fp_xlat_public_row(const struct fp_realm *realm, struct fp_slice host, u16 port,
		       u8 proto);
s32 fp_xlat_uri_token(const struct fp_realm *realm, const u8 *base,
		      const struct fp_uri *uri, u8 *out, u32 size);
void fp_xlat_put_host(struct fp_put *put, const struct fp_xlat *x, s32 row);
u16 fp_xlat_public_port(const struct fp_xlat *x, s32 row);
struct fp_slice fp_tp_name(u8 tp);

/* xbody.c: bodies */
void fp_xlat_body(struct fp_xlat *x, const struct fp_sip_msg *msg);

static inline void fp_xlat_fail(struct fp_xlat *x, enum fp_reason reason, u32 off)
{
	if (x->reason)
		return;
	x->reason = reason;
	x->w->refused_at = off;
}

/* New bytes are written straight into the scratch area of the edit list. */
static inline struct fp_put fp_xlat_put(const struct fp_xlat *x)
{
	struct fp_edits *e = &x->w->edits;

	return fp_put_init(e->scratch + e->used, e->size - e->used);
}

static inline void fp_xlat_commit(struct fp_xlat *x, const struct fp_put *put,
				  u32 off, u32 old_len)
{
	if (put->full)
		x->w->edits.full = true;
	else
		fp_edits_taken(&x->w->edits, off, old_len, put->n);
}

#endif /* _FEDPAT_CORE_XLAT_H */
