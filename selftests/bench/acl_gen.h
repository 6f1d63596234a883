/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access lists made of a seed: the same seed, kind and size give the same list
 * everywhere. Used by the unit test, the benchmark and whoever needs a list.
 *
 * "mixed", the list of the benchmark, is drawn like this:
 *   family       IPv6 with the probability given (0 to 100 %)
 *   network      256 sites (an IPv4 /16, an IPv6 /32), drawn uniformly
 *   source,      50 % host, 25 % /24 (IPv6 /64), 15 % a length from /17 to /31
 *   destination  (/33 to /127) uniformly, 10 % any; not both any, except in
 *                16 entries of the list, which then have ports
 *   protocol     75 % tcp, 15 % udp, 5 % icmp, 5 % any
 *   to port      60 % one port (a third of them of 5060, 5061, 5062, 5269, 443),
 *                20 % a range of 2 to 4096 ports, 20 % any
 *   from port    90 % any, 8 % 1024-65535, 2 % a range of 2 to 4096 ports
 *   icmp         50 % echo (type 8, code any), else any
 *   action       85 % permit, 15 % deny
 *   last         deny any
 */
#ifndef _FEDPAT_ACL_GEN_H
#define _FEDPAT_ACL_GEN_H

#include <fedpat/acl.h>

enum acl_kind {
	ACL_MIXED,	/* see above */
	ACL_WIDE,	/* anything, boxes of every size in every dimension */
	ACL_NARROW,	/* hosts and single ports */
	ACL_NESTED,	/* prefixes and ranges within each other */
	ACL_STAGGER,	/* overlapping port ranges, each a bit further */
	ACL_DIAGONAL,	/* squares of ports along the diagonal */
	ACL_BARS,	/* bars of one dimension crossing those of another */
	ACL_LONG,	/* the same, bars not of full length */
	ACL_SLABS,	/* thin in one port, long in the other, wide in the source */
	ACL_STAIRS,	/* [0, x] by [0, y], the one growing as the other falls */
	ACL_CROSS,	/* ports: oblongs of one area and every proportion */
	ACL_ONION,	/* source /i, destination /j around one point */
	ACL_TINY,	/* everything within a handful of values: many ties */
	ACL_KINDS
};

extern const char *const acl_kind_names[ACL_KINDS];

struct acl_rng {
	u64 s;
};

u32 acl_rand(struct acl_rng *r);
u32 acl_below(struct acl_rng *r, u32 n);
void acl_gen(struct fp_ace *aces, u32 n, enum acl_kind kind, u32 v6, u32 seed);
void acl_gen_key(const struct fp_ace *aces, u32 n, struct acl_rng *r,
		 struct fp_acl_key *key);

#endif /* _FEDPAT_ACL_GEN_H */
