// SPDX-License-Identifier: GPL-2.0
/*
 * Open federation: a partner that nobody named proves its domain itself. The
 * certificate names the domain (RFC 5922), or it names a server, and the SRV
 * record of the domain that the server lies in leads to it. Who holds some
 * certificate of a host in a domain does not speak for the domain.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dial.h"
#include "open.h"

static bool is_ours(const struct fp_model *model, const char *name)
{
	const struct fp_obj_federation *f;
	u32 i, k;

	fp_model_each(model, FP_K_FEDERATION, i, f) {
		if (f->public_fqdn && !strcasecmp(f->public_fqdn, name))
			return true;
		for (k = 0; k < f->local_domain.n; k++)
			if (!strcasecmp(f->local_domain.v[k], name))
				return true;
	}
	return false;
}

/* A domain that the policy names, blocked or not, is not open. */
static bool is_open(const struct fp_model *model, const char *name)
{
	unsigned char addr[16];

	return strchr(name, '.') && !strchr(name, '*') && inet_pton(AF_INET, name, addr) != 1 &&
		!strchr(name, ':') && !fpd_domain_of(model, name) && !is_ours(model, name);
}

static void add(struct fpd_open *open, const char *name)
{
	for (unsigned int i = 0; i < open->n; i++)
		if (!strcasecmp(open->name[i], name))
			return;
	if (open->n < FPD_OPEN_MAX)
		FPD_COPY(open->name[open->n++], name);
}

static const char *above(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : "";
}

/**
 * fpd_open_proved() - open domains that a connection may speak for
 * @p: policy to decide by
 * @conn: authenticated
 * @open: gets them
 *
 * What SRV said is known of new connections only. Of an adopted one it is
 * known that it was asked when it came.
 */
void fpd_open_proved(const struct fpd_policy *p, const struct fpd_conn *conn,
		     struct fpd_open *open)
{
	const struct fp_model *model = fpd_policy_model(p);
	const char *name;

	open->n = 0;
	if (conn->dial && is_open(model, conn->dial->domain[0]))
		add(open, conn->dial->domain[0]);
	for (size_t i = 0; i < conn->id.n; i++) {
		name = conn->id.names[i];
		if (is_open(model, name))
			add(open, name);
		if (conn->adopted && is_open(model, above(name)))
			add(open, above(name));
	}
	for (unsigned int i = 0; i < conn->srv_proved.n; i++)
		if (is_open(model, conn->srv_proved.name[i]))
			add(open, conn->srv_proved.name[i]);
}

/**
 * fpd_open_peer() - the peer of domains that nobody names
 * @model: the policy
 * @federation: where
 *
 * Return: the peer, NULL where federation is not open
 */
const struct fp_obj_peer *fpd_open_peer(const struct fp_model *model, const char *federation)
{
	const struct fp_obj_federation *f = federation ?
		fp_find_federation(model, federation) : NULL;

	return f && f->open_peer && *f->open_peer ? fp_find_peer(model, f->open_peer) : NULL;
}

/**
 * fpd_open_allows() - may a leg still speak for a domain that it proved itself?
 * @model: the policy
 * @leg: the leg
 * @domain: one of its domains
 *
 * Return: true where it is the open peer's and nobody has named the domain since.
 */
bool fpd_open_allows(const struct fp_model *model, const struct fp_obj_leg *leg,
		     const char *domain)
{
	const struct fp_obj_peer *peer = fpd_open_peer(model, leg->federation);

	return peer && leg->peer && !strcmp(peer->o.name, leg->peer) && is_open(model, domain);
}

static void ask_next(struct fpd_conn *conn);

/* Both administrators will ask why a name is not enough: which server it should be. */
static void log_unproved(const char *name, const struct fp_srv *v, unsigned int n, const char *why)
{
	char text[FPD_TEXT_MAX];
	size_t len;

	if (!fpd_may_log("open federation: strangers without proof", ""))
		return;
	if (!n) {
		FPD_COPY(text, why);
	} else {
		len = (size_t)snprintf(text, sizeof(text), "its SRV records lead to %s",
				       v[0].target);
		for (unsigned int i = 1; i < n && len < sizeof(text); i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ", %s",
						v[i].target);
	}
	fpd_log("open federation: the certificate of a stranger proves %s, %s %s: %s", name,
		"which does not speak for", above(name), text);
}

static void got_srv(void *arg, const struct fp_srv *v, unsigned int n, enum fp_reason reason,
		    const char *why)
{
	struct fpd_conn *conn = arg;
	const char *name = conn->id.names[conn->srv_asked - 1];
	bool leads = false;

	(void)reason;
	for (unsigned int i = 0; i < n; i++)
		leads |= !strcasecmp(v[i].target, name);
	if (leads)
		add(&conn->srv_proved, above(name));
	else
		log_unproved(name, v, n, why);
	ask_next(conn);
}

/* One name after the other; then the connection is judged again. */
static void ask_next(struct fpd_conn *conn)
{
	const struct fp_model *model = fpd_policy_model(conn->policy);
	const char *domain;

	while (conn->srv_asked < conn->id.n && conn->srv_asked < FPD_OPEN_MAX) {
		domain = above(conn->id.names[conn->srv_asked++]);
		if (!is_open(model, domain))
			continue;
		fpd_resolve_srv(conn->d, "_sipfederationtls._tcp", domain, got_srv, conn);
		return;
	}
	fpd_conn_done(conn);
}

/**
 * fpd_open_ask() - a stranger: does DNS lead to it?
 * @conn: accepted, its chain verified, no peer's
 *
 * Return: true when it comes back to fpd_conn_done() later; conn->reason is
 * none then.
 */
bool fpd_open_ask(struct fpd_conn *conn)
{
	if (conn->srv_done || conn->dialled || conn->role != FEDPAT_ROLE_OUTSIDE ||
	    conn->transport != FEDPAT_TRANSPORT_TLS ||
	    !fpd_open_peer(fpd_policy_model(conn->policy), conn->federation))
		return false;
	conn->srv_done = true;
	conn->reason = FP_R_NONE;
	ask_next(conn);
	return true;
}
