/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy as plain structs.
 *
 * Every kind of object of Documentation/netlink/specs/fedpat.yaml is one
 * struct here and one table in schema.c: a row an attribute, with name, type,
 * place in the struct, range, default and help. Netlink, command line, YAML,
 * JSON, tables on the screen, completion and help all walk the same rows.
 *
 * Names of attributes are those of the spec in each of them.
 */
#ifndef _FP_MODEL_H
#define _FP_MODEL_H

#include <linux/fedpat.h>
#include <linux/netlink.h>
#include <fedpat/types.h>
#include <stdio.h>
#include "err.h"

struct fpnl;

/* Lists own their elements. */
struct fp_strs {
	char **v;
	u32 n;
};

struct fp_addrs {
	struct fp_addr *v;
	u32 n;
};

/* addr.family 0: any */
struct fp_cidr {
	struct fp_addr addr;
	u8 len;
};

struct fp_cidrs {
	struct fp_cidr *v;
	u32 n;
};

struct fp_u32s {
	u32 *v;
	u32 n;
};

/*
 * Kinds of objects. Those of the policy come first, each behind the kinds that
 * it refers to: made in this order and deleted in the opposite one, no object
 * ever names one that is not there.
 */
enum fp_kind_id {
	FP_K_ACL,
	FP_K_ACE,
	FP_K_ZONE,
	FP_K_INSPECT,
	FP_K_TRUSTPOINT,
	FP_K_FEDERATION,
	FP_K_TLS_PROXY,
	FP_K_PEER,
	FP_K_NODE,
	FP_K_DOMAIN,
	FP_K_ROUTE,
	FP_K_PAT,
	FP_K_STATIC_PAT,
	FP_K_CLASS_MAP,
	FP_K_SETTINGS,
	FP_K_POLICY_COUNT,

	/* state, never part of a model */
	FP_K_STATUS = FP_K_POLICY_COUNT,
	FP_K_COUNTER,
	FP_K_LEG,
	FP_K_NOTICE,
	FP_K_TXN,
	FP_K_TXN_ERROR,
	FP_K_COUNT
};

enum fp_attr_type {
	FP_T_STR,	/* char * */
	FP_T_STRS,	/* struct fp_strs */
	FP_T_U8,
	FP_T_U16,
	FP_T_U32,
	FP_T_U64,
	FP_T_S32,
	FP_T_FLAG,	/* bool */
	FP_T_ENUM,	/* u32, words */
	FP_T_PROTO,	/* u8, IP protocol */
	FP_T_ADDR,	/* struct fp_addr */
	FP_T_ADDRS,	/* struct fp_addrs */
	FP_T_CIDR,	/* struct fp_cidr */
	FP_T_CIDRS,	/* struct fp_cidrs */
	FP_T_ENDPOINT,	/* struct fp_endpoint */
	FP_T_KEY,	/* u8[FEDPAT_KEY_LEN] */
	FP_T_U32S,	/* struct fp_u32s */
};

/* What a string must look like. */
enum fp_syntax {
	FP_S_ANY,
	FP_S_NAME,	/* of an object */
	FP_S_FQDN,	/* host or domain */
	FP_S_DOMAIN,	/* domain, or *.domain */
	FP_S_SUFFIX,	/* host, or .domain */
	FP_S_HOST,	/* host or address */
	FP_S_PATH,	/* absolute file name */
	FP_S_IFNAME,
	FP_S_PATTERN,	/* of a static route */
	FP_S_RULE,	/* for names of a certificate */
};

/* What a number counts. */
enum fp_unit {
	FP_U_NONE,
	FP_U_BYTES,
	FP_U_MS,
	FP_U_SECONDS,
	FP_U_PORT,
	FP_U_UNIXTIME,
};

#define FP_A_REQUIRED	0x01	/* the object makes no sense without */
#define FP_A_ANSWER	0x02	/* only the kernel says it */
#define FP_A_SECRET	0x04	/* never shown, never saved */
#define FP_A_HIDDEN	0x08	/* plumbing, not for people */
#define FP_A_KEY	0x10	/* the name of the object */
#define FP_A_PRESENCE	0x20	/* not given is a value of its own, unlike every given one */
#define FP_A_DERIVED	0x40	/* shown, but set by code and never asked of people */

/**
 * struct fp_attr - one attribute of a kind
 * @name: in netlink, YAML, JSON and on the command line
 * @help: one line
 * @words: of an enum, ends with NULL
 * @off: place in the struct
 * @min: least value of a number
 * @max: greatest value of a number, longest string
 * @def: value where it is not given
 * @id: FEDPAT_A_<kind>_<name>
 * @type: enum fp_attr_type
 * @syntax: enum fp_syntax
 * @unit: enum fp_unit
 * @flags: FP_A_*
 * @ref: kind that the name refers to, or FP_K_COUNT
 */
struct fp_attr {
	const char *name;
	const char *help;
	const char * const *words;
	size_t off;
	u64 min;
	u64 max;
	u64 def;
	u16 id;
	u8 type;
	u8 syntax;
	u8 unit;
	u8 flags;
	u8 ref;
};

/**
 * struct fp_kind - a kind of object
 * @id: enum fp_kind_id
 * @word: "static-pat": in the operations of the spec, on the command line, in YAML
 * @help: one line
 * @size: of its struct
 * @rows: its attributes, name and owner among them
 * @n_rows: how many
 * @cmd_new: FEDPAT_CMD_*, 0 where there is none
 * @cmd_del: likewise
 * @cmd_get: likewise
 */
struct fp_kind {
	u8 id;
	const char *word;
	const char *help;
	size_t size;
	const struct fp_attr *rows;
	u8 n_rows;
	u8 cmd_new;
	u8 cmd_del;
	u8 cmd_get;
};

extern const struct fp_kind fp_kinds[FP_K_COUNT];

/**
 * struct fp_obj - head of every object
 * @kind: what it is
 * @name: its key; NULL for kinds without names
 * @owner: tag of the federation that made it; NULL = made by hand
 * @has: bit r set: row r was given. Fields of other rows hold their default
 * @pos: where in a file it stands
 * @at: where each row stands, or NULL
 * @pruned: leaves the policy, see fp_model_prune()
 */
struct fp_obj {
	const struct fp_kind *kind;
	char *name;
	char *owner;
	u64 has;
	struct fp_pos pos;
	struct fp_pos *at;
	bool pruned;
};

struct fp_obj_ace {
	struct fp_obj o;
	char *acl;
	u32 id;			/* 0 = not in the kernel yet */
	u32 line;
	u32 action;		/* enum fedpat_action */
	u8 proto;		/* meaningful when has() says so; else any */
	u8 icmp_type;		/* likewise */
	struct fp_cidr src;
	struct fp_cidr dst;
	u16 sport_lo;
	u16 sport_hi;
	u16 dport_lo;
	u16 dport_hi;
	bool log;
	bool inactive;
	char *remark;
	u64 hits;
	u64 last_hit;
};

struct fp_obj_acl {
	struct fp_obj o;
	char *remark;
	u32 entries;
	u64 deny_hits;
	struct fp_obj_ace **aces;	/* in order; its own */
	u32 n_aces;
};

struct fp_obj_zone {
	struct fp_obj o;
	u32 role;		/* enum fedpat_role */
	struct fp_strs interface;
	char *access_list;
};

struct fp_obj_inspect {
	struct fp_obj o;
	u32 type;		/* enum fedpat_inspect_type */
	u32 max_message;
	u32 idle_timeout;	/* s */
	u32 hold_timeout;	/* ms */
	bool keep_software;
	bool allow_media;
	u32 tls;		/* enum fedpat_stream_tls */
	bool allow_unlisted;
	u32 dialect;		/* enum fedpat_dialect */
};

struct fp_obj_trustpoint {
	struct fp_obj o;
	char *cert;
	char *key;
	char *ca;
	char *crl;
	u32 revocation;		/* enum fedpat_revocation */
	char *ocsp;
	char *cmp;
	char *cmp_ca;
	u32 renew_before;	/* days */
};

struct fp_obj_federation {
	struct fp_obj o;
	u32 place;		/* enum fedpat_place */
	char *public_fqdn;
	struct fp_addrs public_addr;
	struct fp_addr inside_addr;
	struct fp_strs local_domain;
	struct fp_cidrs inside_prefix;
	struct fp_strs inside_name;
	char *inspect;
	u8 key[FEDPAT_KEY_LEN];	/* never comes from the kernel */
	u8 key_version;
	u8 old_key[FEDPAT_KEY_LEN];
	u8 old_key_version;
	char *key_file;
	char *routing_fqdn;
	char *default_routing_domain;
	char *open_peer;
};

struct fp_obj_tls_proxy {
	struct fp_obj o;
	char *federation;
	char *zone;
	u16 listener_port;
	u32 transport;		/* enum fedpat_transport */
	char *server_trustpoint;
	char *client_trustpoint;
};

struct fp_obj_peer {
	struct fp_obj o;
	char *federation;
	u32 role;		/* enum fedpat_role */
	struct fp_strs subject;
	struct fp_strs domain;
	char *host;
	struct fp_addrs addr;
	u16 port;		/* 0 = fp_peer_port() */
	u32 transport;		/* enum fedpat_transport */
	u32 eku;		/* enum fedpat_eku */
	u32 tls_profile;	/* enum fedpat_tls_profile */
	char *trustpoint;
	char *ca;
	u32 tls_verify;		/* enum fedpat_tls_verify */
	struct fp_strs name_rule;
	u32 health;		/* seconds, 0 = never */
};

struct fp_obj_node {
	struct fp_obj o;
	char *federation;
	struct fp_endpoint listener;
	u32 transport;		/* enum fedpat_transport */
	struct fp_strs subject;
	bool routing;
	u32 health;		/* seconds, 0 = never */
};

struct fp_obj_domain {
	struct fp_obj o;
	char *federation;
	char *peer;
	bool blocked;
	u32 direction;		/* enum fedpat_direction */
	u32 tls;		/* enum fedpat_stream_tls */
	u32 type;		/* enum fedpat_domain_type */
	bool direct;
};

struct fp_obj_route {
	struct fp_obj o;
	char *federation;
	char *pattern;
	char *host;
	u16 port;		/* 0, when given: look up by SRV */
	u32 transport;		/* enum fedpat_transport */
	u32 priority;
	u32 weight;
	bool out_of_service;
	bool blocked;
	u32 health;		/* seconds, 0 = never */
};

struct fp_obj_pat {
	struct fp_obj o;
	u32 order;
	struct fp_cidr src;
	char *zone;
	struct fp_addr to_addr;
	u16 port_lo;
	u16 port_hi;
	u64 hits;
	u64 exhausted;
};

struct fp_obj_static_pat {
	struct fp_obj o;
	u32 order;
	char *federation;
	u8 proto;
	char *zone;
	struct fp_endpoint public;
	struct fp_endpoint node;
	u64 hits;
};

struct fp_obj_class_map {
	struct fp_obj o;
	u32 order;
	char *zone;
	char *access_list;
	char *inspect;
	char *tls_proxy;
	u64 hits;
};

struct fp_obj_settings {
	struct fp_obj o;
	u64 memory_cap;
	u32 max_legs;
	u64 acl_memory_cap;
	bool strict_inside;
};

/* --- state --- */

struct fp_obj_status {
	struct fp_obj o;
	char *version;
	u32 generation;
	u32 legs;
	u32 legs_offloaded;
	u32 held;
	u64 memory;
	u64 memory_cap;
	u64 acl_memory;
	u64 messages;
	u64 uptime;
};

struct fp_obj_counter {
	struct fp_obj o;
	u64 value;
	char *text;
	u16 sip_status;
};

struct fp_obj_leg {
	struct fp_obj o;
	u32 id;
	s32 fd;			/* leg-attach only */
	u32 wanted;
	char *federation;
	char *zone;
	char *peer;
	u32 role;
	u32 transport;
	bool dialled;
	char *tls_proxy;
	struct fp_strs proved;
	struct fp_strs domain;
	char *identity;
	struct fp_endpoint local;
	struct fp_endpoint remote;
	struct fp_endpoint original_dst;
	char *not_offloaded;
	char *tls_version;
	char *cipher;
	u64 cert_expires;
	u32 state;		/* enum fedpat_leg_state */
	u64 rx_messages;
	u64 tx_messages;
	u64 rx_bytes;
	u64 tx_bytes;
	u64 refused;
	u64 idle;		/* ms */
	u64 age;		/* ms */
	u32 queued;
	u32 memory;
	struct fp_u32s link;
	char *reason;
	char *peer_cert_text;
	u32 protocol;		/* enum fedpat_inspect_type */
	u32 partner;
	bool starttls;
	char *peer_chain;	/* leg-attach, and fp_get() of one */
	char *peer_fingerprint;
};

struct fp_obj_notice {
	struct fp_obj o;
	u32 event;		/* enum fedpat_event */
	u32 generation;
	u32 leg;
	char *zone;
	char *peer;
	u32 wanted;
	u32 want;		/* enum fedpat_want */
	char *federation;
	char *target;
	struct fp_endpoint endpoint;
	struct fp_addr source;
	u32 deadline;		/* ms */
	char *reason;
	char *text;
	struct fp_endpoint remote;
	struct fp_endpoint local;
	char *acl;
	u32 line;
	u32 count;
};

struct fp_obj_txn {
	struct fp_obj o;
	u32 id;
	u32 generation;
	u32 expected_generation;
	u32 timeout;		/* ms */
};

struct fp_obj_txn_error {
	struct fp_obj o;	/* name: of the object that is wrong */
	u32 txn;
	char *object_kind;
	char *attribute;
	char *other;
	char *text;
};

/* --- objects --- */

struct fp_obj *fp_obj_alloc(enum fp_kind_id kind, const char *name);
struct fp_obj *fp_obj_alloc_kind(const struct fp_kind *kind, const char *name);
struct fp_obj *fp_obj_copy(const struct fp_obj *obj);
void fp_obj_free(struct fp_obj *obj);

/* Same effect on the kernel: answers, positions and write-only keys do not count. */
bool fp_obj_equal(const struct fp_obj *a, const struct fp_obj *b);
void fp_obj_plain(struct fp_obj *obj);

const struct fp_attr *fp_attr_find(const struct fp_kind *kind, const char *name);
const struct fp_kind *fp_kind_find(const char *word);

/* Was the attribute FEDPAT_A_<kind>_<...> given? */
bool fp_obj_has(const struct fp_obj *obj, u16 attr_id);

/*
 * Set from text; lists, comma between, are added to. Return: NULL, or what is
 * wrong, to be read between the text and fp_attr_expect().
 */
const char *fp_obj_set(struct fp_obj *obj, const struct fp_attr *attr, const char *text);
const char *fp_attr_expect(const struct fp_attr *attr);	/* until the next call */
void fp_obj_unset(struct fp_obj *obj, const struct fp_attr *attr);
/* Set a typed value; for code that derives objects. */
int fp_obj_set_str(struct fp_obj *obj, u16 attr_id, const char *value);
int fp_obj_add_str(struct fp_obj *obj, u16 attr_id, const char *value);
int fp_obj_set_num(struct fp_obj *obj, u16 attr_id, u64 value);
int fp_obj_set_addr(struct fp_obj *obj, u16 attr_id, const struct fp_addr *addr);
int fp_obj_add_addr(struct fp_obj *obj, u16 attr_id, const struct fp_addr *addr);
int fp_obj_set_cidr(struct fp_obj *obj, u16 attr_id, const struct fp_cidr *cidr);
int fp_obj_add_cidr(struct fp_obj *obj, u16 attr_id, const struct fp_cidr *cidr);
int fp_obj_add_u32(struct fp_obj *obj, u16 attr_id, u32 value);
int fp_obj_set_endpoint(struct fp_obj *obj, u16 attr_id, const struct fp_endpoint *ep);
int fp_obj_set_key(struct fp_obj *obj, u16 attr_id, const u8 key[FEDPAT_KEY_LEN]);

/* A number, flag, enum or protocol; its default where it was not given. */
u64 fp_obj_num(const struct fp_obj *obj, const struct fp_attr *attr);
/* Given, and not equal to the default. */
bool fp_obj_says(const struct fp_obj *obj, const struct fp_attr *attr);
/* As text; elements of lists with @sep between. @human: units, names of protocols. */
void fp_obj_print(const struct fp_obj *obj, const struct fp_attr *attr, const char *sep,
		  bool human, FILE *out);

static inline void *fp_obj_field(const struct fp_obj *obj, const struct fp_attr *attr)
{
	return (char *)obj + attr->off;
}

static inline bool fp_obj_gave(const struct fp_obj *obj, const struct fp_attr *attr)
{
	return obj->has >> (attr - obj->kind->rows) & 1;
}

/* --- netlink: message body of an object, and back --- */

/* Attributes that an operation new or set takes (not those of the answer). */
void fp_obj_encode(const struct fp_obj *obj, struct nlmsghdr *nlh);
size_t fp_obj_encode_room(const struct fp_obj *obj);	/* what it adds, at most */
int fp_obj_decode(struct fp_obj *obj, const struct nlmsghdr *nlh);

/* --- models --- */

/**
 * struct fp_table - all objects of one kind, by name
 * @v: sorted by name when fp_model_sort() ran, else in order of arrival
 * @n: how many
 */
struct fp_table {
	struct fp_obj **v;
	u32 n;
	u32 cap;
	u32 *slot;		/* hash: index + 1 */
	u32 mask;
};

/**
 * struct fp_model - a whole policy
 * @tables: of each kind but entries, which live in their list, and settings
 * @settings: limits of the namespace
 * @generation: of the kernel's policy that it was read from
 * @files: names that positions point at
 */
struct fp_model {
	struct fp_table tables[FP_K_POLICY_COUNT];
	struct fp_obj_settings *settings;
	u32 generation;
	struct fp_strs files;
};

struct fp_model *fp_model_alloc(void);
void fp_model_free(struct fp_model *model);
struct fp_model *fp_model_copy(const struct fp_model *model);
int fp_model_add(struct fp_model *model, struct fp_obj *obj);	/* takes it; -EEXIST */
u32 fp_model_prune(struct fp_model *model, enum fp_kind_id kind,
		   bool (*out)(const struct fp_obj *obj, const void *arg), const void *arg);
void fp_model_remove(struct fp_model *model, struct fp_obj *obj);	/* frees it */
struct fp_obj *fp_model_find(const struct fp_model *model, enum fp_kind_id kind,
			     const char *name);
void fp_model_sort(struct fp_model *model);
const char *fp_model_file(struct fp_model *model, const char *name);

int fp_acl_add_ace(struct fp_obj_acl *acl, struct fp_obj_ace *ace, u32 line); /* 0 = last */

void fp_acl_del_ace(struct fp_obj_acl *acl, u32 line);

/* Attributes that it must have. */
void fp_obj_check(const struct fp_obj *obj, struct fp_errs *errs);
/* Objects that refer to names which the model does not hold, and the like. */
void fp_model_check(const struct fp_model *model, struct fp_errs *errs);

#define fp_model_each(model, kind, i, obj) \
	for ((i) = 0; (i) < (model)->tables[kind].n && \
	     ((obj) = (void *)(model)->tables[kind].v[i], true); (i)++)

static inline struct fp_obj_zone *fp_find_zone(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_zone *)fp_model_find(m, FP_K_ZONE, name);
}

static inline struct fp_obj_trustpoint *fp_find_trustpoint(const struct fp_model *m,
							   const char *name)
{
	return (struct fp_obj_trustpoint *)fp_model_find(m, FP_K_TRUSTPOINT, name);
}

static inline struct fp_obj_tls_proxy *fp_find_tls_proxy(const struct fp_model *m,
							 const char *name)
{
	return (struct fp_obj_tls_proxy *)fp_model_find(m, FP_K_TLS_PROXY, name);
}

static inline struct fp_obj_peer *fp_find_peer(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_peer *)fp_model_find(m, FP_K_PEER, name);
}

static inline struct fp_obj_route *fp_find_route(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_route *)fp_model_find(m, FP_K_ROUTE, name);
}

static inline struct fp_obj_node *fp_find_node(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_node *)fp_model_find(m, FP_K_NODE, name);
}

static inline struct fp_obj_inspect *fp_find_inspect(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_inspect *)fp_model_find(m, FP_K_INSPECT, name);
}

static inline struct fp_obj_domain *fp_find_domain(const struct fp_model *m, const char *name)
{
	return (struct fp_obj_domain *)fp_model_find(m, FP_K_DOMAIN, name);
}

static inline struct fp_obj_federation *fp_find_federation(const struct fp_model *m,
							   const char *name)
{
	return (struct fp_obj_federation *)fp_model_find(m, FP_K_FEDERATION, name);
}

/* Port to dial: the one given, else 5061 for TLS and 5060 otherwise. */
u16 fp_peer_port(const struct fp_obj_peer *peer);

/* --- the kernel's policy --- */

/**
 * enum fp_op_type - a step from one model to another
 * @FP_OP_NEW: make, or replace
 * @FP_OP_DEL: delete
 */
enum fp_op_type {
	FP_OP_NEW,
	FP_OP_DEL,
};

/**
 * struct fp_op - one step
 * @type: what to do
 * @obj: object to make (of the new model) or to delete (of the old one)
 * @old: what it replaces, or NULL
 * @line: of an entry: line to insert it at, 0 = last
 */
struct fp_op {
	enum fp_op_type type;
	const struct fp_obj *obj;
	const struct fp_obj *old;
	u32 line;
};

struct fp_ops {
	struct fp_op *v;
	u32 n;
	u32 cap;
};

/* What leads from @from to @to: as few steps as possible; both must outlive it. */
int fp_model_diff(const struct fp_model *from, const struct fp_model *to, struct fp_ops *ops);
int fp_ops_add(struct fp_ops *ops, enum fp_op_type type, const struct fp_obj *obj, u32 line);
void fp_ops_free(struct fp_ops *ops);
/* Take the steps on a model. */
int fp_model_apply(struct fp_model *model, const struct fp_ops *ops, struct fp_errs *errs);

/* Without keys, which the kernel tells nobody. Consistent: one generation. */
int fp_model_load_kernel(struct fpnl *nl, struct fp_model **out, struct fp_errs *errs);
int fp_acl_load_kernel(struct fpnl *nl, const char *name, struct fp_obj_acl **out,
		       struct fp_errs *errs);

/*
 * One transaction. @generation: in, the policy that the steps start from, or
 * FP_GENERATION_ANY; out, the new one. On failure nothing was changed, and each
 * fault names object, attribute and, where the object came from a file, line
 * and column. -ESTALE: the policy changed since.
 */
#define FP_GENERATION_ANY	0xffffffffu
int fp_model_commit(struct fpnl *nl, const struct fp_ops *ops, u32 *generation,
		    struct fp_errs *errs);

/* --- state and legs --- */

int fp_get(struct fpnl *nl, enum fp_kind_id kind, const char *name, struct fp_obj **out,
	   struct fp_errs *errs);
int fp_get_status(struct fpnl *nl, struct fp_obj_status **out, struct fp_errs *errs);
typedef int (*fp_obj_fn)(struct fp_obj *obj, void *arg);	/* takes the object */
int fp_dump(struct fpnl *nl, enum fp_kind_id kind, fp_obj_fn fn, void *arg,
	    struct fp_errs *errs);
/* @leg: fill in what is known, fd included; ids of lists as model.h says. */
int fp_leg_attach(struct fpnl *nl, const struct fp_obj_leg *leg, u32 *id, struct fp_errs *errs);
int fp_leg_fail(struct fpnl *nl, u32 wanted, const char *reason, struct fp_errs *errs);
int fp_leg_kill(struct fpnl *nl, u32 id, const char *reason, struct fp_errs *errs);
int fp_refusal_report(struct fpnl *nl, const struct fp_obj_notice *notice, struct fp_errs *errs);
/* Read the events that are there; the notice is freed after the call. */
typedef void (*fp_notice_fn)(const struct fp_obj_notice *notice, void *arg);
int fp_events(struct fpnl *nl, fp_notice_fn fn, void *arg);
/* The legs that are wanted now; as the events told them. */
int fp_wanted_each(struct fpnl *nl, fp_notice_fn fn, void *arg, struct fp_errs *errs);
int fp_leg_get(struct fpnl *nl, u32 id, struct fp_obj_leg **out, struct fp_errs *errs);

#endif /* _FP_MODEL_H */
