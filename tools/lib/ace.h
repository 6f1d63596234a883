/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One entry of an access list as people write it, on the command line and in
 * YAML:
 *
 *	permit|deny PROTOCOL [from ADDRESS [port PORTS]] [to ADDRESS [port PORTS]]
 *		[type ICMP-TYPE] [log] [inactive] [owner NAME] [remark TEXT...]
 */
#ifndef _FP_ACE_H
#define _FP_ACE_H

#include "model.h"

/**
 * struct fp_ace_fault - what is wrong with an entry
 * @word: index of the word; the number of words when one is missing
 * @value: the word, shortened; empty where the entry as a whole is wrong
 * @why: what is wrong, to be read behind @value
 * @expect: what was expected, or NULL
 */
struct fp_ace_fault {
	u32 word;
	char value[48];
	const char *why;
	const char *expect;
};

int fp_ace_parse_words(struct fp_obj_ace *ace, char * const *words, u32 n,
		       struct fp_ace_fault *fault);
/* @col: of the fault, octets from the start of @line. */
int fp_ace_parse_line(struct fp_obj_ace *ace, const char *line, u32 *col,
		      struct fp_ace_fault *fault);
void fp_ace_print(const struct fp_obj_ace *ace, bool human, FILE *out);
/* The same, without owner, flags and remark: for tables. */
void fp_ace_print_match(const struct fp_obj_ace *ace, bool human, FILE *out);

/* Linear reading of a list: the first entry that takes the flow, NULL for none. */
const struct fp_obj_ace *fp_acl_first(const struct fp_obj_acl *acl, u8 proto,
				      const struct fp_cidr *src, const struct fp_endpoint *dst);

#endif /* _FP_ACE_H */
