/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy of a namespace: an immutable snapshot, published with one pointer.
 *
 * It has two halves. The tables hold the objects as they were configured,
 * sorted by name and shared with the generations before and after. The resolved
 * half is made at commit: names became pointers, rules are in the order in
 * which they are tried, and whatever a packet or a message asks for is found by
 * a hash. Pointers into the resolved half live as long as the policy: under
 * rcu_read_lock(), or while fp_policy_get() is held. The map from interfaces to
 * zones alone changes in place, see ifmap.h.
 */
#ifndef _FP_POLICY_H
#define _FP_POLICY_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <fedpat/realm.h>
#include "ifmap.h"
#include "object.h"

struct fp_net;
struct fp_peer_index;

/**
 * struct fp_table - objects of one kind
 * @refs: policies that have it; a kind that a commit does not touch keeps its
 * @n: how many
 * @n_aces: entries of all of them, where they are access lists
 * @bytes: octets of all of them, entries included
 * @obj: sorted by name
 */
struct fp_table {
	refcount_t refs;
	u32 n;
	u32 n_aces;
	u64 bytes;
	struct fp_object *obj[];
};

/**
 * struct fp_class_seg - class maps that are looked up at once
 * @first: first of them, in fp_class_lookup.class
 * @n: how many
 * @n_aces: entries of their lists
 * @owner: class map of each entry
 * @compiled: index of the first entry that matches; NULL: try one by one
 */
struct fp_class_seg {
	u32 first;
	u32 n;
	u32 n_aces;
	u32 *owner;
	struct fp_acl_compiled *compiled;
};

/**
 * struct fp_class_lookup - class maps of a zone, or of all
 * @refs: policies that have it
 * @n: class maps
 * @n_seg: segments
 * @class: index of each in fp_policy.class_map, in their order
 * @seg: the segments
 */
struct fp_class_lookup {
	refcount_t refs;
	u32 n;
	u32 n_seg;
	u32 *class;
	struct fp_class_seg *seg;
};

/**
 * struct fp_zone - a zone and its list
 * @obj: as configured
 * @acl: bound list, NULL for none (then everything that enters passes)
 * @index: from 0, unique in the policy
 * @pat: rules of PAT for packets that leave by it, in the order in which they
 *	are tried
 * @n_pat: how many
 * @pat_lookup: index of the first rule that takes a source; NULL without rules
 * @classes: class maps for packets that enter by it; NULL: those of every zone
 */
struct fp_zone {
	const struct fp_zone_obj *obj;
	const struct fp_acl_obj *acl;
	u32 index;
	const struct fp_pat *pat;
	u32 n_pat;
	struct fp_acl_compiled *pat_lookup;
	struct fp_class_lookup *classes;
};

/**
 * struct fp_realm_ref - a realm that several policies share
 * @refs: their federations
 * @realm: the realm
 */
struct fp_realm_ref {
	refcount_t refs;
	struct fp_realm *realm;
};

/**
 * struct fp_federation - a federation and all that belongs to it
 * @obj: as configured
 * @realm: what the SIP code is given; the same from one generation to the next
 *	when nothing of it changed
 * @inspect: inspect map of its legs; never NULL, the default where none is named
 * @routing: node that requests from outside get which name no node; NULL for none
 * @realm_ref: holds @realm
 * @open_peer: serves the domains that no object names; NULL for none
 */
struct fp_federation {
	const struct fp_federation_obj *obj;
	const struct fp_realm *realm;
	const struct fp_inspect_obj *inspect;
	const struct fp_node *routing;
	struct fp_realm_ref *realm_ref;
	const struct fp_peer *open_peer;
};

/**
 * struct fp_proxy - a tls-proxy, which is a listener of the daemon
 * @obj: as configured
 * @federation: that its connections belong to
 * @zone: of those who dial in
 * @by_port: in the hash of listener ports
 */
struct fp_proxy {
	const struct fp_tls_proxy_obj *obj;
	const struct fp_federation *federation;
	const struct fp_zone *zone;
	struct hlist_node by_port;
};

/**
 * struct fp_class_map - a class map
 * @obj: as configured
 * @zone: packets enter by it; NULL for every zone
 * @acl: entries that permit take the packet, all others do not
 * @inspect: never NULL; type NONE where none is named
 * @proxy: NULL where it is inspected in the packet plane
 */
struct fp_class_map {
	const struct fp_class_map_obj *obj;
	const struct fp_zone *zone;
	const struct fp_acl_obj *acl;
	const struct fp_inspect_obj *inspect;
	const struct fp_proxy *proxy;
};

/**
 * struct fp_pat - a rule of dynamic PAT
 * @obj: as configured
 * @zone: packets leave by it
 */
struct fp_pat {
	const struct fp_pat_obj *obj;
	const struct fp_zone *zone;
};

/**
 * struct fp_static_pat - a row of static PAT
 * @obj: as configured
 * @zone: packets enter by it
 * @federation: NULL where it serves none
 * @by_pub: in the hash of public endpoints
 * @by_node: in the hash of node endpoints
 */
struct fp_static_pat {
	const struct fp_static_pat_obj *obj;
	const struct fp_zone *zone;
	const struct fp_federation *federation;
	struct hlist_node by_pub;
	struct hlist_node by_node;
};

/**
 * struct fp_peer - a peer
 * @obj: as configured
 * @federation: its federation
 * @subjects: accepted TLS peer subjects, NULL for none
 * @domains: domains it may speak for, NULL for none
 */
struct fp_peer {
	const struct fp_peer_obj *obj;
	const struct fp_federation *federation;
	struct fp_nameset *subjects;
	struct fp_nameset *domains;
};

/**
 * struct fp_node - a node
 * @obj: as configured
 * @federation: its federation
 * @by_listener: in the hash of listeners
 */
struct fp_node {
	const struct fp_node_obj *obj;
	const struct fp_federation *federation;
	struct hlist_node by_listener;
};

/**
 * struct fp_domain - a federated domain
 * @obj: as configured
 * @federation: its federation
 * @peer: serves it; NULL where it is blocked
 * @key: the name, without "*." in front
 * @is_wild: all below @key, not @key itself
 * @by_name: in the hash of domains
 */
struct fp_domain {
	const struct fp_domain_obj *obj;
	const struct fp_federation *federation;
	const struct fp_peer *peer;
	struct fp_slice key;
	bool is_wild;
	struct hlist_node by_name;
};

/**
 * struct fp_hash - a hash table made once
 * @head: its chains
 * @bits: 2^bits chains
 */
struct fp_hash {
	struct hlist_head *head;
	u8 bits;
};

/**
 * struct fp_public - an address declared public
 * @addr: public address of static PAT, target of PAT, or of a federation
 * @is_checked: of the commit: known whether an interface has it
 * @by_addr: in the hash of public addresses
 */
struct fp_public {
	struct fp_addr addr;
	bool is_checked;
	struct hlist_node by_addr;
};

/* What a policy asks of the packet plane. */
#define FP_POLICY_ACL		0x01	/* a zone has a list */
#define FP_POLICY_PAT		0x02
#define FP_POLICY_STATIC_PAT	0x04
#define FP_POLICY_CLASS		0x08

/**
 * struct fp_policy - see the head of this file
 * @refs: one for being published, one for each fp_policy_get()
 * @free: frees it after a grace period, where sleeping is allowed
 * @generation: from 0, the empty policy of a new namespace
 * @flags: FP_POLICY_*
 * @n_aces: entries of all lists
 * @bytes: octets of all objects and entries
 * @acl_bytes: octets of compiled lists, and of the class maps of each zone
 * @settings: limits in force
 * @settings_set: limits as they were configured
 * @table: objects by kind
 * @ifmap: interface to zone
 * @zone: in the order of their table, as are @federation, @proxy, @peer, @node,
 *	@domain and @static_pat
 * @class_map: in the order in which they are tried
 * @classes: class maps of every zone, looked up at once
 * @pat: in the order in which they are tried
 * @peer_index: see peer_index.h
 * @public: addresses declared public
 * @n_public: how many
 * @n_pat: how many of @pat
 * @n_class_map: how many of @class_map
 */
struct fp_policy {
	refcount_t refs;
	struct rcu_work free;
	u32 generation;
	u32 flags;
	u32 n_aces;
	u64 bytes;
	u64 acl_bytes;
	struct fp_settings settings;
	struct fp_settings settings_set;
	struct fp_table *table[__FP_KIND_COUNT];
	struct fp_ifmap *ifmap;
	struct fp_zone *zone;
	struct fp_federation *federation;
	struct fp_proxy *proxy;
	struct fp_class_map *class_map;
	struct fp_class_lookup *classes;
	struct fp_pat *pat;
	struct fp_static_pat *static_pat;
	struct fp_peer *peer;
	struct fp_peer_index *peer_index;
	struct fp_node *node;
	struct fp_domain *domain;
	struct fp_public *public;
	u32 n_public;
	u32 n_pat;
	u32 n_class_map;
	struct fp_hash pub_hash;	/* struct fp_static_pat by (proto, public) */
	struct fp_hash node_hash;	/* struct fp_static_pat by (proto, node) */
	struct fp_hash listener_hash;	/* struct fp_node by listener */
	struct fp_hash port_hash;	/* struct fp_proxy by port */
	struct fp_hash domain_hash;	/* struct fp_domain by name */
	struct fp_hash public_hash;	/* struct fp_public by address */
};

/* The policy now. Never NULL: a new namespace has an empty one. */
struct fp_policy *fp_policy_rcu(struct fp_net *fpn);
/* For sleepers: a reference, given back with fp_policy_put(). */
struct fp_policy *fp_policy_get(struct fp_net *fpn);
void fp_policy_put(struct fp_policy *p);

static inline u32 fp_policy_count(const struct fp_policy *p, enum fp_kind kind)
{
	return p->table[kind] ? p->table[kind]->n : 0;
}

/*
 * Lookups. All of them want rcu_read_lock() or a reference to @p, and return
 * NULL when there is none.
 */

/* Zone of an interface; NULL: it belongs to none. */
const struct fp_zone *fp_zone_by_ifindex_rcu(const struct fp_policy *p, int ifindex);

/* By name. */
const struct fp_object *fp_object_find_rcu(const struct fp_policy *p,
					   enum fp_kind kind, const char *name);
const struct fp_zone *fp_zone_find_rcu(const struct fp_policy *p, const char *name);
const struct fp_federation *fp_federation_find_rcu(const struct fp_policy *p,
						   const char *name);
const struct fp_proxy *fp_proxy_find_rcu(const struct fp_policy *p, const char *name);
const struct fp_peer *fp_peer_find_rcu(const struct fp_policy *p, const char *name);
const struct fp_node *fp_node_find_rcu(const struct fp_policy *p, const char *name);

/* The row whose public, or node, endpoint this is. @proto: IPPROTO_TCP or _UDP. */
const struct fp_static_pat *
fp_static_pat_by_public_rcu(const struct fp_policy *p, u8 proto,
			    const struct fp_endpoint *pub);
/* Several rows may lead to one node endpoint: the one of lowest order. */
const struct fp_static_pat *
fp_static_pat_by_node_rcu(const struct fp_policy *p, u8 proto,
			  const struct fp_endpoint *node);

/* First rule of PAT for packets of @src that leave by @zone. */
const struct fp_pat *fp_pat_first_rcu(const struct fp_policy *p,
				      const struct fp_zone *zone,
				      const struct fp_addr *src);

/* Is it an address that the policy declares to be public? */
bool fp_addr_is_public_rcu(const struct fp_policy *p, const struct fp_addr *addr);

/* The tls-proxy whose listener has this local port. */
const struct fp_proxy *fp_proxy_by_port_rcu(const struct fp_policy *p, u16 port);

/* The node of the federation that listens there; transport ANY of the node fits all. */
const struct fp_node *fp_node_by_listener_rcu(const struct fp_policy *p,
					      const struct fp_federation *fed,
					      const struct fp_endpoint *ep);

/*
 * The federated domain: the exact name, else the nearest "*." above it. Case
 * and a trailing dot do not count.
 */
const struct fp_domain *fp_domain_find_rcu(const struct fp_policy *p,
					   struct fp_slice name);

/*
 * First class map that takes a packet that entered by @zone (NULL: an interface
 * of no zone).
 */
const struct fp_class_map *
fp_class_map_first_rcu(const struct fp_policy *p, const struct fp_zone *zone,
		       const struct fp_acl_key *key);

/* The entry that a packet meets; NULL: none, which is the implicit deny. */
struct fp_entry *fp_acl_match_rcu(const struct fp_acl_obj *acl,
				  const struct fp_acl_key *key);

#endif /* _FP_POLICY_H */
