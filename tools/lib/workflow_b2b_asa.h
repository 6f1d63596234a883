/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of the workflow lync-b2b-asa: business to business with a Lync or OCS
 * Access Edge, the gateway in the ASA's place.
 */
#ifndef _FP_WORKFLOW_B2B_ASA_H
#define _FP_WORKFLOW_B2B_ASA_H

#include "federation.h"

/* An inside server: an IM and Presence node. */
struct fp_b2b_node {
	struct fp_obj o;
	struct fp_addr address;
	u16 port;		/* its listener that partners end on (peer auth) */
	u32 transport;
	u8 digit;		/* 0: the routing node */
	struct fp_strs subjects;
	u16 sip_port;		/* generic SIP, plain */
	u16 presence_port;	/* Presence Engine, plain */
};

struct fp_b2b_partner {
	struct fp_obj o;
	struct fp_strs domains;
	char *edge;
	struct fp_addrs addresses;
	struct fp_strs subjects;
	u16 port;
	u32 use_srv;		/* 0 no, 1 yes */
	u32 eku;
	u32 tls_profile;
};

/**
 * struct fp_b2b - the file
 * @o: name of the federation
 * @nodes: the routing node first
 * @partners: at least one
 */
struct fp_b2b {
	struct fp_obj o;
	struct fp_strs local_domains;
	char *public_fqdn;
	struct fp_addr public_address;
	struct fp_addr inside_address;
	char *inside_interface;
	char *outside_interface;
	char *inside_zone;
	char *outside_zone;
	u32 transport;		/* enum fedpat_transport */
	struct fp_cidrs inside_networks;
	struct fp_strs inside_names;
	u32 bind_outside_list;	/* 0 no, 1 yes */
	bool other_inside_traffic;
	u16 outside_listener;
	u16 inside_listener;
	char *token_key_file;

	/* trustpoints: */
	struct fp_obj *trust;
	struct fp_b2b_node **nodes;
	u32 n_nodes;
	struct fp_b2b_partner **partners;
	u32 n_partners;
};

struct fp_b2b_trust {
	struct fp_obj o;
	char *public_cert;
	char *public_key;
	char *partner_ca;
	char *partner_crl;
	char *inside_cert;
	char *inside_key;
	char *inside_ca;
	char *inside_crl;
};

#define FP_B2B_MAX_DIGIT	6	/* 65080 is the last port of the scheme */

/* Reads and checks; NULL without memory. Faults in the file are told in @errs. */
struct fp_b2b *fp_b2b_read(const struct fp_ydoc *doc, const char *name, struct fp_model *model,
			   struct fp_errs *errs);
void fp_b2b_free(struct fp_b2b *in);
/* What the fields say together. */
void fp_b2b_lint(const struct fp_b2b *in, const struct fp_model *running, struct fp_errs *notes,
		 struct fp_errs *errs);

extern const char fp_b2b_template[];

/* Place of a field for an error; its object where it was not given. */
struct fp_where fp_b2b_where(const struct fp_obj *obj, const char *attr);

#endif /* _FP_WORKFLOW_B2B_ASA_H */
