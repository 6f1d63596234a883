/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding in any text what must not be seen: address literals, inside names,
 * and the words that stand for them (tokens).
 */
#ifndef _FEDPAT_CORE_FIND_H
#define _FEDPAT_CORE_FIND_H

#include "realm_impl.h"

enum fp_word_kind {
	FP_WORD_NONE,
	FP_WORD_ADDR,		/* address literal, perhaps with a port */
	FP_WORD_NAME,		/* inside name, perhaps with a port */
	FP_WORD_TOKEN,		/* fpt-...0: made by us from an inside word */
	FP_WORD_FOREIGN,	/* fpo-...0: made by us from a partner's word */
};

/* What to look for. */
#define FP_FIND_INSIDE	0x01	/* inside addresses and names */
#define FP_FIND_PUBLIC	0x02	/* our public addresses */
#define FP_FIND_TOKEN	0x04
#define FP_FIND_FOREIGN	0x08

/**
 * struct fp_word - a word that was found
 * @from: first byte
 * @to: byte behind it, port included
 * @host: host alone, without brackets and port
 * @kind: enum fp_word_kind
 * @port: port, 0 when none is written
 * @brackets: an IPv6 reference
 * @addr: value of an address literal
 */
struct fp_word {
	u32 from;
	u32 to;
	struct fp_span host;
	u8 kind;
	u16 port;
	bool brackets;
	struct fp_addr addr;
};

/* A search that goes on: each kind remembers its next hit. */
struct fp_finder {
	const struct fp_realm *realm;
	struct fp_slice text;
	u32 what;
	struct fp_word addr;
	struct fp_word name;
	struct fp_word token;
};

/* Words of ours: prefix, base32, and a digit that base32 has not. */
#define FP_WORD_PREFIX_LEN	4
#define FP_WORD_END		'0'
#define FP_WORD_MIN		16

void fp_finder_init(struct fp_finder *f, const struct fp_realm *realm,
		    struct fp_slice text, u32 what);
bool fp_finder_next(struct fp_finder *f, u32 from, struct fp_word *word);

/* look.c: what a look at a text says */
#define FP_LOOK_WORDS	0x01	/* words that are looked for, perhaps */
#define FP_LOOK_SCHEME	0x02	/* a SIP URI, perhaps */

u32 fp_text_look(const struct fp_realm *realm, struct fp_slice t, u32 what);

#endif /* _FEDPAT_CORE_FIND_H */
