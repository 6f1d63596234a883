/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message from bytes to bytes: what fedpat's core does of it and what the
 * parsers of others do, behind one function each.
 */
#ifndef _FEDPAT_BENCH_CORE_H
#define _FEDPAT_BENCH_CORE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct bench_msg - a message to be passed
 * @name: what it is called in the table
 * @text: as it comes from the wire
 * @len: its length
 * @inwards: it comes from the partner
 * @sdp: its body is a session description
 */
struct bench_msg {
	const char *name;
	char *text;
	size_t len;
	bool inwards;
	bool sdp;
};

/**
 * struct bench_core - whoever can parse a message and write it again
 * @name: its name
 * @init: called once, before @pass
 * @parse: only reads; false when it refuses
 * @pass: reads and writes; length of what came out, 0 when it refuses
 */
struct bench_core {
	const char *name;
	void (*init)(void);
	bool (*parse)(const struct bench_msg *m);
	size_t (*pass)(const struct bench_msg *m, char *out, size_t size);
};

extern const struct bench_core bench_fedpat;
extern const struct bench_core bench_osip;
extern const struct bench_core bench_sofia;

struct bench_msg *bench_msgs(unsigned int *n);
char *bench_answer(const struct bench_msg *m);
void bench_crypto_check(void);

#endif /* _FEDPAT_BENCH_CORE_H */
