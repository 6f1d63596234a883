// SPDX-License-Identifier: GPL-2.0
/*
 * Names in a certificate (RFC 5922 section 7.1): sip: URIs and DNS names of
 * the subject alternative name, addresses too; the common name only when there
 * is no alternative name. Wildcards prove nothing for SIP (section 7.2).
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "identity.h"

/* Of hosts and addresses. A NUL or a line end is an attack, a wildcard is no name. */
static bool is_plain(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !memchr("-._:", name[i], 4))
			return false;
	return len;
}

static int add_name(struct fpd_identity *id, const char *name, size_t len)
{
	char *copy;

	if (len && name[len - 1] == '.')
		len--;
	if (len > FEDPAT_FQDN_MAX || !is_plain(name, len) || id->n == FPD_NAMES_MAX)
		return 0;
	copy = malloc(len + 1);
	if (!copy)
		return -1;
	for (size_t i = 0; i < len; i++)
		copy[i] = (char)tolower((unsigned char)name[i]);
	copy[len] = 0;
	id->names[id->n++] = copy;
	return 0;
}

/* sip:example.net proves example.net; a user part proves nothing here. */
static int add_uri(struct fpd_identity *id, const char *uri, size_t len)
{
	if (len < 5 || strncasecmp(uri, "sip:", 4) || memchr(uri, '@', len))
		return 0;
	return add_name(id, uri + 4, len - 4);
}

static int add_address(struct fpd_identity *id, const ASN1_OCTET_STRING *ip)
{
	int len = ASN1_STRING_length(ip);
	char text[INET6_ADDRSTRLEN];

	if (len != 4 && len != 16)
		return 0;
	if (!inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(ip),
		       text, sizeof(text)))
		return 0;
	return add_name(id, text, strlen(text));
}

static int add_general(struct fpd_identity *id, const GENERAL_NAME *gn)
{
	const ASN1_STRING *s;
	int type;

	s = GENERAL_NAME_get0_value(gn, &type);
	switch (type) {
	case GEN_DNS:
		return add_name(id, (const char *)ASN1_STRING_get0_data(s),
				(size_t)ASN1_STRING_length(s));
	case GEN_URI:
		return add_uri(id, (const char *)ASN1_STRING_get0_data(s),
			       (size_t)ASN1_STRING_length(s));
	case GEN_IPADD:
		return add_address(id, s);
	}
	return 0;
}

static int add_common_name(struct fpd_identity *id, X509 *cert)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	X509_NAME_ENTRY *entry;
	int len, ret;

	if (at < 0)
		return 0;
	entry = X509_NAME_get_entry(subject, at);
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	ret = len > 0 ? add_name(id, (char *)utf8, (size_t)len) : 0;
	OPENSSL_free(utf8);
	return ret;
}

static int read_names(struct fpd_identity *id, X509 *cert)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int ret = 0;

	/* One that is there and cannot be read proves nothing, nor does what it stands before. */
	if (!san)
		return X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) < 0 ?
			add_common_name(id, cert) : 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(san) && !ret; i++)
		ret = add_general(id, sk_GENERAL_NAME_value(san, i));
	GENERAL_NAMES_free(san);
	return ret;
}

static void read_eku(struct fpd_identity *id, X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);
	uint32_t eku;

	id->eku_absent = !(flags & EXFLAG_XKUSAGE);
	if (id->eku_absent)
		return;
	eku = X509_get_extended_key_usage(cert);
	id->eku_server = eku & (XKU_SSL_SERVER | XKU_ANYEKU);
	id->eku_client = eku & (XKU_SSL_CLIENT | XKU_ANYEKU);
}

static void read_end(struct fpd_identity *id, X509 *cert)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) > 0)
		id->not_after = (uint64_t)timegm(&tm);
}

/**
 * fpd_identity_read() - what a verified certificate proves
 * @id: filled; fpd_identity_free() it
 * @cert: the certificate, its chain verified
 *
 * Return: 0, or -1 without memory.
 */
int fpd_identity_read(struct fpd_identity *id, X509 *cert)
{
	memset(id, 0, sizeof(*id));
	X509_NAME_oneline(X509_get_subject_name(cert), id->subject,
			  sizeof(id->subject));
	read_eku(id, cert);
	read_end(id, cert);
	return read_names(id, cert);
}

/**
 * fpd_identity_free() - free what fpd_identity_read() made
 * @id: the identity; may be all zero
 */
void fpd_identity_free(struct fpd_identity *id)
{
	while (id->n)
		free(id->names[--id->n]);
}

/**
 * fpd_identity_has() - is a name proved?
 * @id: the identity
 * @name: host name, domain or address as text
 *
 * Return: true when the certificate proves exactly this name.
 */
bool fpd_identity_has(const struct fpd_identity *id, const char *name)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < id->n; i++)
		if (strlen(id->names[i]) == len &&
		    !strncasecmp(id->names[i], name, len))
			return true;
	return false;
}

/**
 * fpd_identity_eku_ok() - may the certificate be used in this role?
 * @id: the identity
 * @asked: what the peer's policy asks
 * @peer_dials: the peer is the TLS client
 *
 * Without the extension every use is allowed (RFC 5280 section 4.2.1.12),
 * but `both` asks for the two to be written there, as an Access Edge does.
 *
 * Return: true when it may.
 */
bool fpd_identity_eku_ok(const struct fpd_identity *id, enum fedpat_eku asked,
			 bool peer_dials)
{
	switch (asked) {
	case FEDPAT_EKU_BOTH:
		return id->eku_server && id->eku_client;
	case FEDPAT_EKU_ANY_TLS:
		return id->eku_absent || id->eku_server || id->eku_client;
	default:
		if (id->eku_absent)
			return true;
		return peer_dials ? id->eku_client : id->eku_server;
	}
}

/**
 * fpd_verify_reason() - why a chain is not accepted
 * @v: X509_V_ERR_*
 *
 * Return: the reason.
 */
enum fp_reason fpd_verify_reason(long v)
{
	switch (v) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return FP_R_TLS_CERT_EXPIRED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return FP_R_TLS_UNKNOWN_CA;
	case X509_V_ERR_CERT_REVOKED:
		return FP_R_TLS_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return FP_R_TLS_REVOCATION_UNKNOWN;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return FP_R_TLS_WEAK;
	default:
		return FP_R_TLS_CERT_INVALID;
	}
}

static enum fp_reason library_reason(unsigned long code)
{
	switch (ERR_GET_REASON(code)) {
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return FP_R_TLS_NO_CERT;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return FP_R_TLS_VERSION;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
		return FP_R_TLS_CIPHER;
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
		return FP_R_TLS_NOT_TLS;
	}
	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET)
		return FP_R_TLS_PEER_ALERT;
	return FP_R_TLS_ERROR;
}

/*
 * OpenSSL's servers call each first record but a hello "unexpected message", and throw
 * an alert away unread. So what a connection began with is kept with it: type of the
 * record, description where that is an alert.
 */
#define FIRST(type, alert)	(1u << 16 | (unsigned int)(type) << 8 | (alert))
#define NO_ALERT		0xff

static CRYPTO_ONCE first_once = CRYPTO_ONCE_STATIC_INIT;
static int first_index = -1;

static void make_index(void)
{
	first_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* Between head and body of a record: the body of an alert is still in the socket. */
static void note_first(int sent, int version, int type, const void *buf, size_t len, SSL *ssl,
		       void *arg)
{
	const unsigned char *head = buf;
	unsigned char body[2] = { 0, NO_ALERT };
	unsigned int first;

	(void)version;
	(void)arg;
	if (sent || type != SSL3_RT_HEADER || !len || SSL_get_ex_data(ssl, first_index))
		return;
	if (head[0] == SSL3_RT_ALERT &&
	    recv(SSL_get_fd(ssl), body, sizeof(body), MSG_PEEK | MSG_DONTWAIT) < 2)
		body[1] = NO_ALERT;
	first = FIRST(head[0], body[1]);
	SSL_set_ex_data(ssl, first_index, (void *)(uintptr_t)first);
}

/**
 * fpd_tls_watch() - let fpd_tls_reason() know how connections begin
 * @ctx: their context
 */
void fpd_tls_watch(SSL_CTX *ctx)
{
	if (CRYPTO_THREAD_run_once(&first_once, make_index) > 0 && first_index >= 0)
		SSL_CTX_set_msg_callback(ctx, note_first);
}

static enum fp_reason unexpected(const SSL *ssl, char *text, size_t size)
{
	void *kept = first_index < 0 ? NULL : SSL_get_ex_data(ssl, first_index);
	unsigned int first = (unsigned int)(uintptr_t)kept;

	if (first >> 8 == FIRST(SSL3_RT_HANDSHAKE, 0) >> 8)
		return FP_R_TLS_ERROR;
	if (first >> 8 != FIRST(SSL3_RT_ALERT, 0) >> 8)
		return FP_R_TLS_NOT_TLS;
	snprintf(text, size, "alert instead of a hello: %s",
		 SSL_alert_desc_string_long((int)(first & 0xff)));
	return FP_R_TLS_PEER_ALERT;
}

/**
 * fpd_tls_reason() - why a handshake failed
 * @ssl: the connection
 * @ssl_error: what SSL_get_error() said
 * @text: the library's own words
 * @size: size of @text
 *
 * Context: right after the failure, same thread: reads the error queue.
 * Return: the reason.
 */
enum fp_reason fpd_tls_reason(const SSL *ssl, int ssl_error, char *text,
			      size_t size)
{
	unsigned long code = ERR_peek_error();
	const char *words = code ? ERR_reason_error_string(code) : NULL;
	long v = SSL_get_verify_result(ssl);

	if (v != X509_V_OK && code &&
	    ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		snprintf(text, size, "%s", X509_verify_cert_error_string(v));
		ERR_clear_error();
		return fpd_verify_reason(v);
	}
	if (!code) {
		snprintf(text, size, "%s", ssl_error == SSL_ERROR_SYSCALL ?
			 "connection closed or reset" : "connection closed");
		return FP_R_TLS_CLOSED;
	}
	snprintf(text, size, "%s", words ? words : "unknown error");
	ERR_clear_error();
	if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return FP_R_TLS_CLOSED;
	if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_MESSAGE)
		return unexpected(ssl, text, size);
	return library_reason(code);
}
