/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of the policy, as they were configured.
 *
 * An object is immutable once it is in a table and is shared by every policy
 * and candidate that has it. It names other objects; what the names lead to is
 * resolved for each policy anew, see policy.h. All strings end in a NUL and
 * live in the object's own allocation; a slice's length does not count the NUL.
 * A string that was not given is "" (a slice: length 0), an address has family
 * 0, never NULL.
 */
#ifndef _FP_OBJECT_H
#define _FP_OBJECT_H

#include <linux/refcount.h>
#include <fedpat/acl.h>
#include <fedpat/slice.h>
#include <linux/fedpat.h>
#include "hits.h"

enum fp_kind {
	FP_KIND_ZONE,
	FP_KIND_ACL,
	FP_KIND_PAT,
	FP_KIND_STATIC_PAT,
	FP_KIND_CLASS_MAP,
	FP_KIND_INSPECT,
	FP_KIND_TLS_PROXY,
	FP_KIND_TRUSTPOINT,
	FP_KIND_FEDERATION,
	FP_KIND_PEER,
	FP_KIND_NODE,
	FP_KIND_DOMAIN,
	FP_KIND_ROUTE,
	__FP_KIND_COUNT
};

/* Limits, so that no owner of a namespace takes the machine. */
#define FP_MAX_OBJECTS		65536	/* of one kind */
#define FP_MAX_ACES		FP_ACL_MAX_ENTRIES	/* of all lists together */
#define FP_MAX_MULTI		4096	/* values of one attribute */
#define FP_MAX_INTERFACES	4096	/* that zones name, all together */

/**
 * struct fp_object - what all objects have
 * @refs: tables that hold it, and whoever took a reference; freed at once when
 *	it falls to 0, for only a policy that nobody can reach gives its up
 * @kind: enum fp_kind
 * @bytes: octets of its allocation
 * @name: its key
 * @owner: federation that made it; "" means made by hand
 * @tally: hits, shared with the versions before and after; NULL for kinds
 *	without
 */
struct fp_object {
	refcount_t refs;
	u8 kind;
	u32 bytes;
	const char *name;
	const char *owner;
	struct fp_tally *tally;
};

/**
 * struct fp_prefix - addresses
 * @addr: prefix, bits beyond @len zero; family 0 means any
 * @len: bits that count
 */
struct fp_prefix {
	struct fp_addr addr;
	u8 len;
};

/**
 * struct fp_names - names given by an attribute that may come several times
 * @v: the names, each with a NUL behind it
 * @n: how many
 */
struct fp_names {
	const struct fp_slice *v;
	u32 n;
};

struct fp_zone_obj {
	struct fp_object o;
	u8 role;			/* enum fedpat_role */
	struct fp_names ifs;		/* interfaces by name */
	const char *acl;		/* bound list, "" for none */
};

/**
 * struct fp_entry - one entry of an access list
 * @refs: lists and candidates that hold it
 * @id: stable, unique in the namespace
 * @ace: what the classifier is given; its line is the position, set at commit
 * @owner: federation that made it: its offset in @text plus 1; 0 for none
 * @remark: remark, likewise
 * @hits: packets that matched; the one part that changes
 * @text: strings
 *
 * There may be a hundred thousand: without strings it fits into 96 octets.
 */
struct fp_entry {
	refcount_t refs;
	u32 id;
	struct fp_ace ace;
	u16 owner;
	u16 remark;
	struct fp_hits hits;
	char text[];
};

/**
 * struct fp_acl_list - entries of a list and what they were compiled to
 * @refs: versions of the list that hold it: a new remark is a new object, not
 *	a new list
 * @n: entries
 * @bytes: octets of the entries
 * @compiled: index of the first entry that matches, by fp_acl_lookup()
 * @entry: the entries; @entry[i] has line i + 1
 */
struct fp_acl_list {
	refcount_t refs;
	u32 n;
	u64 bytes;
	struct fp_acl_compiled *compiled;
	struct fp_entry **entry;
};

struct fp_acl_obj {
	struct fp_object o;		/* tally: other = implicit denies */
	const char *remark;
	struct fp_acl_list *list;	/* never NULL in a policy */
};

struct fp_pat_obj {
	struct fp_object o;		/* tally: hits = flows, other = exhausted */
	u32 order;
	struct fp_prefix src;
	const char *zone;
	struct fp_addr to;		/* family 0: address of the outgoing interface */
	u16 port_lo;
	u16 port_hi;
	bool ports_given;		/* else 1024 to 65535, without those of static PAT */
};

struct fp_static_pat_obj {
	struct fp_object o;
	u32 order;
	const char *federation;
	u8 proto;			/* IPPROTO_TCP or IPPROTO_UDP */
	const char *zone;
	struct fp_endpoint pub;
	struct fp_endpoint node;
};

struct fp_class_map_obj {
	struct fp_object o;
	u32 order;
	const char *zone;		/* "" for every zone */
	const char *acl;
	const char *inspect;		/* "" for none */
	const char *tls_proxy;		/* "" for none */
};

#define FP_INSPECT_MESSAGE_MAX	1048576

struct fp_inspect_obj {
	struct fp_object o;
	u8 type;			/* enum fedpat_inspect_type */
	bool keep_software;
	bool allow_media;
	u32 dialect;
	bool allow_unlisted;		/* XMPP domains that no object lists */
	u8 tls;				/* enum fedpat_stream_tls */
	u32 max_message;		/* octets */
	u32 idle_timeout;		/* seconds, 0 means never */
	u32 hold_timeout;		/* milliseconds */
};

struct fp_tls_proxy_obj {
	struct fp_object o;
	const char *federation;
	const char *zone;
	u16 port;			/* of the daemon's listener */
	u8 transport;			/* FEDPAT_TRANSPORT_TLS or _TCP */
	const char *server_trustpoint;
	const char *client_trustpoint;
};

struct fp_trustpoint_obj {
	struct fp_object o;
	const char *cert;
	const char *key;
	const char *ca;
	const char *crl;
	u8 revocation;			/* enum fedpat_revocation */
	const char *ocsp;
	const char *cmp;
	const char *cmp_ca;
	u16 renew_before;		/* days */
};

struct fp_federation_obj {
	struct fp_object o;
	u8 place;			/* enum fedpat_place */
	u8 n_pub;
	u8 n_keys;			/* key[0] is the current one */
	u8 key_version[2];
	u8 key[2][FEDPAT_KEY_LEN];	/* never leaves the kernel; wiped when freed */
	struct fp_slice fqdn;
	struct fp_addr pub[4];
	struct fp_addr inside;
	struct fp_names domains;
	struct fp_names inside_names;
	const struct fp_prefix *prefixes;
	u32 n_prefixes;
	const char *inspect;
	const char *key_file;		/* for fedctl save; never opened here */
	struct fp_slice routing_fqdn;	/* another name of ours, in requests only */
	const char *default_domain;	/* for the daemon: routes of type aol */
	const char *open_peer;		/* serves domains that nobody names, "" for none */
};

struct fp_peer_obj {
	struct fp_object o;
	const char *federation;
	u8 role;			/* FEDPAT_ROLE_INSIDE or _OUTSIDE */
	u8 transport;			/* enum fedpat_transport */
	u8 eku;				/* enum fedpat_eku */
	u8 tls_profile;			/* enum fedpat_tls_profile */
	u16 port;			/* to dial; the default where none was given */
	bool port_given;
	struct fp_names subjects;
	struct fp_names domains;
	const char *host;
	const struct fp_addr *addrs;
	u32 n_addrs;
	const char *trustpoint;
	const char *ca;			/* trustpoint of its anchors, "" for @trustpoint's */
	u8 tls_verify;			/* enum fedpat_tls_verify */
	struct fp_names name_rules;	/* for the daemon */
	u16 health;			/* seconds, for the daemon */
};

struct fp_node_obj {
	struct fp_object o;
	const char *federation;
	struct fp_endpoint listener;
	u8 transport;			/* enum fedpat_transport */
	bool routing;
	u16 health;			/* seconds, for the daemon */
	struct fp_names subjects;
};

struct fp_domain_obj {
	struct fp_object o;		/* name: example.net, or *.example.net for all below */
	const char *federation;
	const char *peer;		/* "" where it is blocked, or XMPP */
	bool blocked;
	u8 direction;			/* enum fedpat_direction, of XMPP streams */
	u8 tls;				/* enum fedpat_stream_tls */
	bool direct;
	u8 type;			/* enum fedpat_domain_type */
};

/* A static route: the daemon follows it when it dials; it is only kept here. */
struct fp_route_obj {
	struct fp_object o;
	const char *federation;
	const char *pattern;
	const char *host;
	u32 priority;
	u32 weight;
	u16 port;
	bool port_given;
	u8 transport;			/* enum fedpat_transport */
	bool out_of_service;
	bool blocked;
	u16 health;			/* seconds, for the daemon */
};

/**
 * struct fp_settings - limits of the namespace; no object, for there is one only
 * @memory_cap: octets of legs and held messages
 * @acl_memory_cap: octets of compiled lists, and of the class maps of each zone
 * @max_legs: legs
 * @strict_inside: refuse SIP from inside that no class takes
 *
 * As configured, 0 means the default; in force, in a policy, it never does.
 */
struct fp_settings {
	u64 memory_cap;
	u64 acl_memory_cap;
	u32 max_legs;
	bool strict_inside;
};

struct fp_parse;
struct genl_info;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

/**
 * struct fp_kind_ops - what is particular to a kind
 * @name: as in the names of the operations
 * @attr: names of its attributes, by number
 * @max_attr: highest of them
 * @size: of its struct
 * @has_tally: are there hits to count?
 * @parse: fill the object from a request. @old is what it replaces, or NULL.
 *	Return: 0 or a negative errno, with the reason in the extended ack
 * @fill: put all attributes but name and owner. Return: 0 or -EMSGSIZE
 * @destroy: give up what the struct holds besides its memory; may be NULL
 */
struct fp_kind_ops {
	const char *name;
	const char * const *attr;
	u16 max_attr;
	size_t size;
	bool has_tally;
	int (*parse)(struct fp_parse *p, struct fp_object *obj,
		     const struct fp_object *old);
	int (*fill)(struct sk_buff *skb, const struct fp_object *obj);
	void (*destroy)(struct fp_object *obj);
};

extern const struct fp_kind_ops fp_zone_ops, fp_acl_ops, fp_pat_ops, fp_static_pat_ops;
extern const struct fp_kind_ops fp_class_map_ops, fp_inspect_ops, fp_tls_proxy_ops;
extern const struct fp_kind_ops fp_trustpoint_ops, fp_federation_ops, fp_peer_ops;
extern const struct fp_kind_ops fp_node_ops, fp_domain_ops, fp_route_ops;

/* Inspect maps that stand in where none is named; no table holds them. */
extern const struct fp_inspect_obj fp_inspect_none, fp_inspect_sip;

const struct fp_kind_ops *fp_kind_ops(enum fp_kind kind);
const char *fp_kind_name(enum fp_kind kind);

/* All kinds number these the same; object.c proves it. */
enum {
	FP_A_TXN	= 1,
	FP_A_NAME	= 2,
	FP_A_OWNER	= 3,
};

/* Longest key of any kind: that of a domain. */
#define FP_KEY_MAX	FEDPAT_FQDN_MAX

/* Key of an object from its attribute: checked, a domain's in canonical form. */
int fp_object_key(enum fp_kind kind, const struct nlattr *attr, char key[FP_KEY_MAX + 1],
		  struct netlink_ext_ack *extack);
struct fp_object *fp_object_parse(enum fp_kind kind, const char *key,
				  struct genl_info *info, const struct fp_object *old);
int fp_object_fill(struct sk_buff *skb, const struct fp_object *obj);
struct fp_object *fp_object_get(struct fp_object *obj);
void fp_object_put(struct fp_object *obj);

/* Entries of access lists are no objects of their own. */
struct fp_entry *fp_entry_parse(struct genl_info *info);
int fp_entry_fill(struct sk_buff *skb, const char *acl, const struct fp_entry *entry,
		  u32 line);
struct fp_entry *fp_entry_get(struct fp_entry *entry);
void fp_entry_put(struct fp_entry *entry);
size_t fp_entry_bytes(const struct fp_entry *entry);

struct fp_acl_list *fp_acl_list_alloc(u32 n);
struct fp_acl_list *fp_acl_list_get(struct fp_acl_list *list);
void fp_acl_list_put(struct fp_acl_list *list);
/* A copy of an access list's object that has another list of entries; takes @list. */
struct fp_object *fp_acl_with_list(const struct fp_acl_obj *acl, struct fp_acl_list *list);
/* An access list of that name without entries, made by hand. */
struct fp_object *fp_acl_empty(const char *name);

int fp_settings_parse(struct sk_buff *skb, struct genl_info *info,
		      const struct fp_settings *old, struct fp_settings *settings);
int fp_settings_fill(struct sk_buff *skb, const struct fp_settings *settings);
/* What is in force: defaults for what was not set. */
void fp_settings_resolve(const struct fp_settings *set, bool has_class,
			 struct fp_settings *in_force);

#endif /* _FP_OBJECT_H */
