/* SPDX-License-Identifier: GPL-2.0 */
/* What the checks of one probe share. */
#ifndef _FP_CHECK_PROBE_H
#define _FP_CHECK_PROBE_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <time.h>

#include "check.h"
#include "dns.h"
#include "identity.h"

struct ub_ctx;

#define FP_PROBE_ADDRS	16	/* addresses of a target that are tried */
#define FP_PROBE_SRVS	16	/* SRV records that are looked at */
#define FP_PROBE_VERIFY	8	/* faults of a chain that are kept */

/**
 * struct fp_chain_fault - one thing wrong with a peer's chain
 * @code: X509_V_ERR_*
 * @depth: 0 is the peer's own certificate
 * @subject: of the certificate
 */
struct fp_chain_fault {
	int code;
	int depth;
	char subject[256];
};

/**
 * struct fp_shake - a handshake and what it showed
 * @up: it succeeded
 * @asked_cert: a CertificateRequest was seen
 * @ticket: the server sent a session ticket, so it is content
 * @sent_alert: alert that the peer sent, 0 for none (no alert has this meaning as a refusal)
 * @closed: the peer closed the connection
 * @timed_out: nothing came in time
 * @version: "TLSv1.3"
 * @cipher: name of the suite
 * @text: the library's words where it failed
 * @reason: enum fp_reason of the failure
 * @faults: of the chain
 * @n_faults: how many
 * @chain: what the peer sent, or NULL
 */
struct fp_shake {
	bool up;
	bool asked_cert;
	bool ticket;
	u8 sent_alert;
	bool closed;
	bool timed_out;
	char version[16];
	char cipher[64];
	char text[160];
	enum fp_reason reason;
	struct fp_chain_fault faults[FP_PROBE_VERIFY];
	u32 n_faults;
	STACK_OF(X509) *chain;
};

/**
 * struct fp_probe - something to check, and what is known of it so far
 * @kind: enum fp_probe_kind
 * @title: for people: "partner contoso (example.net)"
 * @opts: how
 * @model: the policy
 * @fed: its federation, or NULL
 * @peer: of a partner
 * @node: of a node
 * @domain: that it serves, or that is looked up; may be empty
 * @host: name that is dialled; empty for addresses
 * @port: port that is dialled
 * @transport: enum fedpat_transport
 * @role: side
 * @source: address to dial from; family 0 = any
 * @trustpoint: identity that is shown and CAs that are believed, or NULL
 * @srvs: records of the domain
 * @n_srvs: how many
 * @addrs: addresses of the target
 * @n_addrs: how many
 * @up_addr: the first that took a connection; family 0 = none
 * @dns: resolver; made when first asked
 * @shake: the handshake of C5
 * @id: what the certificate proves
 * @fd: connection of C5, or -1
 * @ctx: TLS context of @ssl
 * @ssl: TLS on @fd, or NULL
 * @server: Server or User-Agent of its answer, or empty
 */
struct fp_probe {
	enum fp_probe_kind kind;
	char title[160];
	const struct fp_check_opts *opts;
	const struct fp_model *model;
	const struct fp_obj_federation *fed;
	const struct fp_obj_peer *peer;
	const struct fp_obj_node *node;
	char domain[FEDPAT_FQDN_MAX + 1];
	char host[FEDPAT_FQDN_MAX + 1];
	u16 port;
	u32 transport;
	u32 role;
	struct fp_addr source;
	const struct fp_obj_trustpoint *trustpoint;
	struct fp_srv srvs[FP_PROBE_SRVS];
	u32 n_srvs;
	struct fp_addr addrs[FP_PROBE_ADDRS];
	u32 n_addrs;
	struct fp_addr up_addr;
	struct ub_ctx *dns;
	struct fp_shake shake;
	struct fpd_identity id;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	char server[80];
};

/* check_run.c: findings. @mend may be NULL. */
__attribute__((format(printf, 4, 5)))
void fp_found(struct fp_check_result *r, enum fp_check_state state, const char *mend,
	      const char *fmt, ...);
/* The mend of the last finding, where it needs names in it. */
__attribute__((format(printf, 2, 3)))
void fp_mend(struct fp_check_result *r, const char *fmt, ...);

/* check_probes.c */
int fp_probes_make(const struct fp_model *model, const struct fp_check_opts *opts,
		   struct fp_probe ***out, u32 *n);
void fp_probe_clear(struct fp_probe *p);
/* "_sipfederationtls._tcp" */
const char *fp_probe_service(const struct fp_probe *p);
const struct fp_obj_zone *fp_zone_of_role(const struct fp_model *model, u32 role);
const struct fp_obj_tls_proxy *fp_proxy_of_role(const struct fp_model *model,
						const char *federation, u32 role);

/* check_dns.c: 0, -ETIMEDOUT, -ENOENT (@why says more) */
int fp_dns_addrs(struct fp_probe *p, const char *host, struct fp_addr *addrs, u32 *n,
		 char *cname, char *why, size_t size);
int fp_dns_srv(struct fp_probe *p, const char *name, char *why, size_t size);
void fp_srv_sort(struct fp_srv *srvs, u32 n);
bool fp_name_directly_in(const char *host, const char *domain);
void fp_dns_free(struct fp_probe *p);

/* check_net.c */
u64 fp_now_ms(void);
int fp_wait_fd(int fd, short events, u64 deadline);	/* 0, -ETIMEDOUT */
/* A connected socket, or negative errno; -EADDRNOTAVAIL: @source is not ours. */
int fp_dial(const struct fp_addr *source, const struct fp_addr *to, u16 port, u64 deadline);
int fp_send_all(int fd, SSL *ssl, const void *buf, size_t len, u64 deadline);
/* Octets read, 0 = closed, -ETIMEDOUT, other negative errno */
int fp_recv_some(int fd, SSL *ssl, void *buf, size_t len, u64 deadline);

/* check_tls.c */
/**
 * struct fp_shake_how - a handshake to be made
 * @tp: trustpoint, or NULL: nobody is believed and nothing shown
 * @show: show our certificate
 * @lax: let the oldest protocols and weakest suites pass, to see what is there
 * @fips: FIPS suites only
 * @host: for SNI, or empty
 * @deadline: ms of fp_now_ms()
 */
struct fp_shake_how {
	const struct fp_obj_trustpoint *tp;
	bool show;
	bool lax;
	bool fips;
	const char *host;
	u64 deadline;
};

/* SSL on @fd, also where it failed; NULL: @s->text says what is wrong with our own files. */
SSL *fp_shake_run(int fd, const struct fp_shake_how *how, struct fp_shake *s, SSL_CTX **ctx);
void fp_shake_free(struct fp_shake *s);
const char *fp_alert_words(u8 alert);
const char *fp_alert_name(u8 alert);
void fp_check_mutual(struct fp_probe *p, struct fp_check_result *r);
void fp_judge_shake(struct fp_probe *p, struct fp_check_result *r);
void fp_drop_connection(struct fp_probe *p);

/* check_sip_words.c */
/**
 * struct fp_sip_verdict - what an answer to OPTIONS means
 * @state: good or bad
 * @words: what it means
 * @mend: what to do, or NULL
 */
struct fp_sip_verdict {
	enum fp_check_state state;
	const char *words;
	const char *mend;
};

struct fp_sip_verdict fp_sip_judge(u16 status, u32 diagnostics);
/* Code of an ms-diagnostics value, 0 when it has none; its reason text goes to @reason. */
u32 fp_ms_diagnostics(const u8 *value, u32 len, char *reason, size_t size);

/* the checks */
void fp_check_c1(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c2(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c3(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c4(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c5(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c6(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c7(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c8(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c9(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c10(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c11(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c12(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c13(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c14(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c15(struct fp_probe *p, struct fp_check_result *r);
void fp_check_c16(struct fp_probe *p, struct fp_check_result *r);

void fp_probe_route(struct fp_probe *p);

#endif /* _FP_CHECK_PROBE_H */
