/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fedctl sip: the core of the gateway on a file, without module, daemon or
 * policy. What it says of a message is what the relay would do with it, for it is
 * the same code.
 */
#ifndef _FEDCTL_CMD_SIP_H
#define _FEDCTL_CMD_SIP_H

#include <jansson.h>
#include <stdbool.h>
#include <fedpat/reasons.h>
#include <fedpat/slice.h>

/**
 * fp_cmd_sip() - fedctl sip parse|frame|rewrite
 * @argc: words behind "sip"
 * @argv: the words
 * @json: answer in JSON
 *
 * Return: exit status: 0, 1 when the message is refused, 2 for wrong usage.
 */
int fp_cmd_sip(int argc, char **argv, bool json);

/* What is written behind "fedctl sip", one line a form; for help and completion. */
extern const char fp_cmd_sip_usage[];

/* --- between the files of this command --- */

int fp_sip_cmd_rewrite(int argc, char **argv, bool json);

/* All of a file or of standard input ("-"); false after a message on stderr. */
bool fp_sip_read(const char *name, unsigned char **bytes, size_t *len);
/* Bytes as a JSON string: what is no UTF-8 is taken for Latin-1. */
json_t *fp_sip_json(struct fp_slice s);
/* The refusal: name, status, explanation, place. */
json_t *fp_sip_reason_json(enum fp_reason reason, struct fp_slice msg, unsigned int off);
int fp_sip_refused(enum fp_reason reason, struct fp_slice msg, unsigned int off, bool json);
int fp_sip_print_json(json_t *root, int status);
__attribute__((format(printf, 1, 2)))
int fp_sip_usage(const char *fmt, ...);

#endif /* _FEDCTL_CMD_SIP_H */
