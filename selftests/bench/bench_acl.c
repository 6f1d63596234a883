// SPDX-License-Identifier: GPL-2.0
/*
 * How long a lookup, how long a compilation, how much memory: the classifier at
 * native speed, beside the linear model. The lists are those of acl_gen.h.
 *
 *   bench_acl [-k KIND] [-n ENTRIES] [-6 PERCENT] [-s SEED] [-m MIB] [-a] [-p | -c COUNT]
 *
 * Without -n: 10, 1,000 and 100,000 entries. -a takes of the list what overlaps
 * nothing before it, all of it permitted and with ports: what a set of nft can hold.
 * -p prints the list instead, one entry a line, so that a rival can be given the same
 * one; -c prints connections that it permits, see packets.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "acl_gen.h"

#define KEYS		65536
#define ROUNDS		41

struct options {
	enum acl_kind kind;
	u32 n, v6, seed, connections;
	size_t bytes;
	bool print, apart;
};

#define WIDE		65536

/* Entries by the first half of their source; 0 ends, entry i is i + 1. */
struct sources {
	u32 first[WIDE + 1];
	u32 *next;
};

static void *bench_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void bench_free(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static const struct fp_acl_mem bench_mem = {
	.alloc = bench_alloc,
	.free = bench_free,
};

static double clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void print_prefix(const struct fp_addr *a, u32 len)
{
	char text[INET6_ADDRSTRLEN];

	if (!a->family) {
		printf(" any");
		return;
	}
	inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, text, sizeof(text));
	printf(" %s/%u", text, len);
}

static void print_list(const struct fp_ace *aces, u32 n)
{
	const struct fp_ace *a;
	u32 i;

	printf("# line action family proto source from-ports destination to-ports\n");
	for (i = 0; i < n; i++) {
		a = &aces[i];
		printf("%u %s %u %d", a->line, a->action ? "permit" : "deny",
		       a->family,
		       a->proto == FP_ACL_PROTO_ANY ? -1 : (int)a->proto);
		print_prefix(&a->src, a->src_len);
		printf(" %u-%u", a->sport.lo, a->sport.hi);
		print_prefix(&a->dst, a->dst_len);
		printf(" %u-%u\n", a->dport.lo, a->dport.hi);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of many short rounds, in time of this process alone. */
static double time_lookup(const struct fp_acl_compiled *acl,
			  const struct fp_acl_key *keys, u32 *hits)
{
	double t, ns[ROUNDS];
	u32 i, k, n = 0;

	for (k = 0; k < ROUNDS; k++) {
		t = cpu_ns();
		for (i = 0; i < KEYS; i++)
			n += fp_acl_lookup(acl, &keys[i]) >= 0;
		ns[k] = (cpu_ns() - t) / KEYS;
	}
	*hits = n / ROUNDS;
	qsort(ns, ROUNDS, sizeof(*ns), by_value);
	return ns[ROUNDS / 2];
}

static double time_linear(const struct fp_ace *aces, u32 n,
			  const struct fp_acl_key *keys)
{
	u32 count = 40000000 / (n + 100), i;
	double t = cpu_ns();
	volatile int sink;

	for (i = 0; i < count; i++)
		sink = fp_acl_lookup_linear(aces, n, &keys[i % KEYS]);
	(void)sink;
	return (cpu_ns() - t) / count;
}

/* The best of three, in time of this process alone. */
static double time_compile(const struct fp_ace *aces, u32 n,
			   const struct fp_acl_limits *limits,
			   struct fp_acl_compiled **acl,
			   struct fp_acl_error *err)
{
	double best = 0, t;
	u32 i;

	for (i = 0; i < 3; i++) {
		t = cpu_ns();
		if (i)
			fp_acl_free(*acl);
		if (fp_acl_compile(aces, n, &bench_mem, limits, acl, err))
			return cpu_ns() - t;
		t = cpu_ns() - t;
		if (!i || t < best)
			best = t;
	}
	return best;
}

/* --- lists in which nothing overlaps -------------------------------------------- */

static bool ranges_meet(const struct fp_port_range *a, const struct fp_port_range *b)
{
	return a->lo <= b->hi && b->lo <= a->hi;
}

static u32 addr_lo(const struct fp_addr *a)
{
	return (u32)a->b[0] << 24 | a->b[1] << 16 | a->b[2] << 8 | a->b[3];
}

static u32 addr_hi(const struct fp_addr *a, u32 len)
{
	return addr_lo(a) | (u32)(0xffffffffull >> len);
}

static bool entries_meet(const struct fp_ace *a, const struct fp_ace *b)
{
	if (addr_lo(&a->dst) > addr_hi(&b->dst, b->dst_len) ||
	    addr_lo(&b->dst) > addr_hi(&a->dst, a->dst_len))
		return false;
	if (a->proto != b->proto && a->proto != FP_ACL_PROTO_ANY &&
	    b->proto != FP_ACL_PROTO_ANY)
		return false;
	return ranges_meet(&a->sport, &b->sport) && ranges_meet(&a->dport, &b->dport);
}

static bool meets_any(const struct fp_ace *aces, const struct sources *s, u32 bucket,
		      const struct fp_ace *a)
{
	u32 lo = addr_lo(&a->src), hi = addr_hi(&a->src, a->src_len), i;

	for (i = s->first[bucket]; i; i = s->next[i]) {
		if (addr_lo(&aces[i - 1].src) <= hi &&
		    lo <= addr_hi(&aces[i - 1].src, aces[i - 1].src_len) &&
		    entries_meet(&aces[i - 1], a))
			return true;
	}
	return false;
}

static u32 bucket_of(const struct fp_ace *a)
{
	return a->src_len < 16 ? WIDE : addr_lo(&a->src) >> 16;
}

static bool is_apart(const struct fp_ace *aces, const struct sources *s,
		     const struct fp_ace *a)
{
	u32 bucket = bucket_of(a), i;

	if (meets_any(aces, s, WIDE, a))
		return false;
	if (bucket != WIDE)
		return !meets_any(aces, s, bucket, a);
	for (i = 0; i < WIDE; i++) {
		if (meets_any(aces, s, i, a))
			return false;
	}
	return true;
}

/* Of @from entries at @aces, the first @n that overlap none before them. */
static u32 keep_apart(struct fp_ace *aces, u32 from, u32 n, struct sources *s)
{
	u32 i, bucket, kept = 0;

	for (i = 0; i < from && kept < n; i++) {
		if (aces[i].proto != 6 && aces[i].proto != 17)
			continue;
		if (!is_apart(aces, s, &aces[i]))
			continue;
		aces[kept] = aces[i];
		aces[kept].action = FP_ACE_PERMIT;
		bucket = bucket_of(&aces[i]);
		kept++;
		aces[kept - 1].line = 10 * kept;
		s->next[kept] = s->first[bucket];
		s->first[bucket] = kept;
	}
	return kept;
}

/* The list that was asked for: @n entries, or fewer where they are kept apart. */
static struct fp_ace *make_list(const struct options *o, u32 *n)
{
	u32 from = o->apart ? 2 * *n : *n;
	struct fp_ace *aces = calloc(from + 1, sizeof(*aces));
	struct sources *s = calloc(1, sizeof(*s));
	u32 *next = calloc(from + 1, sizeof(*next));

	if (aces && s && next) {
		s->next = next;
		acl_gen(aces, from, o->kind, o->apart ? 0 : o->v6, o->seed);
		if (o->apart)
			*n = keep_apart(aces, from, *n, s);
	} else {
		free(aces);
		aces = NULL;
	}
	free(next);
	free(s);
	return aces;
}

/* --- measuring -------------------------------------------------------------------- */

static int bench(const struct options *o, u32 n)
{
	struct fp_ace *aces = make_list(o, &n);
	struct fp_acl_key *keys = calloc(KEYS, sizeof(*keys));
	struct fp_acl_limits limits = { .max_bytes = o->bytes };
	struct acl_rng r = { o->seed + 1 };
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	struct fp_acl_stats st;
	double t, look, line;
	u32 i, hits;
	int ret = 1;

	if (!aces || !keys)
		goto out;
	ret = 0;
	for (i = 0; i < KEYS; i++)
		acl_gen_key(aces, n, &r, &keys[i]);
	t = time_compile(aces, n, &limits, &acl, &err);
	if (!acl) {
		printf("%-9s %7u  refused at entry %u after %.1f ms: %s\n",
		       acl_kind_names[o->kind], n, err.index, t / 1e6, err.text);
		goto out;
	}
	fp_acl_stats(acl, &st);
	look = time_lookup(acl, keys, &hits);
	line = time_linear(aces, n, keys);
	printf("%-9s %7u %8.1f ms %7.1f %9.1f ns %11.1f ns %5u %5u %6.2f %6.2f %5.1f\n",
	       acl_kind_names[o->kind], n, t / 1e6, n ? (double)st.bytes / n : 0.0,
	       look, line, st.trees, st.depth, n ? (double)st.refs / n : 0.0,
	       n ? (double)st.nodes / n : 0.0, 100.0 * hits / KEYS);
	fp_acl_free(acl);
out:
	free(keys);
	free(aces);
	return ret;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: bench_acl [-k KIND] [-n ENTRIES] [-6 PERCENT] [-s SEED] [-m MIB] [-a] [-p | -c COUNT]\n");
	exit(2);
}

static enum acl_kind kind_of(const char *name)
{
	u32 k;

	for (k = 0; k < ACL_KINDS; k++) {
		if (!strcmp(name, acl_kind_names[k]))
			return k;
	}
	usage();
	return ACL_MIXED;
}

static u32 number(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 0);

	if (*end || !*text || v > FP_ACL_MAX_ENTRIES)
		usage();
	return v;
}

static int print_only(const struct options *o)
{
	u32 n = o->n;
	struct fp_ace *aces = make_list(o, &n);

	if (!aces)
		return 1;
	print_list(aces, n);
	free(aces);
	return 0;
}

/* Neither multicast nor loopback nor nowhere: somebody could send from there. */
static bool is_unicast(const struct fp_addr *a)
{
	if (a->family == 4)
		return a->b[0] && a->b[0] != 127 && a->b[0] < 224;
	return a->b[0] >> 4 == 2;
}

static bool permits(const struct fp_acl_compiled *acl, const struct fp_ace *aces,
		    const struct fp_acl_key *key)
{
	int i;

	if (key->proto != 6 || key->flags || !key->sport || !key->dport ||
	    !is_unicast(&key->src) || !is_unicast(&key->dst))
		return false;
	i = fp_acl_lookup(acl, key);
	return i >= 0 && aces[i].action == FP_ACE_PERMIT;
}

static void print_key(const struct fp_acl_key *key)
{
	int family = key->src.family == 4 ? AF_INET : AF_INET6;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	printf("%u %s %u %s %u\n", key->proto,
	       inet_ntop(family, key->src.b, src, sizeof(src)), key->sport,
	       inet_ntop(family, key->dst.b, dst, sizeof(dst)), key->dport);
}

static int print_connections(const struct options *o)
{
	struct acl_rng r = { o->seed + 2 };
	struct fp_acl_compiled *acl;
	struct fp_acl_error err;
	struct fp_acl_key key;
	struct fp_ace *aces;
	u32 n = o->n, left = o->connections;

	aces = make_list(o, &n);
	if (!aces || fp_acl_compile(aces, n, &bench_mem, NULL, &acl, &err)) {
		free(aces);
		return 1;
	}
	while (left) {
		acl_gen_key(aces, n, &r, &key);
		if (!permits(acl, aces, &key))
			continue;
		print_key(&key);
		left--;
	}
	fp_acl_free(acl);
	free(aces);
	return 0;
}

static bool option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'k':
		o->kind = kind_of(arg);
		return true;
	case 'n':
		o->n = number(arg);
		return true;
	case '6':
		o->v6 = number(arg);
		return true;
	case 's':
		o->seed = number(arg);
		return true;
	case 'm':
		o->bytes = (size_t)number(arg) << 20;
		return true;
	case 'a':
		o->apart = true;
		return true;
	case 'c':
		o->connections = number(arg);
		return true;
	case 'p':
		o->print = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const u32 sizes[] = { 10, 1000, 100000 };
	struct options o = { .v6 = 20, .seed = 1 };
	u32 i;
	int c;

	while ((c = getopt(argc, argv, "k:n:6:s:m:ac:p")) != -1) {
		if (!option(&o, c, optarg))
			usage();
	}
	if (o.print)
		return print_only(&o);
	if (o.connections)
		return print_connections(&o);
	printf("%-9s %7s %11s %7s %12s %14s %5s %5s %6s %6s %5s\n", "list",
	       "entries", "compile", "B/entry", "lookup", "linear", "trees",
	       "depth", "refs/e", "node/e", "hit%");
	if (o.n)
		return bench(&o, o.n);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (bench(&o, sizes[i]))
			return 1;
	}
	return 0;
}
