// SPDX-License-Identifier: GPL-2.0
/*
 * C15: an XMPP server as another one meets it: stream header, features,
 * STARTTLS, certificate, features again. Of a partner, whom its SRV records
 * name; of a domain of ours, the node that is behind them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include <fedpat/xmpp.h>

#include "check_probe.h"
#include "text.h"

#define HEADER		"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "	\
			"xmlns:stream='http://etherx.jabber.org/streams' "		\
			"xmlns:db='jabber:server:dialback' from='%s' to='%s' version='1.0'>"
#define WARN_SECONDS	(30 * 86400)

/**
 * struct stream - a stream to a server
 * @p: who is checked
 * @r: gets what is found
 * @deadline: of the whole conversation
 * @fd: its socket
 * @ssl: TLS on it, or NULL
 * @from: whom we speak for
 * @to: whom we want to speak with
 * @tls: enum fedpat_stream_tls that the policy asks for
 * @x: parser of what comes
 * @buf: what came and was not parsed
 * @len: how much
 * @proceed: the last element of the TLS namespace was <proceed/>
 * @err: why nothing more comes
 */
struct stream {
	struct fp_probe *p;
	struct fp_check_result *r;
	u64 deadline;
	int fd;
	SSL *ssl;
	const char *from;
	const char *to;
	u32 tls;
	struct fp_xmpp x;
	u8 buf[FP_XMPP_MAX_TOTAL];
	u32 len;
	bool proceed;
	int err;
};

enum heard {
	HEARD_FEATURES,
	HEARD_TLS,	/* <proceed/> or <failure/> */
	HEARD_ERROR,	/* of the stream */
	HEARD_BAD,	/* no XMPP */
	HEARD_NOTHING,	/* in time, or to the end */
};

static bool is_ours(const struct stream *s)
{
	return s->p->kind == FP_PROBE_XMPP_LOCAL;
}

static bool more(struct stream *s)
{
	int n = fp_recv_some(s->fd, s->ssl, s->buf + s->len, sizeof(s->buf) - s->len, s->deadline);

	if (n <= 0) {
		s->err = n ? n : -EPIPE;
		return false;
	}
	s->len += (u32)n;
	return true;
}

/* Up to the next element that says something. */
static enum heard hear(struct stream *s)
{
	struct fp_xmpp_out o;

	for (;;) {
		fp_xmpp_next(&s->x, s->buf, s->len, &o);
		if (o.event == FP_XMPP_FATAL || o.event == FP_XMPP_CLOSE) {
			s->err = -EPIPE;
			return o.event == FP_XMPP_FATAL ? HEARD_BAD : HEARD_NOTHING;
		}
		if (o.event == FP_XMPP_MORE) {
			if (!more(s))
				return HEARD_NOTHING;
			continue;
		}
		if (o.event == FP_XMPP_START)
			s->proceed = fp_slice_eq(o.name, fp_slice("proceed", strlen("proceed")));
		s->len -= o.len;
		memmove(s->buf, s->buf + o.len, s->len);
		if (o.event != FP_XMPP_END)
			continue;
		if (s->x.is_features)
			return HEARD_FEATURES;
		if (s->x.is_error)
			return HEARD_ERROR;
		if (o.ns == FP_XMPP_NS_TLS)
			return HEARD_TLS;
	}
}

static bool is_word(const struct stream *s, const char *word)
{
	return !strcmp(s->x.word, word);
}

static void tell_error(struct stream *s)
{
	const char *mend = "look into its log";

	if (is_word(s, "host-unknown"))
		mend = is_ours(s) ? "does the node serve that domain? else correct the SRV record" :
				    "it does not serve that domain: wrong SRV target?";
	else if (is_word(s, "policy-violation") || is_word(s, "not-authorized"))
		mend = is_ours(s) ? "allow the partner in the node's federation policy" :
				    "have them allow our domain (federation policy, whitelist)";
	else if (is_word(s, "not-well-formed"))
		mend = "is it a client's port? federation is on another one, mostly 5269";
	else if (is_word(s, "invalid-namespace"))
		mend = "that is a port for clients; let the SRV record name the one for servers";
	fp_found(s->r, FP_CHECK_FAIL, mend, "the stream from %s to %s is refused: %s",
		 s->from, s->to, s->x.word[0] ? s->x.word : "stream error");
}

static void silent(struct stream *s, const char *what)
{
	if (s->err == -ETIMEDOUT)
		fp_found(s->r, FP_CHECK_FAIL,
			 "does an XMPP server listen there, and is it overloaded?",
			 "no %s came within %u ms", what, s->p->opts->timeout);
	else
		fp_found(s->r, FP_CHECK_FAIL, "look into its log: it did not say why",
			 "the connection was closed before %s came", what);
}

/* A stream header sent, features read; false: told why not. */
static bool open_stream(struct stream *s)
{
	char head[1024];
	int n = snprintf(head, sizeof(head), HEADER, s->from, s->to);

	fp_xmpp_init(&s->x);
	s->len = 0;
	s->err = fp_send_all(s->fd, s->ssl, head, (size_t)n, s->deadline);
	switch (s->err ? HEARD_NOTHING : hear(s)) {
	case HEARD_FEATURES:
		return true;
	case HEARD_ERROR:
		tell_error(s);
		return false;
	case HEARD_NOTHING:
		silent(s, s->x.root_len ? "stream features" : "stream header");
		return false;
	default:
		fp_found(s->r, FP_CHECK_FAIL, "is it an XMPP server-to-server port?",
			 "it does not speak XMPP: %s",
			 s->x.reason ? fp_reason_info(s->x.reason)->name : "unexpected element");
		return false;
	}
}

/* --- STARTTLS --- */

static bool start_tls(struct stream *s)
{
	static const char ask[] = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

	s->err = fp_send_all(s->fd, NULL, ask, sizeof(ask) - 1, s->deadline);
	if (!s->err && hear(s) == HEARD_TLS && s->proceed)
		return true;
	fp_found(s->r, FP_CHECK_FAIL, "look into its log; has it a certificate?",
		 "STARTTLS is offered and then %s",
		 s->err == -ETIMEDOUT ? "not answered" : "refused");
	return false;
}

static bool secure(struct stream *s)
{
	struct fp_probe *p = s->p;
	struct fp_shake_how how = { .show = false, .host = s->to, .deadline = s->deadline };

	fp_drop_connection(p);
	fp_shake_free(&p->shake);
	s->ssl = fp_shake_run(s->fd, &how, &p->shake, &p->ctx);
	if (s->ssl && p->shake.up)
		return true;
	fp_found(s->r, FP_CHECK_FAIL,
		 p->shake.sent_alert ? fp_alert_words(p->shake.sent_alert) : "look into its log",
		 "TLS after STARTTLS fails: %s", p->shake.text);
	return false;
}

/* --- the certificate --- */

static void judge_name(struct stream *s, X509 *cert, const char *subject)
{
	if (X509_check_host(cert, s->to, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1)
		return;
	fp_found(s->r, is_ours(s) ? FP_CHECK_FAIL : FP_CHECK_WARN, NULL,
		 "the certificate %.120s does not name %s%s", subject, s->to,
		 is_ours(s) ? "" : ": only dialback will prove it");
	fp_mend(s->r, is_ours(s) ? "have cup-xmpp-s2s made anew, with the alternative name DNS:%s" :
		"the partner needs a certificate with the alternative name DNS:%s", s->to);
}

static void judge_dates(struct stream *s, const struct fpd_identity *id)
{
	static const char mend[] = "it must be renewed there; ask in time";
	time_t now = time(NULL);

	if (id->not_after && (time_t)id->not_after <= now)
		fp_found(s->r, FP_CHECK_FAIL, mend, "the certificate %.120s has expired",
			 id->subject);
	else if (id->not_after && (time_t)id->not_after < now + WARN_SECONDS)
		fp_found(s->r, FP_CHECK_WARN, mend, "the certificate %.120s ends within 30 days",
			 id->subject);
	if (!id->eku_absent && !id->eku_client)
		fp_found(s->r, FP_CHECK_WARN,
			 "ask for both serverAuth and clientAuth, or rely on dialback",
			 "the certificate %.120s lacks clientAuth: it proves nothing in a call",
			 id->subject);
}

static void judge_cert(struct stream *s)
{
	STACK_OF(X509) *chain = s->p->shake.chain;
	X509 *cert = chain ? sk_X509_value(chain, 0) : NULL;
	struct fpd_identity id = { 0 };

	if (!cert || fpd_identity_read(&id, cert))
		return;
	judge_name(s, cert, id.subject);
	judge_dates(s, &id);
	fpd_identity_free(&id);
}

/* --- the conversation --- */

/* How the clear part ends: -1 told, 0 it stays clear, 1 TLS. */
static int judge_offer(struct stream *s)
{
	bool offered = s->x.features & FP_XMPP_F_STARTTLS;

	if (s->tls == FEDPAT_STREAM_TLS_NONE) {
		if (!(s->x.features & FP_XMPP_F_REQUIRED))
			return 0;
		fp_found(s->r, FP_CHECK_FAIL, "set tls optional or required for the domain",
			 "STARTTLS is required there, and our policy says none");
		return -1;
	}
	if (offered)
		return 1;
	fp_found(s->r, s->tls == FEDPAT_STREAM_TLS_REQUIRED ? FP_CHECK_FAIL : FP_CHECK_WARN,
		 "enable TLS for server-to-server there; set tls none only where both agree",
		 "STARTTLS is not offered%s",
		 s->x.features & FP_XMPP_F_DIALBACK ? ", dialback is" : "");
	return s->tls == FEDPAT_STREAM_TLS_REQUIRED ? -1 : 0;
}

static void tell(struct stream *s, bool required)
{
	bool external = s->x.features & FP_XMPP_F_EXTERNAL;
	bool dialback = s->x.features & FP_XMPP_F_DIALBACK;

	/* SASL EXTERNAL is offered to who shows a certificate, and the gateway has none. */
	fp_found(s->r, FP_CHECK_OK, NULL, "%s to %s: %s%s%s%s%s%s", s->from, s->to,
		 s->ssl ? "STARTTLS" : "in clear", required ? " required" : "", s->ssl ? ", " : "",
		 s->ssl ? s->p->shake.version : "", external ? ", SASL EXTERNAL" : "",
		 dialback ? ", dialback" : "");
	if (!external && !dialback && !s->ssl)
		fp_found(s->r, FP_CHECK_WARN, "enable dialback there",
			 "dialback is not offered: in clear nothing else proves who a server is");
}

static void converse(struct stream *s)
{
	bool required;
	int tls;

	if (!open_stream(s))
		return;
	required = s->x.features & FP_XMPP_F_REQUIRED;
	tls = judge_offer(s);
	if (tls < 0 || (tls && (!start_tls(s) || !secure(s))))
		return;
	if (tls) {
		judge_cert(s);
		if (!open_stream(s))
			return;
	}
	tell(s, required);
}

static void end(struct stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Dial, then speak; false: nobody took the connection, and that is told. */
static bool meet(struct stream *s, const struct fp_endpoint *to, const struct fp_addr *source)
{
	char ep[FP_TXT_ENDPOINT];

	s->fd = fp_dial(source, &to->addr, to->port, fp_now_ms() + s->p->opts->timeout);
	if (s->fd < 0) {
		fp_found(s->r, FP_CHECK_FAIL,
			 s->fd != -ETIMEDOUT ? "does its XMPP federation run?" :
			 is_ours(s) ? "let firewalls between gateway and node permit the port" :
			 "let firewalls permit tcp 5269 both ways", "%s: %s",
			 fp_endpoint_str(to, ep), strerror(-s->fd));
		return false;
	}
	s->deadline = fp_now_ms() + s->p->opts->timeout;
	converse(s);
	end(s);
	return true;
}

/* --- whom --- */

static const struct fp_obj_inspect *map_of(const struct fp_probe *p)
{
	return p->fed->inspect ? fp_find_inspect(p->model, p->fed->inspect) : NULL;
}

/* What the policy asks of the streams of a partner's domain, as the daemon reads it. */
static u32 tls_of(const struct fp_probe *p, const char *domain)
{
	const struct fp_obj_domain *d = fp_find_domain(p->model, domain);
	const struct fp_obj_inspect *map = map_of(p);

	if (d && d->tls)
		return d->tls;
	return map && map->tls ? map->tls : (u32)FEDPAT_STREAM_TLS_REQUIRED;
}

static const char *first_plain(const struct fp_strs *list)
{
	for (u32 i = 0; i < list->n; i++)
		if (list->v[i][0] != '*')
			return list->v[i];
	return "";
}

/* A partner who may call us, the most demanding first. */
static const char *some_partner(const struct fp_probe *p)
{
	const struct fp_obj_domain *d, *best = NULL;
	u32 i;

	fp_model_each(p->model, FP_K_DOMAIN, i, d)
		if (d->federation && !strcmp(d->federation, p->fed->o.name) && !d->blocked &&
		    d->o.name[0] != '*' && d->direction != FEDPAT_DIRECTION_OUT &&
		    (!best || tls_of(p, d->o.name) > tls_of(p, best->o.name)))
			best = d;
	return best ? best->o.name : "partner.invalid";
}

static void meet_partner(struct stream *s)
{
	struct fp_endpoint to = { .port = s->p->port };

	s->from = first_plain(&s->p->fed->local_domain);
	s->to = s->p->domain;
	s->tls = tls_of(s->p, s->p->domain);
	for (u32 i = 0; i < s->p->n_addrs; i++) {
		to.addr = s->p->addrs[i];
		if (meet(s, &to, &s->p->source))
			return;
	}
}

/* Where the row of a public address and port leads. */
static const struct fp_obj_static_pat *row_of(const struct fp_probe *p, u16 port)
{
	const struct fp_obj_static_pat *row;
	u32 i, j;

	fp_model_each(p->model, FP_K_STATIC_PAT, i, row)
		for (j = 0; j < p->n_addrs; j++)
			if (row->public.port == port && row->federation &&
			    !strcmp(row->federation, p->fed->o.name) &&
			    fp_same_addr(&row->public.addr, &p->addrs[j]))
				return row;
	return NULL;
}

static void meet_nodes(struct stream *s)
{
	const struct fp_obj_static_pat *row;

	s->from = some_partner(s->p);
	s->to = s->p->domain;
	s->tls = tls_of(s->p, s->from);
	for (u32 i = 0; i < s->p->n_srvs; i++) {
		row = row_of(s->p, s->p->srvs[i].port);
		if (row) {
			meet(s, &row->node, &s->p->fed->inside_addr);
			continue;
		}
		fp_found(s->r, FP_CHECK_FAIL, NULL,
			 "%s port %u leads to no node: no static-PAT row",
			 s->p->srvs[i].target, s->p->srvs[i].port);
		fp_mend(s->r, "correct the SRV record of %s, or give a node that port",
			s->p->domain);
	}
}

/* C15: does the server speak what federation needs? */
void fp_check_c15(struct fp_probe *p, struct fp_check_result *r)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->p = p;
	s->r = r;
	s->fd = -1;
	if (p->kind == FP_PROBE_XMPP_LOCAL)
		meet_nodes(s);
	else
		meet_partner(s);
	free(s);
}
