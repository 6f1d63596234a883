// SPDX-License-Identifier: GPL-2.0
/* Steps of the commit: what can be seen only when all objects are there. */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/addrconf.h>
#include "build.h"
#include "netns.h"

/* --- trustpoints --- */

static void fp_check_identity(struct fp_build *b, const struct fp_object *obj, int attr,
			      const char *name)
{
	const struct fp_trustpoint_obj *tp;
	s32 i = fp_build_ref(b, obj, attr, FP_KIND_TRUSTPOINT, name);

	if (i < 0)
		return;
	tp = container_of(b->p->table[FP_KIND_TRUSTPOINT]->obj[i], struct fp_trustpoint_obj, o);
	if (!*tp->cert || !*tp->key)
		fp_fault(b->faults, fp_where(obj, attr), name,
			 "the trustpoint has no identity; give it a certificate and its key");
}

static void fp_check_proxy(struct fp_build *b, const struct fp_tls_proxy_obj *proxy)
{
	fp_check_identity(b, &proxy->o, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT,
			  proxy->server_trustpoint);
	fp_check_identity(b, &proxy->o, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT,
			  proxy->client_trustpoint);
	if (proxy->transport != FEDPAT_TRANSPORT_TLS)
		return;
	if (!*proxy->server_trustpoint)
		fp_fault(b->faults, fp_where(&proxy->o, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT),
			 NULL, "no server trustpoint: TLS shows its certificate to who dials in");
	if (!*proxy->client_trustpoint)
		fp_fault(b->faults, fp_where(&proxy->o, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT),
			 NULL, "no client trustpoint: TLS shows its certificate to who is dialled");
}

/**
 * fp_build_check_trustpoints() - does every tls-proxy have its identities?
 * @b: policy in the making
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or -EINTR.
 */
int fp_build_check_trustpoints(struct fp_build *b)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < fp_policy_count(b->p, FP_KIND_TLS_PROXY); i++) {
		fp_check_proxy(b, b->p->proxy[i].obj);
		err = fp_build_relax();
	}
	return err;
}

/* --- addresses of our own --- */

static bool fp_addr_is_local(struct net *net, const struct fp_addr *addr)
{
	struct in6_addr v6;
	bool found;
	__be32 v4;

	if (addr->family == 4) {
		memcpy(&v4, addr->b, sizeof(v4));
		rcu_read_lock();
		found = __ip_dev_find(net, v4, false);
		rcu_read_unlock();
		return found;
	}
	memcpy(&v6, addr->b, sizeof(v6));
	/* Also while it is tentative: it is ours in a moment. */
	return ipv6_chk_addr_and_flags(net, &v6, NULL, true, 0, 0);
}

static const struct fp_zone *fp_check_outside(const struct fp_build *b)
{
	u32 i;

	for (i = 0; i < fp_policy_count(b->p, FP_KIND_ZONE); i++)
		if (b->p->zone[i].obj->role == FEDPAT_ROLE_OUTSIDE)
			return &b->p->zone[i];
	return NULL;
}

/* An interface to name in advice: the zone's first, else the first outside one. */
static const char *fp_check_dev(const struct fp_build *b, const struct fp_zone *zone)
{
	if (!zone)
		zone = b->outside;
	if (!zone || !zone->obj->ifs.n)
		return "DEVICE";
	return (const char *)zone->obj->ifs.v[0].p;
}

static void fp_check_missing(struct fp_build *b, struct fp_where where,
			     const struct fp_addr *addr, const struct fp_zone *zone)
{
	const char *dev = fp_check_dev(b, zone);

	if (addr->family == 4)
		fp_fault_fmt(b->faults, where, NULL,
			     "no interface has this address; add it with: ip address add ADDRESS/32 dev DEVICE",
			     "no interface has the address %pI4; add it: ip address add %pI4/32 dev %s",
			     addr->b, addr->b, dev);
	else
		fp_fault_fmt(b->faults, where, NULL,
			     "no interface has this address; add it with: ip address add ADDRESS/128 dev DEVICE",
			     "no interface has the address %pI6c; add it: ip address add %pI6c/128 dev %s",
			     addr->b, addr->b, dev);
}

/* Many rules share an address: ask once, and complain at the first of them. */
static void fp_check_public(struct fp_build *b, struct fp_where where,
			    const struct fp_addr *addr, const struct fp_zone *zone)
{
	struct hlist_head *chain = fp_hash_chain(&b->p->public_hash, fp_addr_hash(addr, 0));
	struct fp_public *pub;

	if (!addr->family)
		return;
	hlist_for_each_entry(pub, chain, by_addr) {
		if (!fp_addr_eq(&pub->addr, addr) || pub->is_checked)
			continue;
		pub->is_checked = true;
		if (!fp_addr_is_local(b->fpn->net, addr))
			fp_check_missing(b, where, addr, zone);
	}
}

static void fp_check_federation(struct fp_build *b, const struct fp_federation_obj *fed)
{
	u32 i;

	for (i = 0; i < fed->n_pub; i++)
		fp_check_public(b, fp_where(&fed->o, FEDPAT_A_FEDERATION_PUBLIC_ADDR),
				&fed->pub[i], NULL);
	if (fed->inside.family && !fp_addr_is_local(b->fpn->net, &fed->inside))
		fp_check_missing(b, fp_where(&fed->o, FEDPAT_A_FEDERATION_INSIDE_ADDR),
				 &fed->inside, NULL);
}

static int fp_check_addresses(struct fp_build *b)
{
	struct fp_policy *p = b->p;
	int err = 0;
	u32 i;

	b->outside = fp_check_outside(b);
	for (i = 0; !err && i < fp_policy_count(p, FP_KIND_STATIC_PAT); i++) {
		fp_check_public(b, fp_where(&p->static_pat[i].obj->o, FEDPAT_A_STATIC_PAT_PUBLIC),
				&p->static_pat[i].obj->pub.addr, p->static_pat[i].zone);
		err = fp_build_relax();
	}
	for (i = 0; !err && i < p->n_pat; i++) {
		fp_check_public(b, fp_where(&p->pat[i].obj->o, FEDPAT_A_PAT_TO_ADDR),
				&p->pat[i].obj->to, p->pat[i].zone);
		err = fp_build_relax();
	}
	for (i = 0; !err && i < fp_policy_count(p, FP_KIND_FEDERATION); i++) {
		fp_check_federation(b, p->federation[i].obj);
		err = fp_build_relax();
	}
	return err;
}

/* --- ports --- */

/* A row of a federation whose partners never see its address cannot work. */
static void fp_check_row_federation(struct fp_build *b, const struct fp_static_pat *row)
{
	const struct fp_federation_obj *fed = row->federation ? row->federation->obj : NULL;
	u32 i;

	if (!fed || !fed->n_pub)
		return;
	for (i = 0; i < fed->n_pub; i++)
		if (fp_addr_eq(&fed->pub[i], &row->obj->pub.addr))
			return;
	fp_fault(b->faults, fp_where(&row->obj->o, FEDPAT_A_STATIC_PAT_PUBLIC), fed->o.name,
		 "the address is not one of the federation's public addresses; add it there, or use one of them");
}

static void fp_check_row_listener(struct fp_build *b, const struct fp_static_pat *row)
{
	const struct fp_proxy *proxy;

	if (row->obj->proto != IPPROTO_TCP)
		return;
	proxy = fp_proxy_by_port_rcu(b->p, row->obj->pub.port);
	if (proxy)
		fp_fault(b->faults, fp_where(&row->obj->o, FEDPAT_A_STATIC_PAT_PUBLIC),
			 proxy->obj->o.name,
			 "the tls-proxy listens on this port of every address of ours; give it another listener port");
}

static int fp_endpoint_cmp(const struct fp_addr *addr, u16 port, const struct fp_endpoint *ep)
{
	int cmp = memcmp(addr, &ep->addr, sizeof(*addr));

	return cmp ?: (int)port - ep->port;
}

static int fp_row_pub_cmp(const void *a, const void *b)
{
	const struct fp_static_pat *one = *(const struct fp_static_pat * const *)a;
	const struct fp_static_pat *two = *(const struct fp_static_pat * const *)b;

	return fp_endpoint_cmp(&one->obj->pub.addr, one->obj->pub.port, &two->obj->pub);
}

/*
 * A translated flow and a static row must not share a public port: a partner's
 * first packet would be taken for an answer. Where the rule gives no range the
 * packet plane leaves such ports out by itself. The first row is named for all:
 * many rules may hold many rows each.
 */
static void fp_check_pat_ports(struct fp_build *b, const struct fp_pat_obj *pat)
{
	u32 lo = 0, hi = b->n_row, mid;
	const struct fp_static_pat_obj *row;

	if (!pat->to.family || !pat->ports_given)
		return;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (fp_endpoint_cmp(&pat->to, pat->port_lo, &b->row[mid]->obj->pub) > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == b->n_row)
		return;
	row = b->row[lo]->obj;
	if (!fp_addr_eq(&row->pub.addr, &pat->to) || row->pub.port > pat->port_hi)
		return;
	fp_fault_fmt(b->faults, fp_where(&pat->o, FEDPAT_A_PAT_PORT_LO), row->o.name,
		     "the range holds the public port of a row of static PAT; choose a range without it, or none",
		     "the range holds port %u of static-pat %s; choose a range without it, or none",
		     row->pub.port, row->o.name);
}

/**
 * fp_build_check_ports() - do rules want the same port, or addresses we lack?
 * @b: policy in the making; the order of b->row is lost
 *
 * Context: holds fpn->config, may sleep.
 * Return: 0 or -EINTR.
 */
int fp_build_check_ports(struct fp_build *b)
{
	int err = fp_check_addresses(b);
	u32 i;

	sort(b->row, b->n_row, sizeof(*b->row), fp_row_pub_cmp, NULL);
	for (i = 0; !err && i < b->n_row; i++) {
		fp_check_row_federation(b, b->row[i]);
		fp_check_row_listener(b, b->row[i]);
		err = fp_build_relax();
	}
	for (i = 0; !err && i < b->p->n_pat; i++) {
		fp_check_pat_ports(b, b->p->pat[i].obj);
		err = fp_build_relax();
	}
	return err;
}
