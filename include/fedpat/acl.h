/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access lists: what an entry means, and the classifier that finds the first
 * one that matches without looking at the others.
 *
 * Meaning of an entry (ACE)
 *   First match wins; the order is that of the array. An inactive entry never
 *   matches. No match is the caller's business (the implicit deny, where the
 *   list is bound).
 *
 * Packets without ports (FP_ACL_KEY_NO_PORTS)
 *   A fragment that is not the first one, or a packet cut before its ports,
 *   shows no port. An entry that asks for ports (or for an ICMP type or code)
 *   - and permits: does not match it, for nobody knows that it is permitted;
 *   - and denies: does match it (addresses and protocol agreeing), for it may
 *     belong to what is denied. Fragmenting is thus no way around a deny.
 *   Entries that ask for no port match by addresses and protocol as always.
 *   The protocol is always known to the classifier: a packet whose upper
 *   protocol cannot be found must be dropped before it gets here.
 */
#ifndef _FEDPAT_ACL_H
#define _FEDPAT_ACL_H

#include <linux/errno.h>
#include <fedpat/types.h>

/* "ip" of an access list: every protocol, those without ports included. */
#define FP_ACL_PROTO_ANY	256

/* Most entries of one list that any limit allows. */
#define FP_ACL_MAX_ENTRIES	(1u << 20)

/* Bytes of a compiled list when the caller sets no limit of its own. */
#define FP_ACL_DEFAULT_BYTES	(256u << 20)

enum fp_ace_action {
	FP_ACE_DENY,
	FP_ACE_PERMIT,
};

#define FP_ACE_INACTIVE		0x01	/* kept in the list, matches nothing */
#define FP_ACE_LOG		0x02	/* for the caller; no part in matching */

/**
 * struct fp_port_range - ports from @lo to @hi, both included, host order
 * @lo: first port
 * @hi: last port; 0 to 65535 means "any", also for a packet without ports
 */
struct fp_port_range {
	u16 lo;
	u16 hi;
};

/**
 * struct fp_ace - one entry of an access list; start from fp_ace_init()
 * @line: line number; must not fall from one entry to the next, not matched
 * @user: opaque to the classifier (index of counters, handle ...)
 * @src: source prefix, bits beyond @src_len zero; family 0 is "any"
 * @dst: destination prefix, likewise
 * @src_len: bits of @src that count
 * @dst_len: bits of @dst that count
 * @family: 4, 6, or 0 for both (then no address may be given)
 * @action: enum fp_ace_action
 * @proto: protocol number, or FP_ACL_PROTO_ANY
 * @sport: source ports; ICMP and ICMPv6: the type (0 to 255, or any)
 * @dport: destination ports; ICMP and ICMPv6: the code (0 to 255, or any)
 * @flags: FP_ACE_INACTIVE, FP_ACE_LOG
 *
 * Ports may be given for TCP, UDP, DCCP, SCTP, UDP-Lite, ICMP and ICMPv6.
 */
struct fp_ace {
	u32 line;
	u32 user;
	struct fp_addr src;
	struct fp_addr dst;
	u8 src_len;
	u8 dst_len;
	u8 family;
	u8 action;
	u16 proto;
	struct fp_port_range sport;
	struct fp_port_range dport;
	u16 flags;
};

/* The ports (ICMP: type and code) of the packet are not known. */
#define FP_ACL_KEY_NO_PORTS	0x01

/**
 * struct fp_acl_key - what a packet shows to the classifier
 * @src: source address; its family is the packet's
 * @dst: destination address, of the same family
 * @proto: upper protocol
 * @flags: FP_ACL_KEY_NO_PORTS
 * @sport: source port, host order; ICMP: type; not looked at without ports
 * @dport: destination port, host order; ICMP: code
 */
struct fp_acl_key {
	struct fp_addr src;
	struct fp_addr dst;
	u8 proto;
	u8 flags;
	u16 sport;
	u16 dport;
};

/**
 * struct fp_acl_mem - what fp_acl_compile() lives on; all may sleep
 * @alloc: memory of any size, need not be zeroed; NULL when there is none
 * @free: gives it back; called with NULL too
 * @relax: called often while compiling, never by a lookup; cond_resched() goes
 *	here. Not 0 ends the compilation with that error. May be NULL.
 * @ctx: first argument of the three
 *
 * fp_acl_free() calls @free with @ctx: both must live as long as the list.
 */
struct fp_acl_mem {
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *p);
	int (*relax)(void *ctx);
	void *ctx;
};

/**
 * struct fp_acl_limits - what a compiled list may cost
 * @max_bytes: size of the compiled object, 0 for FP_ACL_DEFAULT_BYTES
 * @max_entries: entries, 0 for FP_ACL_MAX_ENTRIES (which is the most)
 */
struct fp_acl_limits {
	size_t max_bytes;
	u32 max_entries;
};

/* The field of an entry that an error is about. */
enum fp_acl_field {
	FP_ACL_F_NONE,
	FP_ACL_F_LINE,
	FP_ACL_F_FAMILY,
	FP_ACL_F_ACTION,
	FP_ACL_F_PROTO,
	FP_ACL_F_SRC,
	FP_ACL_F_DST,
	FP_ACL_F_SPORT,
	FP_ACL_F_DPORT,
	FP_ACL_F_FLAGS,
};

#define FP_ACL_NO_INDEX		0xffffffffu

/**
 * struct fp_acl_error - why a list was refused
 * @index: the entry, or FP_ACL_NO_INDEX where it is about none
 * @field: its field
 * @text: what is wrong and what to do; static
 */
struct fp_acl_error {
	u32 index;
	enum fp_acl_field field;
	const char *text;
};

/**
 * struct fp_acl_stats - shape of a compiled list, for people and tests
 * @bytes: size of the object
 * @trees: trees that a lookup of the worse family walks, worst case
 * @depth: nodes on the longest way through one tree
 * @nodes: nodes of all trees, 64 bytes each
 * @refs: entries in all leaves, copies included
 * @rules: packed entries
 */
struct fp_acl_stats {
	size_t bytes;
	u32 trees;
	u32 depth;
	u32 nodes;
	u32 refs;
	u32 rules;
};

struct fp_acl_compiled;

void fp_ace_init(struct fp_ace *ace);
int fp_acl_check(const struct fp_ace *ace, struct fp_acl_error *err);
int fp_acl_compile(const struct fp_ace *aces, u32 n,
		   const struct fp_acl_mem *mem,
		   const struct fp_acl_limits *limits,
		   struct fp_acl_compiled **out, struct fp_acl_error *err);
int fp_acl_lookup(const struct fp_acl_compiled *acl,
		  const struct fp_acl_key *key);
int fp_acl_lookup_linear(const struct fp_ace *aces, u32 n,
			 const struct fp_acl_key *key);
void fp_acl_free(struct fp_acl_compiled *acl);
size_t fp_acl_size(const struct fp_acl_compiled *acl);
void fp_acl_stats(const struct fp_acl_compiled *acl, struct fp_acl_stats *st);

#ifdef FEDPAT_SELFTEST
bool fp_acl_selftest(const struct fp_acl_mem *mem);
#endif

#endif /* _FEDPAT_ACL_H */
