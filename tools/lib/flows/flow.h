/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One input for all workflows, and what they share.
 *
 * A parameter is one row of params.c: its type, where it is kept, which
 * workflows take it, which cannot do without it, an example and a sentence. The
 * reader, the template, the documentation and the tests walk the same rows.
 * What is derived depends on the place that the gateway takes, not on the
 * workflow; steps of others are texts that are filled in (steps_*.c).
 */
#ifndef _FP_FLOW_H
#define _FP_FLOW_H

#include "federation.h"

/* Bits of masks, in the order of fp_workflows[]. */
enum fp_flow_id {
	FP_WF_OFFICE365,
	FP_WF_SKYPE,
	FP_WF_LYNC_INTRA,
	FP_WF_LYNC_EXPRESSWAY,
	FP_WF_LYNC_ASA,
	FP_WF_OCS_DIRECT,
	FP_WF_OCS_ASA,
	FP_WF_ASA_SIP,
	FP_WF_AOL,
	FP_WF_XMPP,
	FP_WF_COUNT
};

#define W(x)	(1u << FP_WF_##x)
#define W_ASA	(W(LYNC_ASA) | W(OCS_ASA) | W(ASA_SIP) | W(AOL))
#define W_EXP	(W(OFFICE365) | W(SKYPE) | W(LYNC_EXPRESSWAY))
#define W_DIR	(W(LYNC_INTRA) | W(OCS_DIRECT))
#define W_TLS	(W_ASA | W_EXP | W(LYNC_INTRA))	/* the gateway ends TLS */
#define W_SIP	(W_ASA | W_EXP | W_DIR)
#define W_ALL	(W_SIP | W(XMPP))

/**
 * enum fp_flow_shape - the place that the gateway takes
 * @FP_SHAPE_ASA: on the way; PAT, static PAT, TLS proxies for what is dialled past it
 * @FP_SHAPE_EXPRESSWAY: next hop of both sides, routing by domain
 * @FP_SHAPE_DIRECT: firewall on the way, both sides see each other
 * @FP_SHAPE_XMPP: on the way, with static PAT; reads the clear beginning of streams
 */
enum fp_flow_shape {
	FP_SHAPE_ASA,
	FP_SHAPE_EXPRESSWAY,
	FP_SHAPE_DIRECT,
	FP_SHAPE_XMPP,
};

/* Parts of the file. */
enum fp_flow_part {
	FP_PART_MAIN,
	FP_PART_NODE,
	FP_PART_LB,
	FP_PART_PARTNER,
	FP_PART_SERVER,
	FP_PART_TRUST,
	FP_PART_COUNT
};

/* Words of mode, one set for those who have it. */
enum fp_flow_mode {
	FP_MODE_FIRST,		/* b2b; chat */
	FP_MODE_SECOND,		/* single; chat-calling */
};

enum fp_flow_tls_mode {
	FP_XTLS_NONE,
	FP_XTLS_OPTIONAL,
	FP_XTLS_REQUIRED,
};

enum fp_flow_xmpp_kind {
	FP_XMPP_OTHER,
	FP_XMPP_WEBEX,
	FP_XMPP_IMP,
	FP_XMPP_SAMETIME,
};

/**
 * struct fp_param - a parameter of a file
 * @row: type and place, as for attributes of objects; flags are set per workflow
 * @part: enum fp_flow_part
 * @in: workflows that have it
 * @need: workflows that cannot do without
 * @example: YAML, good for every workflow that has it
 * @def: default in words where the row does not say it
 * @doc: what it is
 */
struct fp_param {
	struct fp_attr row;
	u8 part;
	u32 in;
	u32 need;
	const char *example;
	const char *def;
	const char *doc;
};

extern const struct fp_param fp_params[];
extern const u32 fp_n_params;

/* An inside server: a node of IM and Presence, or the load balancer before them. */
struct fp_flow_node {
	struct fp_obj o;
	struct fp_addr address;
	u16 port;		/* its listener that partners end on */
	u32 transport;
	u8 digit;		/* 0: the routing node */
	struct fp_strs subjects;
	char *fqdn;
	u16 sip_port;		/* generic SIP, plain */
	u16 presence_port;	/* Presence Engine, plain */
	struct fp_addr public_address;	/* XMPP: of its own */
	struct fp_strs chat_aliases;	/* XMPP: of the rooms on it */
	bool is_lb;
};

struct fp_flow_partner {
	struct fp_obj o;
	struct fp_strs domains;
	char *edge;
	struct fp_addrs addresses;
	struct fp_cidrs networks;
	struct fp_strs subjects;
	u16 port;
	u32 use_srv;		/* 0 no, 1 yes */
	u32 eku;
	u32 tls_profile;
	char *route;		/* destination pattern of the static route */
	u32 kind;		/* enum fp_flow_xmpp_kind */
	u32 direction;		/* 0 all, 1 in, 2 out */
	u32 tls_mode;		/* XMPP: enum fedpat_stream_tls */
};

/* A Microsoft server that is met directly. */
struct fp_flow_server {
	struct fp_obj o;	/* name: its FQDN */
	struct fp_addr address;
	u32 priority;
	u32 edition;		/* 0 se, 1 ee */
};

struct fp_flow_lb {
	struct fp_obj o;
	char *fqdn;
	struct fp_addr address;
	u16 port;
};

struct fp_flow_trust {
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

#define FP_FLOW_MAX_DIGIT	6	/* 65080 is the last port of the scheme */
#define FP_FLOW_LB_DIGIT	5	/* of the publisher behind a load balancer */

/**
 * struct fp_flow - a file, read
 * @o: name of the federation
 * @wf: the workflow
 * @nodes: the routing node first: that is the load balancer where there is one
 * @partners: at least one; where servers are met directly, made of them
 * @servers: of DIRECT
 * @trust: struct fp_flow_trust or NULL
 * @lb: or NULL
 */
struct fp_flow {
	struct fp_obj o;
	const struct fp_workflow *wf;
	char *description;
	struct fp_strs local_domains;
	struct fp_strs email_domains;
	char *public_fqdn;
	struct fp_addr public_address;
	char *routing_fqdn;
	u32 publish_srv;	/* 0 no, 1 yes */
	u32 direct;		/* 0 by topology, 1 no, 2 yes */
	struct fp_addr inside_address;
	u16 inside_port;
	u16 gateway_port;
	char *inside_interface;
	char *outside_interface;
	char *inside_zone;
	char *outside_zone;
	u32 mode;		/* enum fp_flow_mode */
	u32 transport;		/* enum fedpat_transport */
	struct fp_cidrs inside_networks;
	struct fp_strs inside_names;
	u32 bind_outside_list;	/* 0 no, 1 yes */
	bool other_inside_traffic;
	u16 outside_listener;
	u16 inside_listener;
	char *token_key_file;
	/* Microsoft */
	struct fp_strs partner_domains;
	u16 server_auth_port;
	char *pool;
	char *trusted_pool;
	char *registrar;
	char *site_id;
	char *app_id;
	bool allow_all_domains;
	bool open_federation;
	char *edge_internal;
	/* AOL */
	char *default_domain;
	char *company;
	char *contact_name;
	char *contact_mail;
	char *contact_phone;
	char *licence;
	char *public_ca_name;
	/* XMPP */
	struct fp_strs chat_aliases;
	struct fp_strs file_aliases;
	u32 tls_mode;		/* enum fp_flow_tls_mode */
	u32 client_cert;	/* 0 no, 1 yes */
	u32 sasl;		/* 0 no, 1 yes */
	u32 dialback;		/* 0 no, 1 yes */
	u32 policy_default;	/* 0 deny, 1 allow */
	struct fp_strs blocked_domains;
	bool no_memory;		/* something is missing */

	struct fp_obj *trust;
	struct fp_flow_lb *lb;
	struct fp_flow_node **nodes;
	u32 n_nodes;
	struct fp_flow_partner **partners;
	u32 n_partners;
	struct fp_flow_server **servers;
	u32 n_servers;
};

static inline bool fp_flow_is(const struct fp_flow *in, u32 mask)
{
	return mask >> in->wf->id & 1;
}

static inline bool fp_flow_is_tls(const struct fp_flow *in)
{
	return in->transport == FEDPAT_TRANSPORT_TLS;
}

/* Lync's calls go by a gateway of their own, in whose place we stand. */
static inline bool fp_flow_is_calling(const struct fp_flow *in)
{
	return fp_flow_is(in, W(LYNC_INTRA)) && in->mode == FP_MODE_SECOND;
}

/* Are connections ended on the gateway? */
static inline bool fp_flow_is_relayed(const struct fp_flow *in)
{
	return fp_flow_is(in, W_ASA | W_EXP | W(XMPP)) || fp_flow_is_calling(in);
}

/* XMPP: what is demanded of the streams of a partner. */
static inline u32 fp_flow_tls_mode(const struct fp_flow *in, const struct fp_flow_partner *p)
{
	return p->tls_mode ? p->tls_mode - FEDPAT_STREAM_TLS_NONE + FP_XTLS_NONE : in->tls_mode;
}

/* Do both sides dial the gateway itself? */
static inline bool fp_flow_is_next_hop(const struct fp_flow *in)
{
	return in->wf->shape == FP_SHAPE_EXPRESSWAY || fp_flow_is_calling(in);
}

static inline u8 fp_flow_proto(const struct fp_flow *in)
{
	return in->transport == FEDPAT_TRANSPORT_UDP ? 17 : 6;
}

/* read.c: NULL without memory. Faults in the file are told in @errs. */
struct fp_flow *fp_flow_read(const struct fp_workflow *wf, const struct fp_ydoc *doc,
			     const char *name, struct fp_model *model, struct fp_errs *errs);
void fp_flow_free(struct fp_flow *in);
/* Place of a field for an error; its object where it was not given. */
struct fp_where fp_flow_where(const struct fp_obj *obj, const char *attr);
bool fp_flow_in_list(const struct fp_strs *list, const char *name);

/* lint.c: what the fields say together; each finding ends with [rule]. */
void fp_flow_lint(const struct fp_flow *in, const struct fp_model *running,
		  struct fp_errs *notes, struct fp_errs *errs);
/* example.net -> .net.example.*, into @buf; and is @pattern that, .* or not? */
void fp_flow_reverse(const char *domain, char *buf, size_t size);
bool fp_flow_is_reverse(const char *pattern, const char *domain);

/* derive_xmpp.c: *.example.net is example.net and all below it */
bool fp_flow_is_wild(const char *domain);
const char *fp_flow_base(const char *domain);

/* derive.c: adds every object to @model, which has none of the federation. */
void fp_flow_derive(const struct fp_flow *in, struct fp_model *model,
		    const struct fp_model *running, struct fp_errs *notes,
		    struct fp_errs *errs);

/**
 * struct fp_pub_row - a public port of a node
 * @pub: the public port
 * @port: port of the node
 * @transport: what the node speaks there
 */
struct fp_pub_row {
	u16 pub;
	u16 port;
	u32 transport;
};

#define FP_FLOW_ROWS 5

/* rows.c: the public ports of a node, at most FP_FLOW_ROWS. Return: how many. */
u32 fp_flow_rows(const struct fp_flow *in, const struct fp_flow_node *n, struct fp_pub_row *rows);

#endif /* _FP_FLOW_H */
