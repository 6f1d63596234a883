/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the derivation share: from a workflow's input to objects. */
#ifndef _FP_FLOW_DERIVE_H
#define _FP_FLOW_DERIVE_H

#include "flow.h"

/**
 * struct derive - objects in the making
 * @in: the input
 * @m: policy that gets them
 * @running: the policy now
 * @notes: gets what the operator should know
 * @errs: gets what is wrong
 * @inside: zone of the nodes
 * @outside: zone of the partners
 * @list: bound to @outside, NULL where none is
 * @realm: federation of the kernel that serves the nodes: ours, or one that has
 *	them already
 * @joins: it has them already: what would be made again is only compared
 * @twin: what would have been made
 * @n_twins: how many
 */
struct derive {
	const struct fp_flow *in;
	struct fp_model *m;
	const struct fp_model *running;
	struct fp_errs *notes;
	struct fp_errs *errs;
	const char *inside;
	const char *outside;
	struct fp_obj_acl *list;
	char realm[32];
	bool joins;
	struct fp_obj **twin;
	u32 n_twins;
	bool no_memory;	/* objects are missing, or parts of them */
};

void fp_derive_no_memory(struct derive *d);
/* Setters fail without memory only; half an object must not be applied. */
void fp_derive_must(struct derive *d, int err);
/* An object. @src: what in the file it comes from. NULL: told why. */
struct fp_obj *fp_derive_make(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
			      const char *owner, const char *name);
/* NAME.suffix of ours, NAME being that of the federation. */
__attribute__((format(printf, 4, 5)))
struct fp_obj *fp_derive_own(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
			     const char *fmt, ...);
/* Likewise, of all federations that share the nodes. "" for the realm itself. */
__attribute__((format(printf, 4, 5)))
struct fp_obj *fp_derive_common(struct derive *d, enum fp_kind_id kind, const struct fp_obj *src,
				const char *fmt, ...);
void fp_derive_str(struct derive *d, struct fp_obj *obj, u16 id, const char *value);
/* Refer to what fp_derive_own() or fp_derive_common() made. */
void fp_derive_ref_own(struct derive *d, struct fp_obj *obj, u16 id, const char *suffix);
void fp_derive_ref(struct derive *d, struct fp_obj *obj, u16 id, const char *suffix);
void fp_derive_num(struct derive *d, struct fp_obj *obj, u16 id, u64 value);
void fp_derive_strs(struct derive *d, struct fp_obj *obj, u16 id, const struct fp_strs *list);

/* derive_realm.c */
void fp_derive_realm(struct derive *d);
void fp_derive_compare(struct derive *d);

/* derive_zone.c */
void fp_derive_zones(struct derive *d);
void fp_derive_outside_list(struct derive *d);
/* One entry of the class list @acl. */
void fp_derive_ace(struct derive *d, struct fp_obj_acl *acl, const struct fp_flow_partner *p,
		   const struct fp_cidr *src, const struct fp_cidr *dst, u16 port);
/* Every entry of @acl for @p, once more, for the outside zone. */
void fp_derive_let_in(struct derive *d, const struct fp_flow_partner *p,
		      const struct fp_obj_acl *acl);

/* derive_pat.c */
void fp_derive_node(struct derive *d, const struct fp_flow_node *n);
void fp_derive_other_traffic(struct derive *d);
void fp_derive_check_rows(struct derive *d);

/* derive_xmpp.c */
void fp_derive_xmpp_domains(struct derive *d);
void fp_derive_xmpp_domains_ours(struct derive *d, struct fp_obj *federation);
void fp_derive_xmpp_inspect(struct derive *d, struct fp_obj *map);
void fp_derive_xmpp_out(struct derive *d, const struct fp_flow_node *n, struct fp_obj_acl *acl);
void fp_derive_xmpp_in(struct derive *d, const struct fp_flow_node *n, struct fp_obj_acl *acl);

/* derive_class.c */
void fp_derive_let_to_rows(struct derive *d, const struct fp_flow_node *n,
			   const struct fp_flow_partner *p, struct fp_obj_acl *acl);
void fp_derive_classes(struct derive *d);
void fp_derive_proxies(struct derive *d);

#endif /* _FP_FLOW_DERIVE_H */
