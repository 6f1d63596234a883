// SPDX-License-Identifier: GPL-2.0
/*
 * Who is it? Proved names, or the address where there is no TLS, against the
 * peers and nodes of the federation. Nothing matches by default.
 */
#include <stdio.h>
#include <string.h>

#include "daemon.h"

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

/*
 * Without subjects the name to dial is the subject; found by SRV, the
 * certificate must prove the domain itself or a target inside it (the rule of
 * Microsoft's edges), which conn->host is only when it was inside.
 */
static bool peer_proved(const struct fp_obj_peer *peer, const struct fpd_conn *conn)
{
	if (peer->subject.n)
		return any_name(&peer->subject, &conn->id);
	if (peer->host && *peer->host)
		return fpd_identity_has(&conn->id, peer->host);
	if (conn->host[0] && fpd_identity_has(&conn->id, conn->host))
		return true;
	return any_name(&peer->domain, &conn->id);
}

static bool peer_matches(const struct fp_obj_peer *peer, const struct fpd_conn *conn)
{
	if (!same(peer->federation, conn->federation) || peer->role != conn->role)
		return false;
	if (conn->dialled && conn->peer[0] && strcmp(conn->peer, peer->o.name))
		return false;
	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return conn->dialled || any_addr(&peer->addr, &conn->remote);
	return peer_proved(peer, conn);
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

static void find_peer(const struct fp_model *model, const struct fpd_conn *conn,
		      struct fpd_match *m)
{
	const struct fp_obj_peer *peer;
	u32 i;

	fp_model_each(model, FP_K_PEER, i, peer) {
		if (!peer_matches(peer, conn) || m->n_domains == FPD_NAMES_MAX)
			continue;
		if (!m->peer)
			m->peer = peer;
		/* one edge may serve many domains, each its own peer */
		m->domains[m->n_domains++] = &peer->domain;
	}
}

static void find_node(const struct fp_model *model, const struct fpd_conn *conn,
		      struct fpd_match *m)
{
	const struct fp_obj_node *node;
	u32 i;

	if (conn->role != FEDPAT_ROLE_INSIDE)
		return;
	fp_model_each(model, FP_K_NODE, i, node) {
		if (node_matches(node, conn)) {
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

static enum fp_reason nobody(const struct fpd_conn *conn, char *text, size_t size)
{
	char names[256], addr[FPD_ADDR_TEXT];

	if (conn->transport != FEDPAT_TRANSPORT_TLS) {
		snprintf(text, size, "%s is no address of a peer or node of federation '%s'",
			 fpd_addr_text_noport(&conn->remote, addr, sizeof(addr)),
			 conn->federation);
		return FP_R_PEER_ADDRESS;
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
	const struct fp_model *model = fpd_policy_model(p);
	enum fedpat_eku eku;

	memset(m, 0, sizeof(*m));
	find_node(model, conn, m);
	if (!m->node)
		find_peer(model, conn, m);
	if (!m->node && !m->peer)
		return nobody(conn, text, size);
	if (conn->transport != FEDPAT_TRANSPORT_TLS)
		return FP_R_NONE;
	eku = m->peer ? m->peer->eku : FEDPAT_EKU_ROLE;
	if (fpd_identity_eku_ok(&conn->id, eku, !conn->dialled))
		return FP_R_NONE;
	snprintf(text, size, "the certificate %s allows%s%s%s; peer '%s' asks for %s",
		 conn->id.subject, conn->id.eku_server ? " serverAuth" : "",
		 conn->id.eku_client ? " clientAuth" : "",
		 conn->id.eku_server || conn->id.eku_client ? "" : " neither of the two uses",
		 m->peer ? m->peer->o.name : m->node->o.name,
		 eku == FEDPAT_EKU_BOTH ? "both serverAuth and clientAuth" :
		 conn->dialled ? "serverAuth" : "clientAuth");
	return FP_R_TLS_EKU;
}
