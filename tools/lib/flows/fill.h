/* SPDX-License-Identifier: GPL-2.0 */
/* What a workflow asks of others, filled in. */
#ifndef _FP_FLOW_FILL_H
#define _FP_FLOW_FILL_H

#include <jansson.h>
#include <stdio.h>

#include "flow.h"

/*
 * Mustache: {{name}}, {{a.b}}, {{.}}, {{#list}}..{{/list}}, {{^none}}..{{/none}}. A
 * tag alone on its line leaves no line behind.
 */
void fp_fill(const char *text, size_t len, const json_t *context, FILE *out);

/* Everything that texts can name; also for those who check a federation live. */
json_t *fp_flow_context(const struct fp_flow *in);

/* Whose part of the plan. */
enum fp_flow_party {
	FP_PARTY_INSIDE,
	FP_PARTY_PARTNER,
	FP_PARTY_DNS,
	FP_PARTY_CA,
	FP_PARTY_COUNT
};

extern const char * const fp_flow_parties[];	/* ends with NULL */

enum fp_flow_format {
	FP_FORMAT_TEXT,
	FP_FORMAT_MARKDOWN,
};

/*
 * The steps of a party, in order: [{id, who, title, text, restart, why, proof,
 * checks}], all filled in.
 */
json_t *fp_flow_steps(const struct fp_flow *in, enum fp_flow_party party);
void fp_flow_write(const struct fp_flow *in, enum fp_flow_party party,
		   enum fp_flow_format format, FILE *out);

#endif /* _FP_FLOW_FILL_H */
