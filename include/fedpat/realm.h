/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A realm: what the SIP code must know of one federation, compiled and
 * read-only. The kernel builds one at commit from a `federation` object,
 * publishes it under RCU and frees it after a grace period; fedctl and the
 * tests build one from options.
 *
 * One allocation holds all of it. Every lookup is by hash: none grows with the
 * number of rows, names or domains; prefixes are tried by length, at most one
 * probe for each length in use.
 */
#ifndef _FEDPAT_REALM_H
#define _FEDPAT_REALM_H

#include <linux/errno.h>
#include <fedpat/seal.h>
#include <fedpat/types.h>

/**
 * struct fp_mem - where realms and name sets come from
 * @alloc: memory of any size, need not be zeroed; NULL when there is none
 * @free: gives it back
 * @ctx: first argument of both; lives as long as what was built
 */
struct fp_mem {
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *p);
	void *ctx;
};

/* Transports of a leg, a listener or a row. 0 means unknown. */
enum fp_tp {
	FP_TP_NONE,
	FP_TP_UDP,
	FP_TP_TCP,
	FP_TP_TLS,
	__FP_TP_COUNT
};

/* Which side of the gateway something is on. */
enum fp_side {
	FP_INSIDE	= 1,
	FP_OUTSIDE	= 2,
};

/*
 * Set of names.
 *
 * An entry is a host or domain name ("example.net": exactly this one) or a
 * wildcard ("*.example.net": every name below it, at any depth, not itself).
 * Case and one trailing dot do not count.
 */
struct fp_nameset;

int fp_nameset_build(const struct fp_mem *mem, const struct fp_slice *names,
		     u32 n, struct fp_nameset **out);
void fp_nameset_free(struct fp_nameset *set);
bool fp_nameset_has(const struct fp_nameset *set, struct fp_slice name);
u32 fp_nameset_count(const struct fp_nameset *set);

/**
 * struct fp_realm_prefix - addresses that belong to the inside
 * @addr: prefix; bits beyond @len are ignored
 * @len: bits that count
 */
struct fp_realm_prefix {
	struct fp_addr addr;
	u8 len;
};

/**
 * struct fp_realm_host - a host name that must not be seen outside
 * @name: the name, or ".corp.example.com" for everything below (and itself)
 * @addr: its address, which finds its static-PAT rows; family 0 for none
 */
struct fp_realm_host {
	struct fp_slice name;
	struct fp_addr addr;
};

/**
 * struct fp_realm_row - one static-PAT row: public endpoint to node endpoint
 * @proto: IPPROTO_TCP (6) or IPPROTO_UDP (17)
 * @node_tp: enum fp_tp that the node speaks on @node; FP_TP_NONE: as @proto
 *	says, and TLS where the port is 5061 or 5062
 * @pub: what partners dial
 * @node: what listens behind it
 *
 * Order counts: the first row of a node is its main one (where a name or an
 * address without port goes), the first row of all is the realm's main one.
 */
struct fp_realm_row {
	u8 proto;
	u8 node_tp;
	struct fp_endpoint pub;
	struct fp_endpoint node;
};

/* In whose place the gateway stands. */
enum fp_place {
	FP_PLACE_ASA,
	FP_PLACE_EXPRESSWAY,
};

enum fp_rr_mode {
	FP_RR_AUTO,	/* by place: none for the ASA's, double for Expressway's */
	FP_RR_NONE,
	FP_RR_DOUBLE,	/* RFC 5658 */
};

#define FP_REALM_MASK_UA	0x0001	/* User-Agent, Server of inside become "masked" */
#define FP_REALM_ALLOW_MEDIA	0x0002	/* offers of audio, video ... pass */
#define FP_REALM_STANDARD	0x0004	/* from outside no request of Microsoft's dialect passes */
#define FP_REALM_MICROSOFT	0x0008	/* and here no other */

#define FP_REALM_MAX_ADDRS	4

/**
 * struct fp_realm_key - a token key of the policy
 * @version: 1 to 255, unique in the realm
 * @master: the key
 */
struct fp_realm_key {
	u8 version;
	u8 master[FP_SEAL_MASTER];
};

/**
 * struct fp_realm_conf - all that fp_realm_build() needs; it copies what it keeps
 * @name: name of the federation; tokens are bound to it
 * @fqdn: public name, the one that the certificate proves; may be empty
 * @addrs: public addresses, the preferred one first
 * @n_addrs: how many, at most FP_REALM_MAX_ADDRS
 * @place: enum fp_place
 * @rr: enum fp_rr_mode
 * @max_forwards: given to a request that has none; 0 means 70
 * @flags: FP_REALM_*
 * @domains: SIP domains that are ours (name set syntax)
 * @n_domains: how many
 * @prefixes: inside addresses
 * @n_prefixes: how many
 * @hosts: inside names
 * @n_hosts: how many
 * @self: addresses and names by which the inside knows the gateway
 * @n_self: how many
 * @rows: static PAT
 * @n_rows: how many
 * @keys: newest first
 * @n_keys: 1 or 2 where messages cross the gateway over streams
 */
struct fp_realm_conf {
	struct fp_slice name;
	struct fp_slice fqdn;
	struct fp_addr addrs[FP_REALM_MAX_ADDRS];
	u8 n_addrs;
	u8 place;
	u8 rr;
	u8 max_forwards;
	u32 flags;
	const struct fp_slice *domains;
	u32 n_domains;
	const struct fp_realm_prefix *prefixes;
	u32 n_prefixes;
	const struct fp_realm_host *hosts;
	u32 n_hosts;
	const struct fp_slice *self;
	u32 n_self;
	const struct fp_realm_row *rows;
	u32 n_rows;
	const struct fp_realm_key *keys;
	u32 n_keys;
};

/* The field of struct fp_realm_conf that an error is about. */
enum fp_realm_field {
	FP_REALM_F_NONE,
	FP_REALM_F_NAME,
	FP_REALM_F_FQDN,
	FP_REALM_F_ADDRS,
	FP_REALM_F_PLACE,
	FP_REALM_F_RR,
	FP_REALM_F_DOMAINS,
	FP_REALM_F_PREFIXES,
	FP_REALM_F_HOSTS,
	FP_REALM_F_SELF,
	FP_REALM_F_ROWS,
	FP_REALM_F_KEYS,
};

/**
 * struct fp_realm_error - why a realm was refused
 * @field: the field
 * @index: the entry in it
 * @text: what is wrong and what to do; static
 */
struct fp_realm_error {
	enum fp_realm_field field;
	u32 index;
	const char *text;
};

struct fp_realm;

int fp_realm_build(const struct fp_mem *mem, const struct fp_realm_conf *conf,
		   struct fp_realm **out, struct fp_realm_error *err);
void fp_realm_free(struct fp_realm *realm);
size_t fp_realm_size(const struct fp_realm *realm);

struct fp_slice fp_realm_name(const struct fp_realm *realm);
struct fp_slice fp_realm_fqdn(const struct fp_realm *realm);
u32 fp_realm_flags(const struct fp_realm *realm);
u32 fp_realm_rows(const struct fp_realm *realm);
const struct fp_realm_row *fp_realm_row(const struct fp_realm *realm, s32 row);

/* Row lookups: index of the row, or -1. proto 0: TCP, then UDP. */
s32 fp_realm_by_public(const struct fp_realm *realm, u8 proto,
		       const struct fp_endpoint *pub);
s32 fp_realm_by_node(const struct fp_realm *realm, u8 proto,
		     const struct fp_endpoint *node);
s32 fp_realm_main_row(const struct fp_realm *realm, u8 proto,
		      const struct fp_addr *node);

bool fp_realm_addr_inside(const struct fp_realm *realm, const struct fp_addr *a);
bool fp_realm_addr_public(const struct fp_realm *realm, const struct fp_addr *a);
bool fp_realm_host_public(const struct fp_realm *realm, struct fp_slice host);
bool fp_realm_host_self(const struct fp_realm *realm, struct fp_slice host);
bool fp_realm_domain_ours(const struct fp_realm *realm, struct fp_slice domain);

static inline u8 fp_tp_proto(u8 tp)
{
	return tp == FP_TP_UDP ? 17 : 6;
}

#endif /* _FEDPAT_REALM_H */
