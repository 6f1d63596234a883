// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's lists and class maps do with a partner, read from the
 * policy entry by entry: C10, C12.
 */
#include <string.h>
#include <unistd.h>

#include "ace.h"
#include "fpnl.h"
#include "check_probe.h"
#include "text.h"

#define PROTO_TCP	6
#define PROTO_UDP	17

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static const struct fp_obj_acl *list_of(const struct fp_model *m, const char *name)
{
	return name ? (void *)fp_model_find(m, FP_K_ACL, name) : NULL;
}

static const struct fp_obj_ace *first(const struct fp_obj_acl *acl, u8 proto,
				      const struct fp_addr *src, const struct fp_endpoint *dst)
{
	struct fp_cidr c = fp_cidr_host(src);

	return fp_acl_first(acl, proto, &c, dst);
}

static bool permits(const struct fp_obj_acl *acl, u8 proto, const struct fp_addr *src,
		    const struct fp_endpoint *dst)
{
	const struct fp_obj_ace *ace = first(acl, proto, src, dst);

	return ace && ace->action == FEDPAT_ACTION_PERMIT;
}

/* The class map that takes a flow: the first by order whose list permits it. */
static const struct fp_obj_class_map *class_of(const struct fp_model *m, const char *zone,
					       u8 proto, const struct fp_addr *src,
					       const struct fp_endpoint *dst)
{
	const struct fp_obj_class_map *c, *best = NULL;
	const struct fp_obj_acl *acl;
	u32 i;

	fp_model_each(m, FP_K_CLASS_MAP, i, c) {
		acl = list_of(m, c->access_list);
		if (same(c->zone, zone) && acl && (!best || c->order < best->order) &&
		    permits(acl, proto, src, dst))
			best = c;
	}
	return best;
}

static void refused(struct fp_probe *p, const struct fp_obj_acl *acl, const char *zone,
		    const struct fp_addr *src, const struct fp_endpoint *dst, u8 proto,
		    struct fp_check_result *r)
{
	const struct fp_obj_ace *ace = first(acl, proto, src, dst);
	char a[FP_TXT_ADDR], b[FP_TXT_ENDPOINT], d[FP_TXT_ADDR];
	char line[32] = "the implicit deny";

	if (ace)
		snprintf(line, sizeof(line), "line %u", ace->line);
	fp_found(r, FP_CHECK_FAIL, NULL, "%s may not reach %s: access list %s of zone %s, %s",
		 fp_addr_str(src, a), fp_endpoint_str(dst, b), acl->o.name, zone, line);
	fp_mend(r,
		"add the address to the partner, or: fedctl acl add %s permit %s from %s to %s port %u",
		acl->o.name, proto == PROTO_UDP ? "udp" : "tcp", a, fp_addr_str(&dst->addr, d),
		dst->port);
	(void)p;
}

static void judge_addr(struct fp_probe *p, const struct fp_obj_zone *zone, u8 proto,
		       const struct fp_addr *src, const struct fp_endpoint *dst,
		       struct fp_check_result *r)
{
	const struct fp_obj_acl *acl = list_of(p->model, zone->access_list);
	const struct fp_obj_class_map *c;
	char a[FP_TXT_ADDR], b[FP_TXT_ENDPOINT];

	if (acl && !permits(acl, proto, src, dst)) {
		refused(p, acl, zone->o.name, src, dst, proto, r);
		return;
	}
	c = class_of(p->model, zone->o.name, proto, src, dst);
	if (!c)
		fp_found(r, FP_CHECK_FAIL,
			 "add the address to the access list of the partner's class map",
			 "no class map takes %s to %s: it would pass uninspected",
			 fp_addr_str(src, a), fp_endpoint_str(dst, b));
	else if (proto == PROTO_TCP && (!c->tls_proxy || !*c->tls_proxy))
		fp_found(r, FP_CHECK_FAIL, "set its tls-proxy",
			 "class map %s takes %s and has no tls-proxy", c->o.name,
			 fp_addr_str(src, a));
}

/* An address that no partner has; benchmark networks are nobody's (RFC 2544). */
static const struct fp_addr stranger4 = { .family = 4, .b = { 198, 19, 255, 254 } };
static const struct fp_addr stranger6 = { .family = 6, .b = { 0x20, 0x01, 0, 2, [15] = 0xfe } };

static void judge_stranger(struct fp_probe *p, const struct fp_obj_zone *zone, u8 proto,
			   const struct fp_endpoint *dst, struct fp_check_result *r)
{
	const struct fp_addr *src = dst->addr.family == 4 ? &stranger4 : &stranger6;
	const struct fp_obj_acl *acl = list_of(p->model, zone->access_list);
	char b[FP_TXT_ENDPOINT];

	fp_endpoint_str(dst, b);
	if (!acl)
		fp_found(r, FP_CHECK_WARN, "bind an access list to the zone",
			 "zone %s has no access list: anybody may reach %s", zone->o.name, b);
	else if (permits(acl, proto, src, dst))
		fp_found(r, FP_CHECK_WARN,
			 "permit only the partners' addresses, unless that is meant",
			 "access list %s lets anybody reach %s; only certificates protect it",
			 acl->o.name, b);
}

static u16 public_port(const struct fp_probe *p)
{
	return p->transport == FEDPAT_TRANSPORT_TLS ? 5061 : 5060;
}

/* What the list knows, and where the name leads today: it may have moved. */
static void judge_all(struct fp_probe *p, const struct fp_obj_zone *zone, u8 proto,
		      const struct fp_endpoint *dst, struct fp_check_result *r)
{
	u32 i, j;

	for (i = 0; i < p->peer->addr.n; i++)
		if (p->peer->addr.v[i].family == dst->addr.family)
			judge_addr(p, zone, proto, &p->peer->addr.v[i], dst, r);
	for (i = 0; i < p->n_addrs; i++) {
		for (j = 0; j < p->peer->addr.n; j++)
			if (fp_same_addr(&p->peer->addr.v[j], &p->addrs[i]))
				break;
		if (j == p->peer->addr.n && p->addrs[i].family == dst->addr.family)
			judge_addr(p, zone, proto, &p->addrs[i], dst, r);
	}
}

/* The addresses of an XMPP server reach every public port of ours. */
static void judge_xmpp(struct fp_probe *p, const struct fp_obj_zone *zone,
		       struct fp_check_result *r)
{
	const struct fp_obj_static_pat *row;
	u32 i, j;

	fp_model_each(p->model, FP_K_STATIC_PAT, i, row)
		for (j = 0; j < p->n_addrs; j++)
			if (same(row->federation, p->fed->o.name) &&
			    p->addrs[j].family == row->public.addr.family)
				judge_addr(p, zone, PROTO_TCP, &p->addrs[j], &row->public, r);
}

/* What nodes dial must meet a class map, or it passes uninspected. */
static void judge_xmpp_out(struct fp_probe *p, struct fp_check_result *r)
{
	const struct fp_obj_zone *zone = fp_zone_of_role(p->model, FEDPAT_ROLE_INSIDE);
	struct fp_endpoint dst = { .port = p->port };
	char a[FP_TXT_ADDR], b[FP_TXT_ENDPOINT];
	const struct fp_obj_node *node;
	u32 i, j;

	fp_model_each(p->model, FP_K_NODE, i, node)
		for (j = 0; zone && same(node->federation, p->fed->o.name) && j < p->n_addrs; j++) {
			dst.addr = p->addrs[j];
			if (class_of(p->model, zone->o.name, PROTO_TCP, &node->listener.addr, &dst))
				continue;
			fp_found(r, FP_CHECK_FAIL, NULL,
				 "no class map takes %s to %s: its streams would pass uninspected",
				 fp_addr_str(&node->listener.addr, a), fp_endpoint_str(&dst, b));
			fp_mend(r, "permit port %u in the access list of the nodes' class map",
				p->port);
		}
}

static void check_xmpp_lists(struct fp_probe *p, const struct fp_obj_zone *zone,
			     struct fp_check_result *r)
{
	if (!p->n_addrs) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no address of the partner is known");
		return;
	}
	judge_xmpp(p, zone, r);
	judge_xmpp_out(p, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL,
			 "its addresses reach our public ports, and our nodes it");
}

/* C10: the partner passes, and somebody else does not. */
void fp_check_c10(struct fp_probe *p, struct fp_check_result *r)
{
	u8 proto = p->transport == FEDPAT_TRANSPORT_UDP ? PROTO_UDP : PROTO_TCP;
	const struct fp_obj_zone *zone = fp_zone_of_role(p->model, p->role);
	struct fp_endpoint dst = { .port = public_port(p) };
	char b[FP_TXT_ENDPOINT];

	if (!zone || !p->fed->public_addr.n) {
		fp_found(r, FP_CHECK_SKIP, NULL, "%s",
			 zone ? "the federation has no public address" :
			 "no zone lies on the partner's side");
		return;
	}
	if (p->kind == FP_PROBE_XMPP) {
		check_xmpp_lists(p, zone, r);
		return;
	}
	if (!p->n_addrs && !p->peer->addr.n) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no address of the partner is known");
		return;
	}
	dst.addr = p->fed->public_addr.v[0];
	judge_all(p, zone, proto, &dst, r);
	judge_stranger(p, zone, proto, &dst, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "its addresses reach %s, others do not",
			 fp_endpoint_str(&dst, b));
}

/* --- C12 -------------------------------------------------------------------------- */

/* Hits of the outside class maps of a federation, asked anew. */
static int count_hits(struct fpnl *nl, const struct fp_probe *p, u64 *hits, u32 *maps)
{
	const struct fp_obj_zone *zone = fp_zone_of_role(p->model, p->role);
	const struct fp_obj_class_map *c;
	const struct fp_obj_tls_proxy *t;
	struct fp_obj *obj;
	u32 i;

	*hits = 0;
	*maps = 0;
	fp_model_each(p->model, FP_K_CLASS_MAP, i, c) {
		t = c->tls_proxy ? fp_find_tls_proxy(p->model, c->tls_proxy) : NULL;
		if (!zone || !same(c->zone, zone->o.name))
			continue;
		if (t ? !same(t->federation, p->fed->o.name) : !same(c->o.owner, p->fed->o.name))
			continue;
		if (fp_get(nl, FP_K_CLASS_MAP, c->o.name, &obj, NULL))
			return -1;
		*hits += ((struct fp_obj_class_map *)obj)->hits;
		++*maps;
		fp_obj_free(obj);
	}
	return 0;
}

/* Asked for alone, it waits for the partner's next connection. */
static u64 wait_for_hit(struct fpnl *nl, const struct fp_probe *p, u64 before)
{
	u64 deadline = fp_now_ms() + p->opts->timeout, hits = before;
	u32 maps;

	while (hits == before && fp_now_ms() < deadline) {
		usleep(100000);
		if (count_hits(nl, p, &hits, &maps))
			break;
	}
	return hits;
}

static void judge_hits(struct fpnl *nl, struct fp_probe *p, struct fp_check_result *r)
{
	u64 hits, now;
	u32 maps;

	if (count_hits(nl, p, &hits, &maps)) {
		fp_found(r, FP_CHECK_FAIL, "apply it: fedctl federation apply FILE",
			 "a class map of the partner is not in the kernel");
		return;
	}
	now = hits;
	if (maps && p->opts->only == FP_CHECK_BIT(12))
		now = wait_for_hit(nl, p, hits);
	if (!maps)
		fp_found(r, FP_CHECK_FAIL, "fedctl class-map show",
			 "no class map of the federation lies on the partner's side");
	else if (now != hits)
		fp_found(r, FP_CHECK_OK, NULL, "the counter moved: %llu connections",
			 (unsigned long long)now);
	else if (p->opts->only == FP_CHECK_BIT(12))
		fp_found(r, FP_CHECK_FAIL,
			 "let the partner send something meanwhile; look at fedctl counters",
			 "the counter did not move within %u ms (%llu connections)",
			 p->opts->timeout, (unsigned long long)hits);
	else if (!hits)
		fp_found(r, FP_CHECK_WARN,
			 "let the partner send something, with check C12 to wait for it",
			 "loaded, and no connection of the partner has come yet");
	else
		fp_found(r, FP_CHECK_OK, NULL, "loaded; %llu connections came",
			 (unsigned long long)hits);
}

/* C12: are the partner's rules in the data path, and does it take them? */
void fp_check_c12(struct fp_probe *p, struct fp_check_result *r)
{
	struct fpnl *nl = NULL;

	if (p->opts->pending) {
		fp_found(r, FP_CHECK_FAIL, "fedctl federation apply FILE",
			 "the file is not applied: %u steps are missing", p->opts->pending);
		return;
	}
	if (fpnl_open(&nl, NULL)) {
		fp_found(r, FP_CHECK_FAIL, "modprobe fedpat", "the module is not loaded");
		return;
	}
	judge_hits(nl, p, r);
	fpnl_close(nl);
}
