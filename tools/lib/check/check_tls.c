// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes that go on where the daemon's would stop, so that everything that
 * is wrong with a peer is seen in one run. C5, C6, C7.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "check_probe.h"
#include "routes.h"
#include "text.h"

#define FIPS_SUITES12	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define SUITES12	FIPS_SUITES12 ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* A server that refuses us says so at once; one that is content may say nothing. */
#define CONTENT_MS	700

/**
 * fp_alert_words() - what a TLS alert of the peer means here
 * @alert: its description
 *
 * Return: words, "" for those that say nothing more than their name
 */
const char *fp_alert_words(u8 alert)
{
	switch (alert) {
	case SSL_AD_UNKNOWN_CA:
		return "the peer does not trust the CA of our certificate: give it our root";
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
		return "the peer rejects our certificate: are its name and its CA known there?";
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
		return "the peer rejects our kind of certificate: no clientAuth, or its key type";
	case SSL_AD_CERTIFICATE_EXPIRED:
		return "our certificate has expired, says the peer: renew it, compare the clocks";
	case SSL_AD_CERTIFICATE_REVOKED:
		return "our certificate was revoked, says the peer";
	case SSL_AD_ACCESS_DENIED:
		return "the peer knows our certificate and does not permit us";
	case SSL_AD_PROTOCOL_VERSION:
		return "no TLS version in common: the gateway speaks 1.2 and 1.3";
	case SSL_AD_HANDSHAKE_FAILURE:
	case SSL_AD_INSUFFICIENT_SECURITY:
		return "no cipher suite or key type in common, or our certificate was refused";
	case SSL_AD_UNRECOGNIZED_NAME:
		return "the peer does not know the name that was asked for";
	}
	return alert == 116 ? "the peer asks for a client certificate" : "";
}

/**
 * fp_alert_name() - name of a TLS alert
 * @alert: its description
 *
 * Return: the name; OpenSSL 3.0 has none for the one of TLS 1.3
 */
const char *fp_alert_name(u8 alert)
{
	return alert == 116 ? "certificate required" : SSL_alert_desc_string_long(alert);
}

/* --- one handshake ---------------------------------------------------------------- */

static struct fp_shake *shake_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

/* Keep every fault and go on: the list is the result. */
static int note_fault(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	struct fp_shake *s = shake_of(ssl);
	struct fp_chain_fault *f;

	if (ok || s->n_faults == FP_PROBE_VERIFY)
		return 1;
	f = &s->faults[s->n_faults++];
	f->code = X509_STORE_CTX_get_error(store);
	f->depth = X509_STORE_CTX_get_error_depth(store);
	if (cert)
		X509_NAME_oneline(X509_get_subject_name(cert), f->subject, sizeof(f->subject));
	return 1;
}

static int cert_asked(SSL *ssl, void *arg)
{
	(void)arg;
	shake_of(ssl)->asked_cert = true;
	return 1;
}

static void watch(const SSL *ssl, int where, int value)
{
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xff))
		shake_of(ssl)->sent_alert = (u8)(value & 0xff);
}

static int got_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)session;
	shake_of(ssl)->ticket = true;
	return 0;
}

static int own_fault(struct fp_shake *s, const char *what, const char *file)
{
	unsigned long code = ERR_peek_last_error();
	const char *words = code ? ERR_reason_error_string(code) : NULL;

	snprintf(s->text, sizeof(s->text), "%s %s cannot be used: %s", what, file,
		 words ? words : "unknown error");
	s->reason = FP_R_NO_TRUSTPOINT;
	ERR_clear_error();
	return -1;
}

static int load_own(SSL_CTX *ctx, const struct fp_shake_how *how, struct fp_shake *s)
{
	const struct fp_obj_trustpoint *tp = how->tp;
	const char *key;

	if (!tp)
		return 0;
	if (tp->ca && *tp->ca && SSL_CTX_load_verify_locations(ctx, tp->ca, NULL) <= 0)
		return own_fault(s, "ca file", tp->ca);
	if (!how->show || !tp->cert || !*tp->cert)
		return 0;
	key = tp->key && *tp->key ? tp->key : tp->cert;
	if (SSL_CTX_use_certificate_chain_file(ctx, tp->cert) <= 0)
		return own_fault(s, "certificate file", tp->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) <= 0)
		return own_fault(s, "key file", key);
	if (SSL_CTX_check_private_key(ctx) <= 0)
		return own_fault(s, "key file", key);
	return 0;
}

static int set_protocol(SSL_CTX *ctx, const struct fp_shake_how *how)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!how->lax)
		return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) > 0 &&
			SSL_CTX_set_cipher_list(ctx, how->fips ? FIPS_SUITES12 : SUITES12) > 0 ?
			0 : -1;
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) > 0 &&
		SSL_CTX_set_cipher_list(ctx, "ALL:eNULL:@SECLEVEL=0") > 0 ? 0 : -1;
}

static SSL_CTX *make_ctx(const struct fp_shake_how *how, struct fp_shake *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	if (set_protocol(ctx, how) || load_own(ctx, how, s)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(ctx), X509_PURPOSE_ANY);
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_TRUSTED_FIRST);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note_fault);
	SSL_CTX_set_cert_cb(ctx, cert_asked, NULL);
	SSL_CTX_set_info_callback(ctx, watch);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
				       SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, got_ticket);
	return ctx;
}

static void shake_failed(SSL *ssl, int err, struct fp_shake *s)
{
	if (err == -ETIMEDOUT) {
		s->timed_out = true;
		s->reason = FP_R_TLS_TIMEOUT;
		snprintf(s->text, sizeof(s->text), "no answer in time");
		return;
	}
	s->reason = fpd_tls_reason(ssl, err, s->text, sizeof(s->text));
	s->closed = s->reason == FP_R_TLS_CLOSED;
}

static void connect_by(int fd, SSL *ssl, u64 deadline, struct fp_shake *s)
{
	int n, err;

	do {
		ERR_clear_error();
		n = SSL_connect(ssl);
		if (n == 1) {
			s->up = true;
			return;
		}
		err = SSL_get_error(ssl, n);
		if (err == SSL_ERROR_WANT_READ)
			n = fp_wait_fd(fd, POLLIN, deadline);
		else if (err == SSL_ERROR_WANT_WRITE)
			n = fp_wait_fd(fd, POLLOUT, deadline);
		else
			n = err;
	} while (!n && fp_now_ms() < deadline);
	shake_failed(ssl, n ? n : -ETIMEDOUT, s);
}

/*
 * In TLS 1.3 the client is done before the server has seen its certificate:
 * only what comes next says whether it was accepted.
 */
static void await_content(int fd, SSL *ssl, u64 deadline, struct fp_shake *s)
{
	u64 until = fp_now_ms() + CONTENT_MS;
	char c;
	int n;

	if (SSL_version(ssl) < TLS1_3_VERSION)
		return;
	if (until > deadline)
		until = deadline;
	while (!s->ticket && fp_now_ms() < until) {
		ERR_clear_error();
		n = SSL_peek(ssl, &c, 1);
		if (n > 0)
			return;
		n = SSL_get_error(ssl, n);
		if (n == SSL_ERROR_WANT_READ) {
			fp_wait_fd(fd, POLLIN, until);
			continue;
		}
		s->up = false;
		shake_failed(ssl, n, s);
		return;
	}
}

/**
 * fp_shake_run() - one handshake as client
 * @fd: connected socket, which stays the caller's
 * @how: how
 * @s: gets what it showed; fp_shake_free() it
 * @ctx: gets the context
 *
 * Return: TLS on @fd, also where the handshake failed; NULL where our own files
 * cannot be used (@s->text)
 */
SSL *fp_shake_run(int fd, const struct fp_shake_how *how, struct fp_shake *s, SSL_CTX **ctx)
{
	SSL *ssl;

	memset(s, 0, sizeof(*s));
	*ctx = make_ctx(how, s);
	ssl = *ctx ? SSL_new(*ctx) : NULL;
	if (!ssl || !SSL_set_fd(ssl, fd)) {
		SSL_free(ssl);
		SSL_CTX_free(*ctx);
		*ctx = NULL;
		return NULL;
	}
	SSL_set_app_data(ssl, s);
	if (how->host && how->host[0])
		SSL_set_tlsext_host_name(ssl, how->host);
	connect_by(fd, ssl, how->deadline, s);
	if (s->up)
		await_content(fd, ssl, how->deadline, s);
	snprintf(s->version, sizeof(s->version), "%s", SSL_get_version(ssl));
	snprintf(s->cipher, sizeof(s->cipher), "%s", SSL_get_cipher_name(ssl));
	if (SSL_get_peer_cert_chain(ssl))
		s->chain = X509_chain_up_ref(SSL_get_peer_cert_chain(ssl));
	return ssl;
}

/**
 * fp_shake_free() - free what fp_shake_run() kept
 * @s: the handshake; may be all zero
 */
void fp_shake_free(struct fp_shake *s)
{
	sk_X509_pop_free(s->chain, X509_free);
	s->chain = NULL;
}

/* --- C5 --------------------------------------------------------------------------- */

static const char *what_for(const struct fp_probe *p)
{
	return p->kind == FP_PROBE_NODE ? "the node" : "the peer";
}

/* The strict handshake found nothing in common: what does it speak? */
static void look_lax(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_shake_how how = { .tp = p->trustpoint, .show = true, .lax = true, .host = p->host,
				    .deadline = fp_now_ms() + p->opts->timeout };
	int fd = fp_dial(&p->source, &p->up_addr, p->port, how.deadline);
	struct fp_shake s = { 0 };
	SSL_CTX *ctx = NULL;
	SSL *ssl = NULL;

	if (fd >= 0)
		ssl = fp_shake_run(fd, &how, &s, &ctx);
	if (ssl && SSL_get_current_cipher(ssl)) {
		fp_found(r, FP_CHECK_FAIL, NULL, "%s speaks %s with %s, which the gateway does not",
			 what_for(p), s.version, s.cipher);
		fp_mend(r,
			"enable TLS 1.2 with an AES-GCM suite there, or set tls-profile legacy for the peer where AES-CBC is all it has");
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	fp_shake_free(&s);
	if (fd >= 0)
		close(fd);
}

static void failed_words(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_shake *s = &p->shake;
	const char *words = s->sent_alert ? fp_alert_words(s->sent_alert) : "";

	if (s->timed_out) {
		fp_found(r, FP_CHECK_FAIL,
			 "is this the TLS port? a plain TCP listener waits like this",
			 "%s took the connection and does not answer the TLS handshake",
			 what_for(p));
	} else if (s->reason == FP_R_TLS_NOT_TLS) {
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "%s answers, but not with TLS: port %u is another one",
			 what_for(p), p->port);
		fp_mend(r, "find its TLS port, or set the transport to tcp");
	} else if (s->sent_alert) {
		fp_found(r, FP_CHECK_FAIL, words, "%s refuses the handshake with alert \"%s\"",
			 what_for(p), fp_alert_name(s->sent_alert));
	} else if (s->closed) {
		fp_found(r, FP_CHECK_FAIL,
			 "look into its log: it may not know our address or our certificate",
			 "%s closes the connection in the handshake without a word", what_for(p));
	} else {
		fp_found(r, FP_CHECK_FAIL, NULL, "the handshake fails: %s", s->text);
	}
	if (!s->timed_out && !s->asked_cert && s->reason != FP_R_TLS_NOT_TLS)
		look_lax(p, r);
}

static bool is_anchor_fault(int code)
{
	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return true;
	}
	return false;
}

static void judge_anchor(struct fp_probe *p, const struct fp_chain_fault *f,
			 struct fp_check_result *r)
{
	X509 *last = p->shake.chain ? sk_X509_value(p->shake.chain,
						    sk_X509_num(p->shake.chain) - 1) : NULL;
	char issuer[256] = "?";

	if (last)
		X509_NAME_oneline(X509_get_issuer_name(last), issuer, sizeof(issuer));
	fp_found(r, FP_CHECK_FAIL, NULL, "its chain ends at %s, which is not trusted (%s)", issuer,
		 X509_verify_cert_error_string(f->code));
	fp_mend(r,
		"add that root to %s of trustpoint '%s'; an intermediate that is missing the peer must send",
		p->trustpoint && p->trustpoint->ca ? p->trustpoint->ca : "the ca file",
		p->trustpoint ? p->trustpoint->o.name : "?");
}

static void judge_chain(struct fp_probe *p, struct fp_check_result *r)
{
	bool anchor = false;

	for (u32 i = 0; i < p->shake.n_faults; i++) {
		const struct fp_chain_fault *f = &p->shake.faults[i];

		if (is_anchor_fault(f->code)) {
			/* one cause is told under several names */
			if (!anchor)
				judge_anchor(p, f, r);
			anchor = true;
		} else if (f->code == X509_V_ERR_CERT_HAS_EXPIRED) {
			fp_found(r, FP_CHECK_FAIL,
				 "it must be renewed there; compare the clocks too",
				 "certificate %s has expired", f->subject);
		} else if (f->code == X509_V_ERR_CERT_NOT_YET_VALID) {
			fp_found(r, FP_CHECK_FAIL, "compare the clocks of both sides",
				 "certificate %s is not valid yet", f->subject);
		} else {
			fp_found(r, FP_CHECK_FAIL, NULL, "certificate %s: %s", f->subject,
				 X509_verify_cert_error_string(f->code));
		}
	}
}

static bool any_name(const struct fp_strs *names, const struct fpd_identity *id)
{
	for (u32 i = 0; i < names->n; i++)
		if (fpd_identity_has(id, names->v[i]))
			return true;
	return false;
}

/* Subjects, name rules, host or domains, as the policy has them. */
static bool peer_accepts(const struct fp_probe *p)
{
	struct fp_name_verdict v;
	bool accepted = false;

	for (size_t i = 0; i < p->id.n; i++) {
		fp_peer_name(p->peer, p->id.names[i], &v);
		if (v.denied)
			return false;
		accepted |= v.accepted;
	}
	return accepted;
}

/* The rules of the daemon, match.c. */
static bool name_proved(const struct fp_probe *p)
{
	char buf[FP_TXT_ADDR];

	if (p->node)
		return p->node->subject.n ? any_name(&p->node->subject, &p->id) :
			fpd_identity_has(&p->id, fp_addr_str(&p->node->listener.addr, buf));
	if (peer_accepts(p))
		return true;
	if (p->peer->subject.n || (p->peer->host && *p->peer->host))
		return false;
	if (p->n_srvs && fp_name_directly_in(p->host, p->domain) &&
	    fpd_identity_has(&p->id, p->host))
		return true;
	return fpd_identity_has(&p->id, p->domain);
}

static void list_names(const struct fpd_identity *id, char *text, size_t size)
{
	size_t n = 0;

	snprintf(text, size, "no name at all");
	for (size_t i = 0; i < id->n && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "", id->names[i]);
}

static void judge_name(struct fp_probe *p, struct fp_check_result *r)
{
	char names[200], buf[FP_TXT_ADDR];

	list_names(&p->id, names, sizeof(names));
	if (!name_proved(p)) {
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "the certificate %.120s proves %s, not what is expected%s%s",
			 p->id.subject, names, p->host[0] ? ": " : "",
			 p->host[0] ? p->host : p->node ? "" :
			 fp_addr_str(&p->up_addr, buf));
		fp_mend(r, p->node ? "set the node's subject to one of these, if that is the node" :
			"set the peer's subject to one of these, if that is the partner; else it needs a certificate with the name in its SAN");
	} else if (p->host[0] && p->peer && !fpd_identity_has(&p->id, p->host) &&
		   fp_name_directly_in(p->host, p->domain)) {
		fp_found(r, FP_CHECK_WARN, "the partner should add it to the SAN",
			 "the name dialled, %s, is not in the certificate (%s)", p->host, names);
	}
}

static void judge_usage(struct fp_probe *p, struct fp_check_result *r)
{
	u32 asked = p->peer ? p->peer->eku : (u32)FEDPAT_EKU_ROLE;

	if (!fpd_identity_eku_ok(&p->id, asked, false)) {
		fp_found(r, FP_CHECK_FAIL, NULL,
			 "the certificate %.120s lacks %s, and eku %s asks for it",
			 p->id.subject, !p->id.eku_server ? "serverAuth" : "clientAuth",
			 asked == FEDPAT_EKU_BOTH ? "both" : "of its role");
		fp_mend(r, p->peer && (p->id.eku_server || p->id.eku_client) ?
			"have it renewed with serverAuth and clientAuth, or set eku any-tls" :
			"have it renewed with serverAuth and clientAuth");
	} else if (!fpd_identity_eku_ok(&p->id, asked, true)) {
		fp_found(r, FP_CHECK_WARN, NULL,
			 "the certificate %.120s lacks clientAuth: when it dials us it is refused (tls-wrong-eku)",
			 p->id.subject);
		fp_mend(r, p->peer ? "have it renewed with both usages, or set eku any-tls" :
			"have it renewed with both usages");
	}
}

/**
 * fp_judge_shake() - everything that a handshake showed
 * @p: the probe, whose shake stands and whose certificate was read into its id
 * @r: gets the findings
 */
void fp_judge_shake(struct fp_probe *p, struct fp_check_result *r)
{
	judge_chain(p, r);
	judge_name(p, r);
	judge_usage(p, r);
}

static void keep_identity(struct fp_probe *p)
{
	X509 *cert = p->shake.chain ? sk_X509_value(p->shake.chain, 0) : NULL;

	if (cert)
		fpd_identity_read(&p->id, cert);
}

static int shake_hands(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_shake_how how = {
		.tp = p->trustpoint, .show = true, .host = p->host,
		.fips = p->peer && p->peer->tls_profile == FEDPAT_TLS_PROFILE_FIPS,
		.lax = p->peer && p->peer->tls_profile == FEDPAT_TLS_PROFILE_LEGACY,
		.deadline = fp_now_ms() + p->opts->timeout,
	};
	struct fp_addr literal;

	if (!fp_txt_addr(p->host, &literal))
		how.host = "";
	p->fd = fp_dial(&p->source, &p->up_addr, p->port, how.deadline);
	if (p->fd < 0) {
		fp_found(r, FP_CHECK_FAIL, NULL, "a second connection fails: %s", strerror(-p->fd));
		p->fd = -1;
		return -1;
	}
	p->ssl = fp_shake_run(p->fd, &how, &p->shake, &p->ctx);
	if (!p->ssl)
		fp_found(r, FP_CHECK_FAIL, "fedctl trustpoint show", "trustpoint '%s': %s",
			 p->trustpoint->o.name, p->shake.text);
	return p->ssl ? 0 : -1;
}

static void own_missing(struct fp_probe *p, struct fp_check_result *r)
{
	if (!p->trustpoint)
		fp_found(r, FP_CHECK_FAIL,
			 "set the client-trustpoint of the other side's tls-proxy",
			 "no trustpoint says which certificate is shown here");
	else if (!p->trustpoint->cert || !*p->trustpoint->cert)
		fp_found(r, FP_CHECK_FAIL, "fedctl trustpoint set NAME cert FILE key FILE",
			 "trustpoint '%s' has no certificate to show", p->trustpoint->o.name);
}

/* C5: the handshake that the daemon will make, and what is wrong with it. */
void fp_check_c5(struct fp_probe *p, struct fp_check_result *r)
{
	if (p->transport != FEDPAT_TRANSPORT_TLS) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no TLS here: the address is the identity");
		return;
	}
	own_missing(p, r);
	if (r->n || shake_hands(p, r))
		return;
	keep_identity(p);
	if (!p->shake.up)
		failed_words(p, r);
	if (p->shake.chain)
		fp_judge_shake(p, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL, "%s, %s; %.160s", p->shake.version, p->shake.cipher,
			 p->id.subject);
	if (r->state == FP_CHECK_FAIL)
		fp_drop_connection(p);
}

/* C6: was our certificate asked for? */
void fp_check_c6(struct fp_probe *p, struct fp_check_result *r)
{
	if (p->transport != FEDPAT_TRANSPORT_TLS)
		fp_found(r, FP_CHECK_SKIP, NULL, "no TLS here");
	else if (p->shake.asked_cert)
		fp_found(r, FP_CHECK_OK, NULL, "CertificateRequest seen");
	else if (!p->shake.up)
		fp_found(r, FP_CHECK_SKIP, NULL, "the handshake did not come so far");
	else
		fp_found(r, FP_CHECK_FAIL, p->node ?
			 "point static PAT and the node at its Peer Auth listener (default 5062)" :
			 "ask the partner for the port of mutual TLS",
			 "%s does not ask for our certificate: port %u is a one-way TLS listener (Server Auth instead of Peer Auth)",
			 what_for(p), p->port);
}

/* --- C7 --------------------------------------------------------------------------- */

static const char anonymous[] =
	"OPTIONS sip:preflight.invalid SIP/2.0\r\n"
	"Via: SIP/2.0/TLS preflight.invalid;branch=z9hG4bKpreflight\r\n"
	"Max-Forwards: 70\r\nFrom: <sip:preflight.invalid>;tag=p\r\nTo: <sip:preflight.invalid>\r\n"
	"Call-ID: preflight@preflight.invalid\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/* 1: refused, 0: served, -1: neither */
static int without(struct fp_probe *p, int fd, struct fp_shake *s)
{
	struct fp_shake_how how = { .tp = p->trustpoint, .host = p->host,
				    .deadline = fp_now_ms() + p->opts->timeout,
				    .lax = p->peer &&
					   p->peer->tls_profile == FEDPAT_TLS_PROFILE_LEGACY };
	SSL_CTX *ctx = NULL;
	SSL *ssl = fp_shake_run(fd, &how, s, &ctx);
	int ret = -1, n;
	char buf[256];

	if (ssl && s->up) {
		n = fp_send_all(fd, ssl, anonymous, sizeof(anonymous) - 1, how.deadline);
		if (!n)
			n = fp_recv_some(fd, ssl, buf, sizeof(buf), how.deadline);
		ret = n > 0 ? 0 : n == -ETIMEDOUT ? -1 : 1;
	} else if (ssl) {
		ret = s->timed_out ? -1 : 1;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return ret;
}

/* C7: nobody gets in without a certificate. */
void fp_check_c7(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_shake s = { 0 };
	int fd, ret;

	if (p->transport != FEDPAT_TRANSPORT_TLS || !p->shake.asked_cert) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no mutual TLS here");
		return;
	}
	fd = fp_dial(&p->source, &p->up_addr, p->port, fp_now_ms() + p->opts->timeout);
	if (fd < 0) {
		fp_found(r, FP_CHECK_FAIL, NULL, "a further connection fails: %s", strerror(-fd));
		return;
	}
	ret = without(p, fd, &s);
	if (ret > 0)
		fp_found(r, FP_CHECK_OK, NULL, "refused%s%s", s.sent_alert ? " with alert " : "",
			 s.sent_alert ? fp_alert_name(s.sent_alert) : "");
	else if (!ret)
		fp_found(r, FP_CHECK_FAIL, "require client certificates there",
			 "%s answers who shows no certificate: mutual TLS is not enforced",
			 what_for(p));
	else
		fp_found(r, FP_CHECK_WARN, "require client certificates there",
			 "%s neither refuses nor answers who shows no certificate", what_for(p));
	fp_shake_free(&s);
	close(fd);
}
