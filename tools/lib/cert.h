/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates as people handle them: files in whatever format a CA sends, put
 * in order, explained in words, made, written.
 *
 * Faults go to an fp_errs list and name the file. Private keys and passphrases
 * are cleansed when they are freed; no text ever holds a part of one.
 */
#ifndef _FP_CERT_H
#define _FP_CERT_H

#include <time.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "model.h"

#define FP_CERT_FILE_MAX	(1 << 20)	/* longest file that is read, octets */
#define FP_CERTS_MAX		512		/* most certificates of one file */
#define FP_CERT_NAMES_MAX	64		/* names looked at in one certificate */
#define FP_CERT_NAME_LEN	256
#define FP_CERT_CHAIN_MAX	8		/* CAs above a certificate */
#define FP_PASS_MAX		256		/* longest passphrase */
#define FP_CERT_PRINT		96		/* SHA-256 in hexadecimal with colons */

/* --- passphrases ---------------------------------------------------------- */

/**
 * struct fp_pass - a passphrase
 * @text: the passphrase
 * @len: its length
 * @given: there is one, if only an empty one
 */
struct fp_pass {
	char text[FP_PASS_MAX + 1];
	size_t len;
	bool given;
};

int fp_pass_read(const char *file, struct fp_pass *pass, struct fp_errs *errs);
int fp_pass_ask(const char *prompt, bool twice, struct fp_pass *pass, struct fp_errs *errs);
void fp_pass_free(struct fp_pass *pass);

/* --- files ---------------------------------------------------------------- */

/**
 * struct fp_cert_set - what files held
 * @certs: certificates in the order of the files; after fp_cert_arrange() the
 *	chain, the certificate's issuer first
 * @cert: the certificate, once fp_cert_arrange() found it
 * @key: private key, or NULL
 * @crls: revocation lists
 */
struct fp_cert_set {
	struct stack_st_X509 *certs;
	X509 *cert;
	EVP_PKEY *key;
	struct stack_st_X509_CRL *crls;
};

int fp_cert_set_init(struct fp_cert_set *set);
void fp_cert_set_free(struct fp_cert_set *set);
/* PEM, DER, PKCS#7 or PKCS#12, whatever it is; adds to the set. */
int fp_cert_read(const char *file, const struct fp_pass *pass, struct fp_cert_set *set,
		 struct fp_errs *errs);
int fp_cert_read_mem(const char *file, const void *data, size_t len, const struct fp_pass *pass,
		     struct fp_cert_set *set, struct fp_errs *errs);
/* A private key of ours: refused where others can read it. */
int fp_cert_check_mode(const char *file, struct fp_errs *errs);

/* What was mended, one line each. */
typedef void (*fp_cert_note_fn)(const char *text, void *arg);
/* Find the certificate of @set->key, or the one that issued none of the others. */
int fp_cert_arrange(const char *file, struct fp_cert_set *set, fp_cert_note_fn note, void *arg,
		    struct fp_errs *errs);
bool fp_cert_issued(X509 *issuer, X509 *cert);
bool fp_cert_self_signed(X509 *cert);

/* --- facts ---------------------------------------------------------------- */

enum fp_name_type {
	FP_NAME_DNS,
	FP_NAME_IP,
	FP_NAME_URI,
	FP_NAME_XMPP,	/* xmppAddr (RFC 6120 section 13.7.1.4) */
	FP_NAME_SRV,	/* SRVName (RFC 4985) */
	FP_NAME_CN,	/* only where there is no alternative name */
};

struct fp_cert_name {
	enum fp_name_type type;
	char text[FP_CERT_NAME_LEN];
};

/**
 * struct fp_cert_info - a certificate in plain values
 * @subject: as text
 * @issuer: likewise
 * @cn: common name, or empty
 * @serial: in hexadecimal
 * @print: SHA-256 of the certificate, hexadecimal with colons
 * @names: what it proves
 * @n_names: how many
 * @not_before: first second
 * @not_after: last second
 * @key: "RSA 2048", "ECDSA P-256"
 * @signature: "SHA-256 with RSA"
 * @weak: why key or signature are too weak, or NULL
 * @ca: it may sign certificates
 * @self_signed: its own issuer, and the signature says so
 * @eku_absent: no extended key usage at all: every use is allowed
 * @eku_server: serverAuth
 * @eku_client: clientAuth
 * @ocsp: URL of its OCSP responder, or empty
 * @crl: URL of its revocation list, or empty
 * @must_staple: TLS feature status_request (RFC 7633)
 */
struct fp_cert_info {
	char subject[512];
	char issuer[512];
	char cn[FP_CERT_NAME_LEN];
	char serial[64];
	char print[FP_CERT_PRINT];
	struct fp_cert_name names[FP_CERT_NAMES_MAX];
	u32 n_names;
	time_t not_before;
	time_t not_after;
	char key[48];
	char signature[64];
	const char *weak;
	bool ca;
	bool self_signed;
	bool eku_absent;
	bool eku_server;
	bool eku_client;
	char ocsp[FP_CERT_NAME_LEN];
	char crl[FP_CERT_NAME_LEN];
	bool must_staple;
};

void fp_cert_info(X509 *cert, struct fp_cert_info *info);
void fp_cert_print_of(X509 *cert, char print[FP_CERT_PRINT]);
/* Is it, by its name, one of those that end clientAuth? */
bool fp_cert_public_ca(const char *issuer);
bool fp_cert_has_name(const struct fp_cert_info *info, const char *name);
const char *fp_cert_key_text(EVP_PKEY *key, char *buf, size_t size);
const char *fp_key_weak(EVP_PKEY *key);
void fp_cert_subject(const X509_NAME *name, char *buf, size_t size);
/* Days until then, rounded down; negative when it is over. */
int fp_cert_days(time_t when, time_t now);
time_t fp_cert_time(const ASN1_TIME *t);

/* --- needs and findings --------------------------------------------------- */

#define FP_NEEDS_MAX	64

/**
 * struct fp_cert_need - one use of a trustpoint's identity
 * @object: "tls-proxy 'x'", "peer 'y'"
 * @federation: whose
 * @shown: to whom, in words
 * @name: name that must be in it, or empty
 * @server: shown as TLS server
 * @client: shown as TLS client
 * @both: a partner of the federation asks for both uses
 * @outside: shown to partners
 */
struct fp_cert_need {
	char object[96];
	const char *federation;
	const char *shown;
	char name[FEDPAT_FQDN_MAX + 1];
	bool server;
	bool client;
	bool both;
	bool outside;
};

struct fp_cert_needs {
	struct fp_cert_need v[FP_NEEDS_MAX];
	u32 n;
};

/* Who needs the identity of trustpoint @name. */
void fp_cert_needs(const struct fp_model *model, const char *name, struct fp_cert_needs *needs);

enum fp_finding_level {
	FP_FIND_WARNING,	/* works today */
	FP_FIND_ERROR,		/* somebody will refuse it */
};

/**
 * struct fp_finding - one thing that is wrong
 * @code: short and stable, for scripts
 * @level: how bad
 * @text: what is wrong
 * @mend: what to do
 */
struct fp_finding {
	const char *code;
	enum fp_finding_level level;
	char text[640];
	char mend[640];
};

#define FP_FINDINGS_MAX	32

struct fp_findings {
	struct fp_finding v[FP_FINDINGS_MAX];
	u32 n;
	u32 errors;
};

__attribute__((format(printf, 5, 6)))
void fp_finding_add(struct fp_findings *f, enum fp_finding_level level, const char *code,
		    const char *mend, const char *fmt, ...);

/* How far before the end it is told, in days: the widest that applies; 0: not yet. */
int fp_cert_stage(time_t not_after, time_t now);

/**
 * struct fp_trustpoint_view - a trustpoint as it stands on the disk
 * @tp: the object
 * @needs: who needs it
 * @set: certificate, chain and key
 * @cas: its CAs
 * @crls: its revocation lists
 * @info: facts about the certificate; meaningful where set.cert is
 * @has_key: the key was read and matches
 * @anchor: where the chain ends: subject, or empty
 * @anchor_where: "ca file", "system store", "file itself", NULL where it was not found
 * @findings: what is wrong
 */
struct fp_trustpoint_view {
	const struct fp_obj_trustpoint *tp;
	struct fp_cert_needs needs;
	struct fp_cert_set set;
	struct fp_cert_set cas;
	struct fp_cert_set crls;
	struct fp_cert_info info;
	bool has_key;
	char anchor[512];
	const char *anchor_where;
	struct fp_findings findings;
};

struct fp_trustpoint_view *fp_trustpoint_view(const struct fp_model *model,
					      const struct fp_obj_trustpoint *tp, time_t now);
void fp_trustpoint_view_free(struct fp_trustpoint_view *view);
/* Findings of a certificate alone, for uses that are known. */
void fp_cert_judge(const struct fp_cert_info *info, const struct fp_cert_needs *needs, time_t now,
		   struct fp_findings *f);

/* --- making --------------------------------------------------------------- */

enum fp_key_type {
	FP_KEY_RSA_2048,
	FP_KEY_RSA_3072,
	FP_KEY_RSA_4096,
	FP_KEY_P256,
	FP_KEY_P384,
};

extern const char * const fp_key_types[];	/* words, ends with NULL */

/**
 * struct fp_cert_request - what a certificate shall say
 * @subject: "CN=a, O=b", or empty: the first name
 * @names: DNS names, addresses and URIs; what each is, is seen from it
 * @server: serverAuth
 * @client: clientAuth
 * @days: of a self-signed one
 */
struct fp_cert_request {
	const char *subject;
	struct fp_strs names;
	bool server;
	bool client;
	u32 days;
};

EVP_PKEY *fp_key_make(enum fp_key_type type);
X509_NAME *fp_cert_name_parse(const char *text, struct fp_errs *errs);
struct stack_st_X509_EXTENSION *fp_cert_extensions(const struct fp_cert_request *req,
						   bool self_signed, struct fp_errs *errs);
X509_REQ *fp_csr_make(const struct fp_cert_request *req, EVP_PKEY *key, struct fp_errs *errs);
X509 *fp_cert_make(const struct fp_cert_request *req, EVP_PKEY *key, struct fp_errs *errs);
/* Names that the uses of a trustpoint ask for, each once. */
void fp_cert_wanted_names(const struct fp_model *model, const char *trustpoint,
			  struct fp_strs *names);
int fp_strs_add(struct fp_strs *strs, const char *text);	/* once */
void fp_strs_free(struct fp_strs *strs);

/* --- writing -------------------------------------------------------------- */

enum fp_cert_format {
	FP_CERT_PEM,
	FP_CERT_DER,
	FP_CERT_P7B,
	FP_CERT_P12,
};

extern const char * const fp_cert_formats[];

/* All or nothing: beside, then renamed; @mode as it shall be. */
int fp_cert_put(const char *file, const void *data, size_t len, mode_t mode,
		struct fp_errs *errs);
/* Octets of certificate and chain, @name only for PKCS#12; to be freed with BIO_free(). */
BIO *fp_cert_export(const struct fp_cert_set *set, enum fp_cert_format format, const char *name,
		    const struct fp_pass *pass, struct fp_errs *errs);
BIO *fp_key_export(EVP_PKEY *key);
int fp_cert_put_bio(const char *file, BIO *bio, mode_t mode, struct fp_errs *errs);
/* A private key, 0600 and, where root writes it, of the daemon's user. */
int fp_key_put(const char *file, BIO *bio, struct fp_errs *errs);
/* Certificate, chain and key of a trustpoint; the key first, so that no moment has none. */
int fp_cert_put_identity(const char *cert, const char *key, const struct fp_cert_set *set,
			 struct fp_errs *errs);

/* Where a trustpoint's files are when nobody says it: <dir>/NAME.EXT */
void fp_cert_path(const char *trustpoint, const char *ext, char *buf, size_t size);

#endif /* _FP_CERT_H */
