/* SPDX-License-Identifier: GPL-2.0 */
/* Patterns of static routes, and rules for the names of certificates. */
#ifndef _FP_ROUTES_H
#define _FP_ROUTES_H

#include "model.h"

/* NULL, or what is wrong, to be read behind the text. */
const char *fp_pattern_check(const char *pattern);
const char *fp_rule_check(const char *rule);

/* How well a pattern fits a domain: 0 not at all, higher is longer. */
unsigned int fp_pattern_match(const char *pattern, const char *domain);

/**
 * enum fp_rule_says - what a rule says of a name
 * @FP_RULE_NOTHING: it does not match
 * @FP_RULE_ACCEPT: it matches
 * @FP_RULE_DENY: it matches and refuses
 */
enum fp_rule_says {
	FP_RULE_NOTHING,
	FP_RULE_ACCEPT,
	FP_RULE_DENY,
};

enum fp_rule_says fp_rule_match(const char *rule, const char *name);

/**
 * struct fp_name_verdict - what a peer says of a name
 * @accepted: the name is one of the peer's
 * @denied: a rule refuses it
 * @by: the rule, subject, host or domain that decided, NULL for none
 * @what: "subject", "name-rule", "host" or "domain": where @by stands
 */
struct fp_name_verdict {
	bool accepted;
	bool denied;
	const char *by;
	const char *what;
};

void fp_peer_name(const struct fp_obj_peer *peer, const char *name, struct fp_name_verdict *v);

/* Labels at the end that two names have in common. */
unsigned int fp_labels_common(const char *a, const char *b);

/*
 * Routes of a federation that fit a domain best: all those of the longest
 * pattern, by priority. Return: how many; @blocked: one that blocks, or NULL.
 */
u32 fp_routes_for(const struct fp_model *model, const char *federation, const char *domain,
		  const struct fp_obj_route **v, u32 max, const struct fp_obj_route **blocked);
/* Where a federation's partners see us come from; family 0: nothing says. */
struct fp_addr fp_outside_source(const struct fp_model *model,
				 const struct fp_obj_federation *f);
u16 fp_route_port(const struct fp_obj_route *route);
bool fp_route_is_srv(const struct fp_obj_route *route);

#endif /* _FP_ROUTES_H */
