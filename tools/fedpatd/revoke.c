// SPDX-License-Identifier: GPL-2.0
/*
 * Who asks about a peer's certificate, in this order: the staple it sent, what
 * was answered before, OCSP, the CA's list. Where nobody answers, a trustpoint
 * that is `hard` refuses, and `soft` lets pass with a warning: see match.c.
 *
 * All tables are bounded; what does not fit pushes out what is oldest.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/sha.h>

#include "daemon.h"
#include "revoke.h"
#include "cert_status.h"

#define ASKERS		4	/* threads that wait for responders */
#define JOBS_MAX	256	/* connections that wait for an answer */
#define ANSWERS		1024	/* answers that are kept */
#define LISTS		32	/* revocation lists that are kept */
#define STAPLES		64	/* certificates of ours */
#define SILENCE		30	/* seconds that a dead responder is left alone */
#define STOP_SECONDS	2	/* for a transfer that is under way at the end */
#define STAPLE_SCAN	30	/* seconds between looks at our own staples */

/* What a context asks for; freed with it. */
struct asked {
	char *ocsp;
	struct stack_st_X509 *cas;
};

struct job {
	struct job *next;
	struct fpd_conn *conn;		/* NULL: a leg that stands */
	X509 *cert;
	X509 *issuer;
	const struct asked *asked;	/* of conn->ctx, which conn holds; else of the job */
};

struct answer {
	unsigned char key[SHA256_DIGEST_LENGTH];
	struct fp_revoke r;
	time_t stamp;		/* 0: free */
	bool doubted;		/* revoked, and to be asked about again */
};

struct list {
	char url[FP_CERT_NAME_LEN];
	X509_CRL *crl;
	char why[256];		/* where it could not be fetched */
	time_t until;
	time_t stamp;
};

struct staple {
	unsigned char key[SHA256_DIGEST_LENGTH];
	X509 *cert;
	X509 *issuer;
	char url[FP_CERT_NAME_LEN];
	unsigned char *der;
	long len;
	time_t until;
	time_t again;		/* when to ask next */
	time_t stamp;		/* 0: free */
	unsigned int load;	/* the policy that wanted it last */
	bool missed;		/* that nobody staples it was told */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects all below */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct job *first, **last = &first;
static unsigned int jobs;
static struct answer answers[ANSWERS];
static struct list lists[LISTS];
static struct staple staples[STAPLES];
static bool stopping;
static unsigned int load;	/* counts the policies */

static pthread_t askers[ASKERS];	/* main thread only, like the next two */
static int n_askers;
static int asked_index = -1;

/* --- what a context asks for ---------------------------------------------- */

static void free_asked(struct asked *a)
{
	if (!a)
		return;
	sk_X509_pop_free(a->cas, X509_free);
	free(a->ocsp);
	free(a);
}

static void free_of_ctx(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
			void *argp)
{
	(void)parent, (void)ad, (void)index, (void)argl, (void)argp;
	free_asked(ptr);
}

static struct asked *new_asked(const char *ocsp, X509_STORE *store)
{
	struct stack_st_X509_OBJECT *objects = X509_STORE_get0_objects(store);
	struct asked *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->ocsp = ocsp && *ocsp ? strdup(ocsp) : NULL;
	a->cas = sk_X509_new_null();
	if (!a->cas || (ocsp && *ocsp && !a->ocsp)) {
		free_asked(a);
		return NULL;
	}
	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

		if (ca && X509_up_ref(ca) && !sk_X509_push(a->cas, ca))
			X509_free(ca);
	}
	return a;
}

/**
 * fpd_revoke_forgive() - callback of those who ask
 * @ok: what OpenSSL thinks
 * @ctx: the verification
 *
 * Whom no list knows, is asked about later; what is revoked stays revoked.
 *
 * Return: whether to go on
 */
int fpd_revoke_forgive(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return ok;
}

static void key_of(X509 *cert, unsigned char key[SHA256_DIGEST_LENGTH])
{
	unsigned int n = 0;

	memset(key, 0, SHA256_DIGEST_LENGTH);
	X509_digest(cert, EVP_sha256(), key, &n);
}

/* --- staples of ours ------------------------------------------------------ */

static struct staple *find_staple(const unsigned char *key)
{
	for (int i = 0; i < STAPLES; i++)
		if (staples[i].stamp && !memcmp(staples[i].key, key, sizeof(staples[i].key)))
			return &staples[i];
	return NULL;
}

static int on_status(SSL *ssl, void *arg)
{
	unsigned char key[SHA256_DIGEST_LENGTH], *copy = NULL;
	X509 *cert = SSL_get_certificate(ssl);
	struct staple *s;
	long len = 0;

	(void)arg;
	if (!cert)
		return SSL_TLSEXT_ERR_NOACK;
	key_of(cert, key);
	pthread_mutex_lock(&lock);
	s = find_staple(key);
	if (s && s->der && s->until > time(NULL)) {
		copy = OPENSSL_memdup(s->der, (size_t)s->len);
		len = s->len;
	}
	pthread_mutex_unlock(&lock);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, len); /* takes it */
	return SSL_TLSEXT_ERR_OK;
}

static void staple_drop(struct staple *s)
{
	X509_free(s->cert);
	X509_free(s->issuer);
	OPENSSL_free(s->der);
	memset(s, 0, sizeof(*s));
}

/* The same certificate after a reload keeps the answer that it has. */
static void staple_add(X509 *cert, X509 *issuer, const char *url)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	struct staple *s, *old = &staples[0];

	key_of(cert, key);
	pthread_mutex_lock(&lock);
	s = find_staple(key);
	for (int i = 0; i < STAPLES && !s; i++)
		if (staples[i].stamp < old->stamp)
			old = &staples[i];
	if (!s) {
		s = old;
		staple_drop(s);
		memcpy(s->key, key, sizeof(key));
		X509_up_ref(cert);
		X509_up_ref(issuer);
		s->cert = cert;
		s->issuer = issuer;
	}
	snprintf(s->url, sizeof(s->url), "%s", url);
	s->stamp = time(NULL);
	s->load = load;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

/**
 * fpd_revoke_staples_begin() - contexts of a policy are made now
 *
 * Context: main thread.
 */
void fpd_revoke_staples_begin(void)
{
	pthread_mutex_lock(&lock);
	load++;
	pthread_mutex_unlock(&lock);
}

/**
 * fpd_revoke_staples_end() - they are made: certificates that none has are forgotten
 *
 * Context: main thread.
 */
void fpd_revoke_staples_end(void)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < STAPLES; i++)
		if (staples[i].stamp && staples[i].load != load)
			staple_drop(&staples[i]);
	pthread_mutex_unlock(&lock);
}

static X509 *issuer_of_own(SSL_CTX *ctx, X509 *cert)
{
	struct stack_st_X509 *chain = NULL;
	X509_STORE_CTX *look;
	X509 *issuer = NULL;

	SSL_CTX_get0_chain_certs(ctx, &chain);
	if (sk_X509_num(chain) > 0 && fp_cert_issued(sk_X509_value(chain, 0), cert)) {
		X509_up_ref(sk_X509_value(chain, 0));
		return sk_X509_value(chain, 0);
	}
	look = X509_STORE_CTX_new();
	if (look && X509_STORE_CTX_init(look, SSL_CTX_get_cert_store(ctx), cert, NULL) > 0 &&
	    X509_STORE_CTX_get1_issuer(&issuer, look, cert) != 1)
		issuer = NULL;
	X509_STORE_CTX_free(look);
	ERR_clear_error();
	return issuer;
}

static void arm_staple(SSL_CTX *ctx, const char *ocsp)
{
	X509 *cert = SSL_CTX_get0_certificate(ctx);
	X509 *issuer = cert ? issuer_of_own(ctx, cert) : NULL;
	struct fp_cert_info *info = malloc(sizeof(*info));

	if (issuer && info && X509_cmp(issuer, cert)) {
		fp_cert_info(cert, info);
		if (*info->ocsp || (ocsp && *ocsp))
			staple_add(cert, issuer, *info->ocsp ? info->ocsp : ocsp);
	}
	SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	X509_free(issuer);
	free(info);
}

/**
 * fpd_revoke_arm() - let a context ask about its peers
 * @ctx: with identity and CAs
 * @ocsp: URL of the responder, or NULL: those that certificates name
 * @server: it accepts, and staples
 *
 * Context: main thread.
 * Return: 0, -1 without memory
 */
int fpd_revoke_arm(SSL_CTX *ctx, const char *ocsp, bool server)
{
	struct asked *a;

	if (asked_index < 0)
		asked_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_of_ctx);
	a = new_asked(ocsp, SSL_CTX_get_cert_store(ctx));
	if (!a)
		return -1;
	SSL_CTX_set_verify(ctx, SSL_CTX_get_verify_mode(ctx), fpd_revoke_forgive);
	if (server)
		arm_staple(ctx, ocsp);
	return SSL_CTX_set_ex_data(ctx, asked_index, a) > 0 ? 0 : -1;
}

static const struct asked *asked_of(SSL_CTX *ctx)
{
	return asked_index < 0 || !ctx ? NULL : SSL_CTX_get_ex_data(ctx, asked_index);
}

/**
 * fpd_revoke_prepare() - ask the server for its staple
 * @ssl: a connection that we dial
 */
void fpd_revoke_prepare(SSL *ssl)
{
	if (asked_of(SSL_get_SSL_CTX(ssl)))
		SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
}

/* --- answers -------------------------------------------------------------- */

/**
 * fpd_revoke_known() - what was answered of a certificate
 * @key: its SHA-256
 * @r: gets the answer
 *
 * Return: whether there is one that still holds
 */
bool fpd_revoke_known(const unsigned char key[SHA256_DIGEST_LENGTH], struct fp_revoke *r)
{
	time_t now = time(NULL);
	bool found = false;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < ANSWERS && !found; i++) {
		if (!answers[i].stamp || answers[i].doubted || answers[i].r.until <= now ||
		    memcmp(answers[i].key, key, SHA256_DIGEST_LENGTH))
			continue;
		*r = answers[i].r;
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static bool find_answer(X509 *cert, struct fp_revoke *r)
{
	unsigned char key[SHA256_DIGEST_LENGTH];

	key_of(cert, key);
	return fpd_revoke_known(key, r);
}

/**
 * fpd_revoke_forget() - ask again about everybody
 *
 * Whoever is revoked stays it until somebody says otherwise.
 *
 * Context: main thread.
 */
void fpd_revoke_forget(void)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < ANSWERS; i++) {
		if (answers[i].r.answer == FP_REVOKE_REVOKED)
			answers[i].doubted = true;
		else
			memset(&answers[i], 0, sizeof(answers[i]));
	}
	for (int i = 0; i < LISTS; i++)
		lists[i].until = 0;
	pthread_mutex_unlock(&lock);
}

/**
 * fpd_revoke_retry() - ask again where nobody answered
 *
 * Context: main thread.
 */
void fpd_revoke_retry(void)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < ANSWERS; i++)
		if (answers[i].r.answer == FP_REVOKE_UNKNOWN)
			answers[i].stamp = 0;
	for (int i = 0; i < LISTS; i++)
		if (!lists[i].crl)
			lists[i].until = 0;
	pthread_mutex_unlock(&lock);
}

static bool outlasts(const struct answer *old, const struct fp_revoke *r)
{
	return old->r.answer == FP_REVOKE_REVOKED && r->answer == FP_REVOKE_UNKNOWN &&
	       old->r.until > time(NULL);
}

/* @r becomes the old answer where that is worth more. */
static void keep_answer(X509 *cert, struct fp_revoke *r)
{
	unsigned char key[SHA256_DIGEST_LENGTH];
	struct answer *a = &answers[0];

	key_of(cert, key);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < ANSWERS; i++) {
		if (answers[i].stamp && !memcmp(answers[i].key, key, sizeof(key))) {
			a = &answers[i];
			break;
		}
		if (answers[i].stamp < a->stamp)
			a = &answers[i];
	}
	if (!memcmp(a->key, key, sizeof(key)) && outlasts(a, r))
		*r = a->r;
	memcpy(a->key, key, sizeof(key));
	a->r = *r;
	a->doubted = false;
	a->stamp = time(NULL);
	if (r->answer == FP_REVOKE_UNKNOWN)
		a->r.until = a->stamp + SILENCE;
	pthread_mutex_unlock(&lock);
}

/* Does it say of itself that it may be used still? */
static bool holds(const X509_CRL *crl)
{
	const ASN1_TIME *next = crl ? X509_CRL_get0_nextUpdate(crl) : NULL;

	return next && X509_cmp_current_time(next) > 0;
}

/* A reference, or NULL with the reason. */
static X509_CRL *get_list(const char *url, char *why, size_t size)
{
	struct list *l = NULL, *old = &lists[0];
	time_t now = time(NULL);
	X509_CRL *crl = NULL;
	bool fresh = false;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < LISTS && !l; i++)
		if (!strcmp(lists[i].url, url))
			l = &lists[i];
	if (l && l->until > now) {
		fresh = true;
		crl = l->crl;
		if (crl)
			X509_CRL_up_ref(crl);
		snprintf(why, size, "%s", l->why);
	}
	pthread_mutex_unlock(&lock);
	if (fresh)
		return crl;

	crl = fp_crl_fetch(url, why, size);
	pthread_mutex_lock(&lock);
	l = NULL;
	for (int i = 0; i < LISTS && !l; i++) {
		if (!strcmp(lists[i].url, url))
			l = &lists[i];
		if (lists[i].stamp < old->stamp)
			old = &lists[i];
	}
	l = l ? l : old;
	l->until = now + (crl ? FP_REVOKE_KEEP : SILENCE);
	if (!crl && !strcmp(l->url, url) && holds(l->crl)) {
		crl = l->crl;
	} else {
		X509_CRL_free(l->crl);
		l->crl = crl;
		snprintf(l->url, sizeof(l->url), "%s", url);
		snprintf(l->why, sizeof(l->why), "%s", crl ? "" : why);
		l->stamp = now;
	}
	if (crl)
		X509_CRL_up_ref(crl);
	pthread_mutex_unlock(&lock);
	return crl;
}

static void ask_list(const char *url, X509 *cert, X509 *issuer, struct fp_revoke *r)
{
	char why[256];
	X509_CRL *crl = get_list(url, why, sizeof(why));

	if (crl) {
		fp_crl_judge(crl, cert, issuer, url, r);
	} else {
		size_t n = strlen(r->text);

		snprintf(r->text + n, sizeof(r->text) - n, "%s%s", n ? "; " : "", why);
	}
	X509_CRL_free(crl);
}

/* Waits for the network. */
static void ask(const struct asked *a, X509 *cert, X509 *issuer, struct fp_revoke *r)
{
	struct fp_cert_info *info = malloc(sizeof(*info));
	unsigned char *der = NULL;
	const char *ocsp;
	long len;

	memset(r, 0, sizeof(*r));
	if (!info)
		return;
	fp_cert_info(cert, info);
	ocsp = a->ocsp ? a->ocsp : info->ocsp;
	if (*ocsp)
		fp_ocsp_ask(ocsp, cert, issuer, a->cas, r, &der, &len);
	OPENSSL_free(der);
	if (r->answer == FP_REVOKE_UNKNOWN && *info->crl)
		ask_list(info->crl, cert, issuer, r);
	if (!*ocsp && !*info->crl)
		snprintf(r->text, sizeof(r->text),
			 "the certificate names neither an OCSP responder nor a list");
	free(info);
	keep_answer(cert, r);
}

/* Forgotten, a peer whose own trustpoint is hard would pass. */
static void leave_unchecked(struct fpd_conn *conn, const char *why)
{
	conn->unchecked = strdup(why);
	if (!conn->unchecked)
		fpd_conn_fail(conn, FP_R_NO_MEMORY, "out of memory");
}

/* Whether nobody's answer will do is said by match.c, once it is known who it is. */
static void judge(struct fpd_conn *conn, const struct fp_revoke *r)
{
	if (r->answer == FP_REVOKE_REVOKED)
		fpd_conn_fail(conn, FP_R_TLS_REVOKED, "the certificate %s is %s", conn->id.subject,
			      r->text);
	else if (r->answer == FP_REVOKE_UNKNOWN && !conn->unchecked)
		leave_unchecked(conn, r->text);
}

/* --- connections ---------------------------------------------------------- */

static bool judge_staple(struct fpd_conn *conn, const struct asked *a, X509 *cert, X509 *issuer)
{
	const unsigned char *der = NULL;
	struct fp_revoke r = { 0 }, known;
	long len = conn->dialled ? SSL_get_tlsext_status_ocsp_resp(conn->ssl, &der) : 0;

	if (len <= 0 || !der)
		return false;
	fp_ocsp_judge(der, len, cert, issuer, a->cas, "the staple", &r);
	/* A bad staple proves nothing: the responder is asked. */
	if (r.answer == FP_REVOKE_UNKNOWN)
		return false;
	/* It says as much of the leg later, but outdoes nothing that was asked for. */
	if (!find_answer(cert, &known))
		keep_answer(cert, &r);
	judge(conn, &r);
	return true;
}

static bool put_job(struct fpd_conn *conn, const struct asked *a, X509 *cert, X509 *issuer)
{
	/* Those who wait for a leg have precedence over those who have one. */
	unsigned int room = conn ? JOBS_MAX : JOBS_MAX / 2;
	struct job *job = calloc(1, sizeof(*job));
	bool taken = false;

	if (!job)
		return false;
	*job = (struct job){ .conn = conn, .cert = cert, .issuer = issuer, .asked = a };
	X509_up_ref(cert);
	X509_up_ref(issuer);
	pthread_mutex_lock(&lock);
	if (jobs < room && !stopping && n_askers) {
		*last = job;
		last = &job->next;
		jobs++;
		taken = true;
		pthread_cond_signal(&wake);
	}
	pthread_mutex_unlock(&lock);
	if (taken)
		return true;
	X509_free(cert);
	X509_free(issuer);
	free(job);
	return false;
}

/**
 * fpd_revoke_take() - is the peer's certificate revoked?
 * @conn: after its handshake; its events are gone
 *
 * Context: worker. Never waits.
 * Return: false: judged, conn->reason says how; true: the connection is another
 * thread's now, which ends it by fpd_conn_checked()
 */
bool fpd_revoke_take(struct fpd_conn *conn)
{
	const struct asked *a = asked_of(conn->ctx);
	struct stack_st_X509 *chain = a ? SSL_get0_verified_chain(conn->ssl) : NULL;
	struct fp_revoke r = { 0 };
	X509 *cert, *issuer;

	/* Who is trusted by himself has nobody who could revoke him. */
	if (!a || sk_X509_num(chain) < 2)
		return false;
	cert = sk_X509_value(chain, 0);
	issuer = sk_X509_value(chain, 1);
	if (judge_staple(conn, a, cert, issuer))
		return false;
	if (!find_answer(cert, &r)) {
		if (put_job(conn, a, cert, issuer))
			return true;
		snprintf(r.text, sizeof(r.text), "too many certificates wait to be asked about");
	}
	judge(conn, &r);
	return false;
}

/**
 * fpd_revoke_ask() - ask about the certificate of a leg that stands
 * @cert: the certificate
 * @issuer: who issued it
 * @ocsp: URL of the responder, or NULL: those that certificates name
 * @store: CAs, of which one may sign the answer
 *
 * The answer is there for fpd_revoke_known() once it came.
 *
 * Context: main thread. Never waits.
 */
void fpd_revoke_ask(X509 *cert, X509 *issuer, const char *ocsp, X509_STORE *store)
{
	struct asked *a = new_asked(ocsp, store);

	if (a && !put_job(NULL, a, cert, issuer))
		free_asked(a);
}

/* --- threads -------------------------------------------------------------- */

static void free_job(struct job *job)
{
	X509_free(job->cert);
	X509_free(job->issuer);
	if (job->conn)
		fpd_conn_free(job->conn);
	else
		free_asked((struct asked *)job->asked);
	free(job);
}

static void do_job(struct job *job)
{
	struct fp_revoke r;

	/* Another connection of the same peer may have been answered meanwhile. */
	if (!find_answer(job->cert, &r))
		ask(job->asked, job->cert, job->issuer, &r);
	if (job->conn) {
		judge(job->conn, &r);
		fpd_conn_checked(job->conn);
		job->conn = NULL;
		job->asked = NULL;	/* went with the connection */
	}
	free_job(job);
}

static struct job *take_job(void)
{
	struct job *job = first;

	if (!job)
		return NULL;
	first = job->next;
	if (!first)
		last = &first;
	jobs--;
	return job;
}

/* Once for as long as it lasts. */
static void tell_staple(struct staple *s, const struct fp_revoke *r)
{
	bool missing = r->answer != FP_REVOKE_GOOD;
	char subject[FP_CERT_NAME_LEN] = "";

	if (missing == s->missed)
		return;
	s->missed = missing;
	X509_NAME_oneline(X509_get_subject_name(s->cert), subject, sizeof(subject));
	if (missing)
		fpd_log("warning: no staple for our certificate %s: %s; asked again in %d s",
			subject, r->text, STAPLE_SCAN);
	else
		fpd_log("our certificate %s is stapled again", subject);
}

/* Under the lock; which it drops while it asks. */
static bool refresh_staple(time_t now)
{
	unsigned char *der, key[SHA256_DIGEST_LENGTH];
	struct staple *s = NULL;
	struct fp_revoke r = { 0 };
	X509 *cert, *issuer;
	char url[FP_CERT_NAME_LEN];
	long len;

	for (int i = 0; i < STAPLES && !s; i++)
		if (staples[i].stamp && staples[i].again <= now)
			s = &staples[i];
	if (!s)
		return false;
	s->again = now + STAPLE_SCAN;
	memcpy(key, s->key, sizeof(key));
	cert = s->cert;
	issuer = s->issuer;
	X509_up_ref(cert);
	X509_up_ref(issuer);
	snprintf(url, sizeof(url), "%s", s->url);
	pthread_mutex_unlock(&lock);
	fp_ocsp_ask(url, cert, issuer, NULL, &r, &der, &len);
	X509_free(cert);
	X509_free(issuer);
	pthread_mutex_lock(&lock);
	s = find_staple(key);
	if (s)
		tell_staple(s, &r);
	if (s && der) {
		OPENSSL_free(s->der);
		s->der = der;
		s->len = len;
		s->until = r.until;
		/* In the middle of its life, so that there is time to try again. */
		s->again = now + (r.until > now + 2 * STAPLE_SCAN ? (r.until - now) / 2 :
				  STAPLE_SCAN);
		der = NULL;
	}
	OPENSSL_free(der);
	return true;
}

static void *asker(void *arg)
{
	struct timespec until;
	struct job *job;

	(void)arg;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		job = take_job();
		if (job) {
			pthread_mutex_unlock(&lock);
			do_job(job);
			pthread_mutex_lock(&lock);
			continue;
		}
		if (refresh_staple(time(NULL)))
			continue;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += STAPLE_SCAN;
		pthread_cond_clockwait(&wake, &lock, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/**
 * fpd_revoke_start() - start the threads
 *
 * Context: main thread, signals are the main thread's.
 * Return: 0 or -1
 */
int fpd_revoke_start(void)
{
	sigset_t all, old;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (n_askers < ASKERS && !ret) {
		ret = pthread_create(&askers[n_askers], NULL, asker, NULL);
		n_askers += !ret;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret ? -1 : 0;
}

/**
 * fpd_revoke_stop() - stop them, give up who waits, forget all answers
 *
 * OpenSSL takes the time of a transfer from the wall clock: where that was set
 * back meanwhile, its thread may not end in our life, and what it uses stays.
 *
 * Context: main thread, after the workers ended.
 */
void fpd_revoke_stop(void)
{
	struct job *job;

	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&wake);
	pthread_mutex_unlock(&lock);
	while (n_askers)
		if (!fpd_thread_end(askers[--n_askers], STOP_SECONDS))
			return;
	while ((job = take_job()))
		free_job(job);
	for (int i = 0; i < LISTS; i++)
		X509_CRL_free(lists[i].crl);
	for (int i = 0; i < STAPLES; i++)
		staple_drop(&staples[i]);
}
