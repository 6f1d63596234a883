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
	__FP_KIND_COUNT
};

/* Limits, so that no owner of a namespace takes the machine. */
#define FP_MAX_OBJECTS		65536	/* of one kind */
#define FP_MAX_ACES		FP_ACL_MAX_ENTRIES	/* of all lists together */
#define FP_MAX_MULTI		4096	/* values of one attribute */

/**
 * struct fp_object - what all objects have
 * @refs: tables that hold it, and whoever took a reference; freed at once when
 *	it falls to 0, for only a policy that nobody can reach gives its up
 * @kind: enum fp_kind
 * @name: its key
 * @owner: federation that made it; "" means made by hand
 * @tally: hits, shared with the versions before and after; NULL for kinds
 *	without
 */
struct fp_object {
	refcount_t refs;
	u8 kind;
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
 * @hits: packets that matched; the one part that changes
 * @owner: federation that made it, ""
 * @remark: remark, ""
 */
struct fp_entry {
	refcount_t refs;
	u32 id;
	struct fp_ace ace;
	struct fp_hits hits;
	const char *owner;
	const char *remark;
	char text[];
};

/**
 * struct fp_acl_list - entries of a list and what they were compiled to
 * @refs: versions of the list that hold it: a new remark is a new object, not
 *	a new list
 * @n: entries
 * @compiled: index of the first entry that matches, by fp_acl_lookup()
 * @entry: the entries; @entry[i] has line i + 1
 */
struct fp_acl_list {
	refcount_t refs;
	u32 n;
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

struct fp_inspect_obj {
	struct fp_object o;
	u8 type;			/* enum fedpat_inspect_type */
	bool keep_software;
	bool allow_media;
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
};

struct fp_peer_obj {
	struct fp_object o;
	const char *federation;
	u8 role;			/* FEDPAT_ROLE_INSIDE or _OUTSIDE */
	u8 transport;			/* enum fedpat_transport */
	u8 eku;				/* enum fedpat_eku */
	u8 tls_profile;			/* enum fedpat_tls_profile */
	u16 port;			/* 0 was replaced by the default */
	struct fp_names subjects;
	struct fp_names domains;
	const char *host;
	const struct fp_addr *addrs;
	u32 n_addrs;
	const char *trustpoint;
};

struct fp_node_obj {
	struct fp_object o;
	const char *federation;
	struct fp_endpoint listener;
	u8 transport;			/* enum fedpat_transport */
	bool routing;
	struct fp_names subjects;
};

struct fp_domain_obj {
	struct fp_object o;		/* name: example.net, or *.example.net for all below */
	const char *federation;
	const char *peer;		/* "" where it is blocked */
	bool blocked;
};

/* Limits of the namespace; no object, for there is one only. */
struct fp_settings {
	u64 memory_cap;
	u64 acl_memory_cap;
	u32 max_legs;
	bool strict_inside;
	bool strict_inside_set;
};

struct fp_object *fp_object_get(struct fp_object *obj);
void fp_object_put(struct fp_object *obj);
const char *fp_kind_name(enum fp_kind kind);

#endif /* _FP_OBJECT_H */
