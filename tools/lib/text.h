/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses, prefixes, endpoints, numbers and names: from text and to text.
 *
 * Parsers return NULL, or what is wrong, to be read behind the text: "is not a
 * number".
 */
#ifndef _FP_TEXT_H
#define _FP_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <fedpat/types.h>
#include "model.h"

#define FP_TXT_ADDR	46	/* longest IPv6 address and its zero */
#define FP_TXT_CIDR	50
#define FP_TXT_ENDPOINT	54

const char *fp_txt_addr(const char *s, struct fp_addr *out);
const char *fp_txt_cidr(const char *s, struct fp_cidr *out);
const char *fp_txt_endpoint(const char *s, struct fp_endpoint *out);
const char *fp_txt_number(const char *s, enum fp_unit unit, u64 min, u64 max, u64 *out);
const char *fp_txt_bool(const char *s, bool *out);
/* "ip" and "any" are no protocol: -1. */
const char *fp_txt_proto(const char *s, int *out);
const char *fp_txt_ports(const char *s, u16 *lo, u16 *hi);

/* NULL, or what is wrong with it. */
const char *fp_txt_check(const char *s, enum fp_syntax syntax, size_t max);
const char *fp_txt_expect(enum fp_syntax syntax);

const char *fp_addr_str(const struct fp_addr *a, char buf[FP_TXT_ADDR]);
const char *fp_cidr_str(const struct fp_cidr *c, char buf[FP_TXT_CIDR]);
const char *fp_endpoint_str(const struct fp_endpoint *e, char buf[FP_TXT_ENDPOINT]);
const char *fp_proto_str(int proto, char buf[8]);

bool fp_same_addr(const struct fp_addr *a, const struct fp_addr *b);
bool fp_same_endpoint(const struct fp_endpoint *a, const struct fp_endpoint *b);
bool fp_same_cidr(const struct fp_cidr *a, const struct fp_cidr *b);
bool fp_cidr_has(const struct fp_cidr *c, const struct fp_addr *a);
struct fp_cidr fp_cidr_host(const struct fp_addr *a);
/* Case and one trailing dot do not count. */
bool fp_same_host(const char *a, const char *b);

/* Numbers as people read them: "1.5 MiB", "2h 5m", "3 s ago". */
void fp_txt_bytes(FILE *out, u64 n);
void fp_txt_ms(FILE *out, u64 ms);
/* What a reason means and what to do about it, by its name; NULL for none of ours. */
const char *fp_txt_reason(const char *name);
/* Octets that a terminal must not see are printed as \xNN. */
void fp_txt_safe(FILE *out, const char *s);
/* The same octets become question marks, in place. */
void fp_txt_clean(char *s);

#endif /* _FP_TEXT_H */
