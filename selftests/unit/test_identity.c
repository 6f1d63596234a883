// SPDX-License-Identifier: GPL-2.0
/* What a certificate proves about a SIP domain: RFC 5922 section 7, and its key usages. */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../tools/lib/identity.h"
#include "kselftest.h"
#include "relay_env.h"

static X509 *cert;
static struct fpd_identity id;

static void extension(int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext || !X509_add_ext(cert, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

/* A certificate with this common name, alternative names and usages; NULL leaves one out. */
static void make(const char *cn, const char *san, const char *eku)
{
	X509_NAME *subject;

	X509_free(cert);
	fpd_identity_free(&id);
	cert = X509_new();
	if (!cert || !X509_set_version(cert, X509_VERSION_3))
		abort();
	subject = X509_get_subject_name(cert);
	if (cn && !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					      (const unsigned char *)cn, -1, -1, 0))
		abort();
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	if (san)
		extension(NID_subject_alt_name, san);
	if (eku)
		extension(NID_ext_key_usage, eku);
	if (fpd_identity_read(&id, cert))
		abort();
}

/* The names that are proved, with commas between. */
static bool proves(const char *want)
{
	char got[1000] = "";
	size_t i, n = 0;

	for (i = 0; i < id.n; i++)
		n += snprintf(got + n, sizeof(got) - n, "%s%s", i ? "," : "", id.names[i]);
	if (!strcmp(got, want))
		return true;
	ksft_print_msg("proves %s, not %s\n", got, want);
	return false;
}

static void test_names(void)
{
	make("cn.example.net", "DNS:edge.example.net,URI:sip:example.net", NULL);
	expect(proves("edge.example.net,example.net"));
	result("DNS names and sip: URIs of the alternative name\n");
	make(NULL, "URI:sip:bob@example.net,URI:sips:a.example.net,URI:http://b.example.net", NULL);
	expect(proves(""));
	result("a sip: URI with a user proves no domain, nor does another scheme\n");
	make("cn.example.net", "DNS:edge.example.net", NULL);
	expect(!fpd_identity_has(&id, "cn.example.net"));
	make("cn.example.net", "email:a@example.net", NULL);
	expect(proves(""));
	make("cn.example.net", NULL, NULL);
	expect(proves("cn.example.net"));
	result("the common name counts only without an alternative name\n");
	make("*.example.net", NULL, NULL);
	expect(proves(""));
	make(NULL, "DNS:*.example.net,DNS:e*.example.net,DNS:edge.example.net", NULL);
	expect(proves("edge.example.net"));
	result("wildcards prove nothing\n");
	make(NULL, "DNS:Edge.Example.NET,IP:198.51.100.20,IP:2001:db8::20", NULL);
	expect(fpd_identity_has(&id, "edge.example.net."));
	expect(fpd_identity_has(&id, "EDGE.example.net"));
	expect(fpd_identity_has(&id, "198.51.100.20"));
	expect(fpd_identity_has(&id, "2001:db8::20"));
	result("case and a trailing dot do not count, addresses do\n");
	expect(!fpd_identity_has(&id, "example.net"));
	expect(!fpd_identity_has(&id, "sub.edge.example.net"));
	expect(!fpd_identity_has(&id, "edge.example.ne"));
	expect(!fpd_identity_has(&id, ""));
	result("names are compared whole\n");
}

/* A certificate with one DNS name of any octets. */
static void make_dns(const void *name, size_t len)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *gn = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	make("cn.example.net", NULL, NULL);
	if (!names || !gn || !text || !ASN1_STRING_set(text, name, (int)len))
		abort();
	GENERAL_NAME_set0_value(gn, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, gn);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
	GENERAL_NAMES_free(names);
	fpd_identity_free(&id);
	expect(!fpd_identity_read(&id, cert));
}

/* A name that C would cut at its NUL is a forgery, one with a line end forges a log. */
static void test_octets(void)
{
	static const char * const bad[] = {
		"a b.example.net", "a\nfedpatd: leg 1 up", "a\x7f.example", "a'.example.net",
		"\xc3\xa9.example.net",
	};
	static const char cut[] = "edge.example.net\0.evil.example";

	make_dns(cut, sizeof(cut) - 1);
	expect(proves(""));
	result("a name with a NUL in it proves nothing\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		make_dns(bad[i], strlen(bad[i]));
		expect(proves(""));
	}
	result("nor does one with what no host name has\n");
}

/* Who cannot be understood must not be taken for somebody who says nothing. */
static void test_damaged(void)
{
	static const unsigned char junk[] = { 0x30, 0x7f, 0x82, 1 };
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	make("cn.example.net", NULL, NULL);
	ASN1_OCTET_STRING_set(value, junk, sizeof(junk));
	ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, value);
	expect(ext && X509_add_ext(cert, ext, -1));
	fpd_identity_free(&id);
	expect(!fpd_identity_read(&id, cert));
	expect(proves(""));
	result("an alternative name that is damaged does not let the common name count\n");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

/* What is asked by role, both, any-tls; as client and as server. */
static bool eku_is(const char *want)
{
	static const enum fedpat_eku asked[] = { FEDPAT_EKU_ROLE, FEDPAT_EKU_BOTH,
						 FEDPAT_EKU_ANY_TLS };
	char got[7] = "";
	int i;

	for (i = 0; i < 3; i++) {
		got[2 * i] = fpd_identity_eku_ok(&id, asked[i], true) ? 'c' : '-';
		got[2 * i + 1] = fpd_identity_eku_ok(&id, asked[i], false) ? 's' : '-';
	}
	if (!strcmp(got, want))
		return true;
	ksft_print_msg("usages %s, not %s\n", got, want);
	return false;
}

static void test_usages(void)
{
	make("x.example.net", NULL, "serverAuth,clientAuth");
	expect(eku_is("cscscs"));
	result("both usages fit all roles\n");
	make("x.example.net", NULL, "serverAuth");
	expect(eku_is("-s--cs"));
	make("x.example.net", NULL, "clientAuth");
	expect(eku_is("c---cs"));
	result("one usage: its role, or any-tls\n");
	make("x.example.net", NULL, "emailProtection");
	expect(eku_is("------"));
	result("another usage: none\n");
	make("x.example.net", NULL, NULL);
	expect(eku_is("cs--cs"));
	result("no usages: everything but where both are asked for\n");
}

/* What OpenSSL says of a chain, as the operator reads it. */
static void test_reasons(void)
{
	static const struct {
		long v;
		enum fp_reason reason;
	} t[] = {
		{ X509_V_ERR_CERT_HAS_EXPIRED, FP_R_TLS_CERT_EXPIRED },
		{ X509_V_ERR_CERT_NOT_YET_VALID, FP_R_TLS_CERT_EXPIRED },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, FP_R_TLS_UNKNOWN_CA },
		{ X509_V_ERR_CERT_REVOKED, FP_R_TLS_REVOKED },
		{ X509_V_ERR_CRL_HAS_EXPIRED, FP_R_TLS_REVOCATION_UNKNOWN },
		{ X509_V_ERR_EE_KEY_TOO_SMALL, FP_R_TLS_WEAK },
		{ X509_V_ERR_CA_MD_TOO_WEAK, FP_R_TLS_WEAK },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, FP_R_TLS_CERT_INVALID },
		{ X509_V_ERR_INVALID_PURPOSE, FP_R_TLS_CERT_INVALID },
	};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ok &= fpd_verify_reason(t[i].v) == t[i].reason;
	ksft_test_result(ok, "each fault of a chain has its reason\n");
}

/* --- what comes first to a server ----------------------------------------- */

static enum fp_reason begins(const char *octets, size_t len, char *text, size_t size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = NULL;
	enum fp_reason reason;
	int fd[2], ret;

	if (!ctx || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		abort();
	fpd_tls_watch(ctx);
	ssl = SSL_new(ctx);
	if (!ssl || SSL_set_fd(ssl, fd[0]) <= 0 || write(fd[1], octets, len) != (ssize_t)len)
		abort();
	ret = SSL_accept(ssl);
	reason = fpd_tls_reason(ssl, SSL_get_error(ssl, ret), text, size);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd[0]);
	close(fd[1]);
	return reason;
}

static void test_begins(void)
{
	static const struct {
		const char *what, *octets;
		size_t len;
		enum fp_reason reason;
		const char *text;
	} t[] = {
		{ "a fatal alert", "\x15\x03\x03\0\2\2\x28", 7, FP_R_TLS_PEER_ALERT,
		  "alert instead of a hello: handshake failure" },
		{ "an orderly end", "\x15\x03\x01\0\2\1\0", 7, FP_R_TLS_PEER_ALERT,
		  "alert instead of a hello: close notify" },
		{ "data", "\x17\x03\x03\0\4data", 9, FP_R_TLS_NOT_TLS, "unexpected message" },
		{ "HTTP", "GET / HTTP/1.1\r\n\r\n", 18, FP_R_TLS_NOT_TLS, "http request" },
		{ "SIP", "OPTIONS sip:a SIP/2.0\r\n\r\n", 25, FP_R_TLS_NOT_TLS,
		  "wrong version number" },
		/* a handshake message that no client may begin with */
		{ "no hello", "\x16\x03\x01\0\4\x0b\0\0\0", 9, FP_R_TLS_ERROR,
		  "unexpected message" },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		enum fp_reason is = begins(t[i].octets, t[i].len, text, sizeof(text));

		if (!ksft_test_result(is == t[i].reason && !strcmp(text, t[i].text),
				      "a connection begins with %s\n", t[i].what))
			ksft_print_msg("%s: %s\n", fp_reason_info(is)->name, text);
	}
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(20);
	test_names();
	test_octets();
	test_damaged();
	test_usages();
	X509_free(cert);
	fpd_identity_free(&id);
	test_reasons();
	test_begins();
	ksft_finished();
}
