// SPDX-License-Identifier: GPL-2.0
/*
 * Names: the same library and settings as the daemon's, so that what is seen
 * here is what it sees. C1, C2, C3, C11.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "anchor.h"
#include "check_probe.h"
#include "text.h"

#define XMPP_PORT	5269
#define SLOW_MS	2000	/* of a reverse lookup: what an IM and Presence log calls too long */

/**
 * fp_dns_free() - free the resolver of a probe
 * @p: the probe
 */
void fp_dns_free(struct fp_probe *p)
{
	if (p->dns)
		ub_ctx_delete(p->dns);
	p->dns = NULL;
}

/* 0; or @why there is none: -EINVAL where it is the trust anchor, else -EIO. */
static int resolver(struct fp_probe *p, char *why, size_t size)
{
	const char *server = p->opts->dns;
	int err = 0;

	if (p->dns)
		return 0;
	p->dns = ub_ctx_create();
	if (!p->dns) {
		snprintf(why, size, "out of memory");
		return -EIO;
	}
	ub_ctx_async(p->dns, 1);
	ub_ctx_hosts(p->dns, NULL);
	/* Left alone it answers reverse lookups of private networks itself: no such name. */
	ub_ctx_set_option(p->dns, "unblock-lan-zones:", "yes");
	ub_ctx_set_option(p->dns, "insecure-lan-zones:", "yes");
	if (server ? ub_ctx_set_fwd(p->dns, server) : ub_ctx_resolvconf(p->dns, NULL))
		err = -EIO;
	else if (p->opts->anchor && fp_anchor_add(p->dns, p->opts->anchor, why, size))
		err = -EINVAL;
	if (err == -EIO)
		snprintf(why, size, "no DNS server is known");
	if (err)
		fp_dns_free(p);
	return err;
}

struct asked {
	struct ub_result *r;
	int err;
	bool done;
};

static void answered(void *arg, int err, struct ub_result *r)
{
	struct asked *a = arg;

	a->err = err;
	a->r = r;
	a->done = true;
}

/* 0 and an answer, which may be empty; -ETIMEDOUT; -EINVAL or -EIO and @why. */
static int ask(struct fp_probe *p, const char *name, int type, struct ub_result **r, char *why,
	       size_t size)
{
	u64 deadline = fp_now_ms() + p->opts->timeout;
	struct asked a = { 0 };
	int id, err = resolver(p, why, size);

	*r = NULL;
	if (err)
		return err;
	err = ub_resolve_async(p->dns, name, type, 1, &a, answered, &id);
	while (!err && !a.done) {
		if (fp_wait_fd(ub_fd(p->dns), POLLIN, deadline)) {
			ub_cancel(p->dns, id);
			snprintf(why, size, "no answer from DNS within %u ms", p->opts->timeout);
			return -ETIMEDOUT;
		}
		err = ub_process(p->dns);
	}
	if (!err)
		err = a.err;
	if (err || !a.r) {
		snprintf(why, size, "%s", err ? ub_strerror(err) : "no answer");
		ub_resolve_free(a.r);
		return -EIO;
	}
	*r = a.r;
	return 0;
}

/* An answer without data: why. */
static int empty_words(const struct ub_result *r, char *why, size_t size)
{
	if (r->bogus)
		snprintf(why, size, "the answer fails DNSSEC validation");
	else if (r->nxdomain)
		snprintf(why, size, "no such name (NXDOMAIN)");
	else if (r->rcode == 2)
		snprintf(why, size, "the DNS server failed (SERVFAIL) or cannot be reached");
	else if (r->rcode)
		snprintf(why, size, "the DNS server refused (RCODE %d)", r->rcode);
	else
		snprintf(why, size, "the name has no such record");
	return r->bogus ? -EBADMSG : -ENOENT;
}

static bool no_case_same(const char *a, const char *b)
{
	return fp_same_host(a, b);
}

static void take_addrs(const struct ub_result *r, struct fp_addr *addrs, u32 *n)
{
	for (int i = 0; !r->bogus && r->data && r->data[i] && *n < FP_PROBE_ADDRS; i++)
		if (fp_dns_addr_read((u8 *)r->data[i], (size_t)r->len[i], r->qtype, &addrs[*n]))
			++*n;
}

/**
 * fp_dns_addrs() - addresses of a host: IPv4, else IPv6
 * @p: the probe
 * @host: name or address
 * @addrs: room for FP_PROBE_ADDRS, appended to
 * @n: how many are there
 * @cname: what it is an alias of, FEDPAT_FQDN_MAX + 1 octets; empty when it is none; may be NULL
 * @why: why there is none
 * @size: size of @why
 *
 * Return: 0, -ENOENT, -EBADMSG where the signature is wrong, -EINVAL where the
 * trust anchor cannot be used, -ETIMEDOUT
 */
int fp_dns_addrs(struct fp_probe *p, const char *host, struct fp_addr *addrs, u32 *n,
		 char *cname, char *why, size_t size)
{
	static const int types[] = { FP_DNS_A, FP_DNS_AAAA };
	int err, fault = -ENOENT;
	u32 before = *n;
	struct ub_result *r;
	size_t i;

	if (cname)
		cname[0] = 0;
	if (*n < FP_PROBE_ADDRS && !fp_txt_addr(host, &addrs[*n])) {
		++*n;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(types) && *n == before; i++) {
		err = ask(p, host, types[i], &r, why, size);
		if (err)
			return err == -EIO ? -ENOENT : err;
		take_addrs(r, addrs, n);
		if (*n == before)
			fault = empty_words(r, why, size);
		if (cname && r->canonname && !no_case_same(r->canonname, host))
			snprintf(cname, FEDPAT_FQDN_MAX + 1, "%s", r->canonname);
		ub_resolve_free(r);
	}
	return *n == before ? fault : 0;
}

static int better(const void *a, const void *b)
{
	const struct fp_srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->target, y->target);
}

/**
 * fp_srv_sort() - the order in which a Microsoft edge prefers them
 * @srvs: the records
 * @n: how many
 */
void fp_srv_sort(struct fp_srv *srvs, u32 n)
{
	if (n)
		qsort(srvs, n, sizeof(*srvs), better);
}

/**
 * fp_dns_srv() - SRV records into the probe, best first
 * @p: the probe
 * @name: name of the record
 * @why: why there is none
 * @size: size of @why
 *
 * Return: 0, -ENOENT, -EBADMSG where the signature is wrong, -EINVAL where the
 * trust anchor cannot be used, -ETIMEDOUT
 */
int fp_dns_srv(struct fp_probe *p, const char *name, char *why, size_t size)
{
	struct ub_result *r;
	int err = ask(p, name, FP_DNS_SRV, &r, why, size);

	p->n_srvs = 0;
	if (err)
		return err == -EIO ? -ENOENT : err;
	for (int i = 0; !r->bogus && r->data && r->data[i] && p->n_srvs < FP_PROBE_SRVS; i++)
		if (fp_dns_srv_read((u8 *)r->data[i], (size_t)r->len[i], &p->srvs[p->n_srvs]))
			p->n_srvs++;
	if (!p->n_srvs)
		err = empty_words(r, why, size);
	fp_srv_sort(p->srvs, p->n_srvs);
	ub_resolve_free(r);
	return err;
}

/**
 * fp_name_directly_in() - is a host one label below a domain?
 * @host: name of the host
 * @domain: the domain
 *
 * The rule of Microsoft's edges: sip.example.com is in example.com,
 * sip.eu.example.com and example.com itself are not.
 *
 * Return: whether it is
 */
bool fp_name_directly_in(const char *host, const char *domain)
{
	const char *dot = strchr(host, '.');

	return dot && dot != host && fp_same_host(dot + 1, domain);
}

static u16 right_port(const struct fp_probe *p)
{
	if (p->kind == FP_PROBE_XMPP || p->kind == FP_PROBE_XMPP_LOCAL)
		return XMPP_PORT;
	return p->transport == FEDPAT_TRANSPORT_TLS ? 5061 : 5060;
}

static bool is_ours(const struct fp_probe *p)
{
	return p->kind & (FP_PROBE_LOCAL | FP_PROBE_XMPP_LOCAL);
}

static const char *who(const struct fp_probe *p)
{
	return is_ours(p) ? "your DNS" : "the partner's DNS";
}

/* Several XMPP nodes behind one address have a port each: 5269, 15269, 25269 and so on. */
static bool is_right_port(const struct fp_probe *p, u16 port)
{
	u16 right = right_port(p);

	return port == right || (right == XMPP_PORT && port % 10000 == XMPP_PORT);
}

static void judge_target(struct fp_probe *p, const struct fp_srv *s, const char *name,
			 struct fp_check_result *r)
{
	char why[160], cname[FEDPAT_FQDN_MAX + 1];
	u32 before = p->n_addrs;
	u16 port = right_port(p);

	if (!s->target[0]) {
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "SRV %s says that there is no service (target \".\")",
			 name);
		return;
	}
	if (!is_right_port(p, s->port)) {
		fp_found(r, port == XMPP_PORT ? FP_CHECK_WARN : FP_CHECK_FAIL, NULL,
			 "SRV %s has port %u, federation uses %u", name, s->port, port);
		fp_mend(r, "publish port %u in %s", port, who(p));
	}
	if (fp_dns_addrs(p, s->target, p->addrs, &p->n_addrs, cname, why, sizeof(why))) {
		fp_found(r, FP_CHECK_FAIL, NULL, "SRV target %s does not resolve: %s", s->target,
			 why);
		fp_mend(r, "add an A record for %s to %s", s->target, who(p));
	} else if (cname[0]) {
		fp_found(r, FP_CHECK_WARN, NULL,
			 "SRV target %s is an alias (CNAME) of %s, which RFC 2782 forbids",
			 s->target,
			 cname);
		fp_mend(r, "let the SRV record in %s name %s, or give %s an A record", who(p),
			cname,
			s->target);
	}
	/* What is dialled is the best record's. */
	if (p->n_addrs > before && !p->host[0]) {
		snprintf(p->host, sizeof(p->host), "%s", s->target);
		p->port = s->port;
	}
}

/* An edge takes the one best record; XMPP wants all of them equal. */
static void judge_many(struct fp_probe *p, const char *name, struct fp_check_result *r)
{
	const struct fp_srv *a = &p->srvs[0], *z = &p->srvs[p->n_srvs - 1];

	if (p->n_srvs < 2)
		return;
	if (right_port(p) != XMPP_PORT)
		fp_found(r, FP_CHECK_WARN,
			 "publish one SRV record to one name with several A records",
			 "SRV %s has %u records: an Access Edge takes %s and ignores the others",
			 name,
			 p->n_srvs, a->target);
	else if (a->priority != z->priority || a->weight != z->weight)
		fp_found(r, FP_CHECK_WARN, "give all records the same priority and weight",
			 "the SRV records of %s differ in priority or weight", p->domain);
}

static void look_up(struct fp_probe *p, struct fp_check_result *r);

/* AOL's chain: static(D), SRV(D), static(default), SRV(default). */
static bool fall_back(struct fp_probe *p, const char *name, const char *why,
		      struct fp_check_result *r)
{
	const struct fp_obj_domain *d = fp_find_domain(p->model, p->domain);
	const char *to = p->fed->default_routing_domain;

	if (p->kind != FP_PROBE_PEER || !d || d->type != FEDPAT_DOMAIN_TYPE_AOL)
		return false;
	to = to && *to ? to : "aol.com";
	if (fp_same_host(to, p->domain))
		return false;
	snprintf(p->domain, sizeof(p->domain), "%s", to);
	fp_found(r, FP_CHECK_OK, NULL,
		 "no static route, and no SRV record %s (%s): the default routing domain %s decides",
		 name, why, to);
	fp_probe_route(p);
	look_up(p, r);
	return true;
}

/* False: the record itself is missing. */
static bool mend_dnssec(const struct fp_probe *p, int err, struct fp_check_result *r)
{
	if (err == -EBADMSG)
		fp_mend(r, "sign the zone anew in %s, or compare the clocks (" FP_DEFAULTS
			" says whether answers are validated)", who(p));
	else if (err == -EINVAL)
		fp_mend(r, FP_ANCHOR_MEND);
	else
		return false;
	return true;
}

static void look_up_srv(struct fp_probe *p, struct fp_check_result *r)
{
	char name[FEDPAT_FQDN_MAX + 40], why[320];
	int err;

	snprintf(name, sizeof(name), "%s.%s", fp_probe_service(p), p->domain);
	err = fp_dns_srv(p, name, why, sizeof(why));
	if (err) {
		if (fall_back(p, name, why, r))
			return;
		fp_found(r, FP_CHECK_FAIL, NULL, "no SRV record %s: %s", name, why);
		if (mend_dnssec(p, err, r))
			return;
		fp_mend(r, is_ours(p) ? "publish it in your DNS: %s. SRV 0 0 %u HOST.%s." :
			"ask the partner to publish %s (port %u), or set the host of the peer (%s)",
			name, right_port(p), p->domain);
		return;
	}
	for (u32 i = 0; i < p->n_srvs; i++)
		judge_target(p, &p->srvs[i], name, r);
	judge_many(p, name, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%s is %s port %u", name, p->srvs[0].target,
			 p->srvs[0].port);
}

static void look_up_host(struct fp_probe *p, struct fp_check_result *r)
{
	char why[320], buf[FP_TXT_ADDR];
	int err = fp_dns_addrs(p, p->host, p->addrs, &p->n_addrs, NULL, why, sizeof(why));

	if (err) {
		fp_found(r, FP_CHECK_FAIL, NULL, "%s does not resolve: %s", p->host, why);
		if (mend_dnssec(p, err, r))
			return;
		fp_mend(r, "add an A record for %s to %s, or correct the host of the peer", p->host,
			who(p));
		return;
	}
	fp_found(r, FP_CHECK_OK, NULL, "%s is %s%s", p->host, fp_addr_str(&p->addrs[0], buf),
		 p->n_addrs > 1 ? " and more" : "");
}

static void look_up(struct fp_probe *p, struct fp_check_result *r)
{
	if (p->kind == FP_PROBE_PEER && p->host[0])
		look_up_host(p, r);
	else
		look_up_srv(p, r);
}

/* C1: the records are there and lead somewhere. */
void fp_check_c1(struct fp_probe *p, struct fp_check_result *r)
{
	if (p->kind == FP_PROBE_LOCAL && (!p->fed->public_fqdn || !*p->fed->public_fqdn)) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no public name: nobody looks this domain up");
		return;
	}
	if (p->host[0] || p->domain[0])
		look_up(p, r);
	else
		fp_found(r, FP_CHECK_FAIL, "set its host, or a domain without '*'",
			 "the peer has neither a host nor a domain to look up");
}

/* C2: an Access Edge looks the sender's domain up and believes only names in it. */
void fp_check_c2(struct fp_probe *p, struct fp_check_result *r)
{
	bool ours = is_ours(p);

	if (!p->n_srvs) {
		fp_found(r, FP_CHECK_SKIP, NULL, ours ? "nobody looks this domain up" :
			 "the peer's host is set, nobody looks its domain up");
		return;
	}
	if (p->transport != FEDPAT_TRANSPORT_TLS) {
		fp_found(r, FP_CHECK_SKIP, NULL, "without TLS no name is checked");
		return;
	}
	for (u32 i = 0; i < p->n_srvs; i++) {
		if (fp_name_directly_in(p->srvs[i].target, p->domain))
			continue;
		if (ours) {
			fp_found(r, FP_CHECK_FAIL, NULL,
				 "SRV target %s is not in %s: an Access Edge will answer 504, ms-diagnostics 1009",
				 p->srvs[i].target, p->domain);
			fp_mend(r,
				"publish a target directly in %s, such as sip.%s, and have it in the certificate",
				p->domain, p->domain);
		} else {
			fp_found(r, FP_CHECK_WARN, NULL,
				 "SRV target %s is not in %s: its certificate must prove %s itself",
				 p->srvs[i].target, p->domain, p->domain);
			fp_mend(r, "or set the host and subject of the peer");
		}
	}
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%s is in %s", p->srvs[0].target, p->domain);
}

static bool is_public(const struct fp_probe *p, const struct fp_addr *a)
{
	for (u32 i = 0; i < p->fed->public_addr.n; i++)
		if (fp_same_addr(&p->fed->public_addr.v[i], a))
			return true;
	return false;
}

/* C3: whoever follows our records ends here. */
void fp_check_c3(struct fp_probe *p, struct fp_check_result *r)
{
	char buf[FP_TXT_ADDR], want[FP_TXT_ADDR];

	if (!p->n_addrs || !p->fed->public_addr.n) {
		fp_found(r, FP_CHECK_SKIP, NULL, "nobody looks this domain up");
		return;
	}
	for (u32 i = 0; i < p->n_addrs; i++) {
		if (is_public(p, &p->addrs[i]))
			continue;
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "%s of %s is not the federation's public address %s: partners reach the wrong host",
			 fp_addr_str(&p->addrs[i], buf), p->srvs[0].target,
			 fp_addr_str(&p->fed->public_addr.v[0], want));
		fp_mend(r, "correct the A record of %s, or public-addr of federation '%s'",
			p->srvs[0].target, p->fed->o.name);
	}
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%s ends on %s", p->domain,
			 fp_addr_str(&p->addrs[0], buf));
}

static void reverse_name(const struct fp_addr *a, char *out, size_t size)
{
	size_t n = 0;

	if (a->family == 4) {
		snprintf(out, size, "%u.%u.%u.%u.in-addr.arpa", a->b[3], a->b[2], a->b[1], a->b[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		n += (size_t)snprintf(out + n, size - n, "%x.%x.", a->b[i] & 15, a->b[i] >> 4);
	snprintf(out + n, size - n, "ip6.arpa");
}

/* The first question also starts the resolver: let it be one that asks nobody. */
static void wake(struct fp_probe *p)
{
	struct ub_result *res;
	char why[160];

	if (!p->dns && !ask(p, "localhost", FP_DNS_A, &res, why, sizeof(why)))
		ub_resolve_free(res);
}

static void look_back(struct fp_probe *p, const struct fp_addr *a, struct fp_check_result *r)
{
	static const char mend[] = "add a PTR record to the DNS that the inside servers ask";
	char name[80], why[160], buf[FP_TXT_ADDR];
	struct ub_result *res;
	u64 begun;
	int err;

	reverse_name(a, name, sizeof(name));
	fp_addr_str(a, buf);
	wake(p);
	begun = fp_now_ms();
	err = ask(p, name, FP_DNS_PTR, &res, why, sizeof(why));
	if (err == -ETIMEDOUT || fp_now_ms() - begun > SLOW_MS) {
		fp_found(r, FP_CHECK_WARN, mend,
			 "the reverse lookup of %s takes %s%u ms: an IM and Presence proxy waits for it at each request (\"ACL check took over 2 seconds - check DNS\")",
			 buf,
			 err ? "more than " : "", (u32)(fp_now_ms() - begun));
	} else if (err) {
		fp_found(r, FP_CHECK_WARN, NULL, "the reverse lookup of %s failed: %s", buf, why);
	} else if (!res->havedata) {
		empty_words(res, why, sizeof(why));
		fp_found(r, FP_CHECK_WARN, mend,
			 "%s has no PTR record: %s; up to 20 s of delay for each request at an IM and Presence proxy",
			 buf, why);
	}
	if (!err)
		ub_resolve_free(res);
}

/* C11: who asks for the name of an address must not wait for it. */
void fp_check_c11(struct fp_probe *p, struct fp_check_result *r)
{
	char buf[FP_TXT_ADDR];

	for (u32 i = 0; i < p->n_addrs && r->n < 4; i++)
		look_back(p, &p->addrs[i], r);
	if (!p->n_addrs)
		fp_found(r, FP_CHECK_SKIP, NULL, "no address is known");
	else if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%s has a name", fp_addr_str(&p->addrs[0], buf));
}
