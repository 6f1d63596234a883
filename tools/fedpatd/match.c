// SPDX-License-Identifier: GPL-2.0
/*
 * Who is it? Proved names, or the address where there is no TLS, against the
 * peers and nodes of the federation. Nothing matches by default.
 */
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "open.h"
#include "routes.h"

static bool has_addr(const struct fp_addr *a, const union fpd_addr *remote)
{
	struct fp_endpoint ep;

	fpd_addr_to(&ep, remote);
	return a->family && a->family == ep.addr.family &&
		!memcmp(a->b, ep.addr.b, a->family == 4 ? 4 : 16);
}

static bool any_addr(const struct fp_addrs *addrs, const union fpd_addr *remote)
{
	for (u32 i = 0; i < addrs->n; i++)
		if (has_addr(&addrs->v[i], remote))
			return true;
	return false;
}

static bool any_name(const struct fp_strs *names, const struct fpd_identity *id)
{
	for (u32 i = 0; i < names->n; i++)
		if (fpd_identity_has(id, names->v[i]))
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* The rule of Microsoft's edges: a server's name lies in the domain itself. */
static bool lies_in(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n > d && name[n - d - 1] == '.' && !strcasecmp(name + n - d, domain);
}

/* Adopted: which target SRV named is forgotten, but not that it was inside the domain. */
static bool in_a_domain(const struct fp_obj_peer *peer, const struct fpd_conn *conn)
{
	for (size_t i = 0; i < conn->id.n; i++)
		for (u32 k = 0; k < peer->domain.n; k++)
			if (lies_in(conn->id.names[i], peer->domain.v[k]))
				return true;
	return false;
}

/* Or the host of a route that serves one of its domains. */
static bool by_a_route(const struct fpd_policy *p, const struct fp_obj_peer *peer,
		       const struct fpd_conn *conn)
{
	const struct fp_obj_route *r;
	u32 i, k;

	fp_model_each(fpd_policy_model(p), FP_K_ROUTE, i, r) {
		if (!same(r->federation, peer->federation) || !r->host || r->blocked ||
		    !fpd_identity_has(&conn->id, r->host))
			continue;
		for (k = 0; k < peer->domain.n; k++)
			if (fp_pattern_match(r->pattern, peer->domain.v[k]))
				return true;
	}
	return false;
}

/*
 * Rules and subjects decide, see fp_peer_name(). Found by SRV, the certificate
 * may also prove the target, which conn->host is only where it lay inside the
 * domain.
 */
static bool peer_proved(const struct fpd_policy *p, const struct fp_obj_peer *peer,
			const struct fpd_conn *conn)
{
	bool listed = peer->subject.n || peer->name_rule.n || (peer->host && *peer->host);
	struct fp_name_verdict v;
	bool accepted = false;

	if (peer->tls_verify == FEDPAT_TLS_VERIFY_CHAIN && peer->ca && *peer->ca)
		return true;
	for (size_t i = 0; i < conn->id.n; i++) {
		fp_peer_name(peer, conn->id.names[i], &v);
		if (v.denied)
			return false;
		accepted |= v.accepted;
	}
	if (accepted || listed)
		return accepted;
	if (conn->adopted && conn->dialled)
		return in_a_domain(peer, conn) || by_a_route(p, peer, conn);
	return conn->host[0] && fpd_identity_has(&conn->id, conn->host);
}

/**
 * fpd_anchors_name() - trustpoint whose CAs a chain must lead to
 * @p: the policy
 * @peer: whose chain it is; NULL for a node
 * @proxy: tls-proxy that it came by, or that says what is shown to it
 * @dialled: we dialled
 *
 * Return: its name, empty for none.
 */
const char *fpd_anchors_name(const struct fpd_policy *p, const struct fp_obj_peer *peer,
			     const char *proxy, bool dialled)
{
	const struct fp_obj_tls_proxy *by = fp_find_tls_proxy(fpd_policy_model(p), proxy);

	if (peer && peer->ca && *peer->ca)
		return peer->ca;
	if (peer && dialled && peer->trustpoint && *peer->trustpoint)
		return peer->trustpoint;
	if (!by)
		return "";
	return (dialled ? by->client_trustpoint : by->server_trustpoint) ?: "";
}

/* The context asked softly where only some of its peers want to be asked about. */
static bool revocation_ok(const struct fpd_policy *p, const struct fpd_conn *conn,
			  const char *trustpoint, struct fpd_match *m)
{
	const struct fp_obj_trustpoint *t =
		fp_find_trustpoint(fpd_policy_model(p), trustpoint);

	if (!conn->unchecked || !t || t->revocation != FEDPAT_REVOCATION_HARD)
		return true;
	m->chain = FP_R_TLS_REVOCATION_UNKNOWN;
	snprintf(m->untrusted, sizeof(m->untrusted), "trustpoint '%s' is hard: %s",
		 trustpoint, conn->unchecked);
	return false;
}

/*
 * A chain that leads to some anchor of the context need not lead to this one's. Where
 * those cannot be read, a leg that was made while they could goes on.
 */
static bool chain_ok(const struct fpd_policy *p, const struct fpd_conn *conn,
		     const struct fp_obj_peer *peer, struct fpd_match *m)
{
	const char *name = fpd_anchors_name(p, peer, conn->proxy, conn->dialled), *why;
	X509_STORE *store;
	char words[128];
	int err = X509_V_ERR_CERT_UNTRUSTED;

	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return true;
	store = fpd_policy_anchors(p, name, &why);
	if (!store && conn->adopted && fpd_policy_unread(p, name)) {
		m->unread = why;
		return true;
	}
	if (store && conn->chain)
		err = fpd_trust_verify(store, conn->chain, NULL, words, sizeof(words));
	if (err == X509_V_OK)
		return revocation_ok(p, conn, name, m);
	m->chain = fpd_verify_reason(err);
	snprintf(m->untrusted, sizeof(m->untrusted),
		 "%s%s%s: its chain is not one of trustpoint '%s': %s",
		 peer ? "peer '" : "node", peer ? peer->o.name : "", peer ? "'" : "", name,
		 !store ? why : conn->chain ? words : "no chain is known");
	return false;
}

/* The legacy suites are for those who asked for them; ChaCha20 is none of FIPS 140. */
static bool suite_ok(const struct fpd_conn *conn, const struct fp_obj_peer *peer,
		     struct fpd_match *m)
{
	u32 profile = peer ? peer->tls_profile : (u32)FEDPAT_TLS_PROFILE_DEFAULT;
	bool weak;

	if (conn->cbc)
		weak = profile != FEDPAT_TLS_PROFILE_LEGACY;
	else
		weak = profile == FEDPAT_TLS_PROFILE_FIPS && conn->cipher &&
			strstr(conn->cipher, "CHACHA20");
	m->weak |= weak;
	return !weak;
}

static bool peer_matches(const struct fpd_policy *p, const struct fp_obj_peer *peer,
			 const struct fpd_conn *conn, struct fpd_match *m)
{
	if (!same(peer->federation, conn->federation) || peer->role != conn->role)
		return false;
	if (conn->dialled && conn->peer[0] && strcmp(conn->peer, peer->o.name))
		return false;
	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return conn->dialled || any_addr(&peer->addr, &conn->remote);
	return peer_proved(p, peer, conn) && chain_ok(p, conn, peer, m) && suite_ok(conn, peer, m);
}

static bool node_matches(const struct fp_obj_node *node, const struct fpd_conn *conn)
{
	char text[FPD_ADDR_TEXT];
	union fpd_addr a;

	if (!same(node->federation, conn->federation))
		return false;
	if (conn->dialled && conn->peer[0] && strcmp(conn->peer, node->o.name))
		return false;
	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return has_addr(&node->listener.addr, &conn->remote);
	if (node->subject.n)
		return any_name(&node->subject, &conn->id);
	fpd_addr_from(&a, &node->listener);
	return fpd_identity_has(&conn->id,
				fpd_addr_text_noport(&a, text, sizeof(text)));
}

static bool peer_eku_ok(const struct fp_obj_peer *peer, const struct fpd_conn *conn)
{
	return conn->transport != FEDPAT_TRANSPORT_TLS ||
		fpd_identity_eku_ok(&conn->id, peer->eku, !conn->dialled);
}

static void find_peer(const struct fpd_policy *p, const struct fpd_conn *conn,
		      struct fpd_match *m)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(model, FP_K_PEER, i, peer) {
		if (m->n_domains == FPD_NAMES_MAX || !peer_matches(p, peer, conn, m))
			continue;
		if (!peer_eku_ok(peer, conn)) {
			m->eku = peer;
			continue;
		}
		if (!m->peer)
			m->peer = peer;
		/* one edge may serve many domains, each its own peer */
		m->domains[m->n_domains++] = &peer->domain;
	}
}

/* Open federation: who proves a domain that nobody names is the open peer. */
static void find_open(const struct fpd_policy *p, const struct fpd_conn *conn,
		      struct fpd_match *m)
{
	const struct fp_obj_peer *peer = fpd_open_peer(fpd_policy_model(p), conn->federation);

	if (!peer || conn->role != FEDPAT_ROLE_OUTSIDE || (m->peer && m->peer != peer) ||
	    conn->transport != FEDPAT_TRANSPORT_TLS || m->n_domains == FPD_NAMES_MAX)
		return;
	if (!m->peer && conn->dialled && !conn->adopted)
		return;
	fpd_open_proved(p, conn, &m->open);
	if (!m->open.n || (!m->peer && (!chain_ok(p, conn, peer, m) || !suite_ok(conn, peer, m))))
		return;
	if (!peer_eku_ok(peer, conn)) {
		m->eku = peer;
		return;
	}
	for (unsigned int i = 0; i < m->open.n; i++)
		m->open_v[i] = m->open.name[i];
	m->open_list = (struct fp_strs){ .v = m->open_v, .n = m->open.n };
	m->peer = peer;
	m->domains[m->n_domains++] = &m->open_list;
}

static void find_node(const struct fpd_policy *p, const struct fpd_conn *conn,
		      struct fpd_match *m)
{
	const struct fp_model *model = fpd_policy_model(p);
	const struct fp_obj_node *node;
	u32 i;

	if (conn->role != FEDPAT_ROLE_INSIDE)
		return;
	fp_model_each(model, FP_K_NODE, i, node) {
		if (node_matches(node, conn) && chain_ok(p, conn, NULL, m) &&
		    suite_ok(conn, NULL, m)) {
			m->node = node;
			return;
		}
	}
}

static void list_names(const struct fpd_identity *id, char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < id->n && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "",
				      id->names[i]);
	if (!id->n)
		snprintf(text, size, "no name at all");
}

static enum fp_reason nobody(const struct fpd_conn *conn, const struct fpd_match *m,
			     char *text, size_t size)
{
	char names[256], addr[FPD_ADDR_TEXT];

	if (conn->transport != FEDPAT_TRANSPORT_TLS) {
		snprintf(text, size, "%s is no address of a peer or node of federation '%s'",
			 fpd_addr_text_noport(&conn->remote, addr, sizeof(addr)),
			 conn->federation);
		return FP_R_PEER_ADDRESS;
	}
	if (m->untrusted[0]) {
		snprintf(text, size, "the certificate %s has the name of %s", conn->id.subject,
			 m->untrusted);
		return m->chain;
	}
	if (m->weak) {
		snprintf(text, size, conn->cbc ?
			 "%s is AES-CBC, which only peers with tls-profile legacy may use" :
			 "%s is not of the tls-profile fips that the peer must keep to",
			 conn->cipher ? conn->cipher : "the suite");
		return FP_R_TLS_CIPHER;
	}
	list_names(&conn->id, names, sizeof(names));
	snprintf(text, size, "the certificate %s proves %s; %s%s%s", conn->id.subject,
		 names, conn->peer[0] ? "that is not peer '" :
		 "no peer or node accepts one of them in federation '",
		 conn->peer[0] ? conn->peer : conn->federation, "'");
	return FP_R_TLS_NAME;
}

/**
 * fpd_match() - peer or node of an authenticated connection
 * @p: policy to decide by
 * @conn: connection; its chain is verified where it is TLS
 * @m: filled
 * @text: why nobody matches
 * @size: size of @text
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fpd_match(const struct fpd_policy *p, const struct fpd_conn *conn,
			 struct fpd_match *m, char *text, size_t size)
{
	enum fedpat_eku eku;

	memset(m, 0, sizeof(*m));
	find_node(p, conn, m);
	if (!m->node)
		find_peer(p, conn, m);
	if (!m->node && !m->eku)
		find_open(p, conn, m);
	if (m->peer)
		return FP_R_NONE;
	if (!m->node && !m->eku)
		return nobody(conn, m, text, size);
	eku = m->eku ? m->eku->eku : FEDPAT_EKU_ROLE;
	if (conn->transport != FEDPAT_TRANSPORT_TLS ||
	    fpd_identity_eku_ok(&conn->id, eku, !conn->dialled))
		return FP_R_NONE;
	snprintf(text, size, "the certificate %s allows%s%s%s; peer '%s' asks for %s",
		 conn->id.subject, conn->id.eku_server ? " serverAuth" : "",
		 conn->id.eku_client ? " clientAuth" : "",
		 conn->id.eku_server || conn->id.eku_client ? "" : " neither of the two uses",
		 m->eku ? m->eku->o.name : m->node->o.name,
		 eku == FEDPAT_EKU_BOTH ? "both serverAuth and clientAuth" :
		 conn->dialled ? "serverAuth" : "clientAuth");
	return FP_R_TLS_EKU;
}
