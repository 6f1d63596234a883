// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates: every format read and written, chains put in order, keys that
 * do not belong, weak ones, wrong passphrases, what is missing for whom; each
 * fault its own sentence with what to do.
 */
#include <kselftest.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert.h"

static char dir[64];
static EVP_PKEY *root_key, *mid_key, *leaf_key;
static X509 *root, *mid, *leaf;

static const char *path(const char *name)
{
	static char buf[4][128];
	static int at;

	at = (at + 1) & 3;
	snprintf(buf[at], sizeof(buf[at]), "%s/%s", dir, name);
	return buf[at];
}

static void add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/**
 * struct spec - a certificate to be made
 * @cn: common name
 * @san: alternative names, or NULL
 * @eku: extended key usage, or NULL
 * @ca: it may sign
 * @from: days from now
 * @to: days from now
 * @md: digest of the signature, NULL: SHA-256
 */
struct spec {
	const char *cn;
	const char *san;
	const char *eku;
	bool ca;
	int from;
	int to;
	const EVP_MD *md;
};

static X509 *make(const struct spec *s, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *name;
	char text[96];

	snprintf(text, sizeof(text), "CN=%s", s->cn);
	name = fp_cert_name_parse(text, NULL);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_set_subject_name(cert, name);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
	X509_NAME_free(name);
	X509_gmtime_adj(X509_getm_notBefore(cert), s->from * 86400L - 60);
	X509_gmtime_adj(X509_getm_notAfter(cert), s->to * 86400L + 3600);
	X509_set_pubkey(cert, key);
	add_ext(cert, issuer ? issuer : cert, NID_basic_constraints,
		s->ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (s->san)
		add_ext(cert, cert, NID_subject_alt_name, s->san);
	if (s->eku)
		add_ext(cert, cert, NID_ext_key_usage, s->eku);
	X509_sign(cert, issuer_key ? issuer_key : key, s->md ? s->md : EVP_sha256());
	return cert;
}

static void put_certs(const char *name, X509 *a, X509 *b, X509 *c, EVP_PKEY *key)
{
	FILE *out = fopen(path(name), "we");

	if (a)
		PEM_write_X509(out, a);
	if (b)
		PEM_write_X509(out, b);
	if (c)
		PEM_write_X509(out, c);
	if (key)
		PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	fclose(out);
	chmod(path(name), 0600);
}

static void put_text(const char *name, const char *text)
{
	FILE *out = fopen(path(name), "we");

	fputs(text, out);
	fclose(out);
}

static struct fp_pass pass_of(const char *text)
{
	struct fp_pass pass = { .given = true, .len = strlen(text) };

	memcpy(pass.text, text, pass.len);
	return pass;
}

/* --- reading -------------------------------------------------------------- */

/* The file is refused by one sentence with these words in it, and a remedy. */
static bool refused(const char *name, const struct fp_pass *pass, const char *words)
{
	struct fp_errs errs = { 0 };
	struct fp_cert_set set;
	bool ok;

	fp_cert_set_init(&set);
	if (!fp_cert_read(path(name), pass, &set, &errs))
		fp_cert_arrange(path(name), &set, NULL, NULL, &errs);
	ok = errs.n == 1 && errs.v[0].file && strstr(errs.v[0].text, words) && errs.v[0].remedy &&
	     !ERR_peek_error();
	if (!ok)
		ksft_print_msg("%s: '%s' instead of '%s'\n", name,
			       errs.n ? errs.v[0].text : "taken", words);
	fp_errs_free(&errs);
	fp_cert_set_free(&set);
	return ok;
}

static char noted[4096];

static void on_note(const char *text, void *arg)
{
	(void)arg;
	strncat(noted, text, sizeof(noted) - strlen(noted) - 2);
	strcat(noted, "\n");
}

/* Read, arranged: the leaf and its two CAs, in this order. */
static bool whole(const char *name, const struct fp_pass *pass, bool with_key)
{
	struct fp_errs errs = { 0 };
	struct fp_cert_set set;
	bool ok;

	*noted = 0;
	fp_cert_set_init(&set);
	ok = !fp_cert_read(path(name), pass, &set, &errs) && !!set.key == with_key &&
	     !fp_cert_arrange(path(name), &set, on_note, NULL, &errs) &&
	     !X509_cmp(set.cert, leaf) && sk_X509_num(set.certs) >= 1 &&
	     !X509_cmp(sk_X509_value(set.certs, 0), mid);
	if (!ok)
		ksft_print_msg("%s: %s\n", name, errs.n ? errs.v[0].text : "not the chain");
	fp_errs_free(&errs);
	fp_cert_set_free(&set);
	return ok;
}

static void test_formats(void)
{
	struct fp_pass pass = pass_of("correct horse");
	struct fp_pass wrong = pass_of("wrong"), empty = pass_of("");
	struct fp_cert_set set = { .cert = leaf, .key = leaf_key, .certs = sk_X509_new_null() };
	struct fp_errs errs = { 0 };
	bool ok;

	sk_X509_push(set.certs, mid);
	put_certs("shuffled.pem", root, mid, leaf, leaf_key);
	ok = whole("shuffled.pem", NULL, true) && strstr(noted, "put in order");
	ksft_test_result(ok, "PEM in the wrong order is mended, and it is told\n");
	put_certs("extra.pem", leaf, mid, root, NULL);
	ksft_test_result(whole("extra.pem", NULL, false) && !*noted,
			 "PEM in order is left as it is\n");

	ok = !fp_cert_put_bio(path("a.p12"), fp_cert_export(&set, FP_CERT_P12, "a", &pass, &errs),
			      0600, &errs) &&
	     !fp_cert_put_bio(path("a.p7b"), fp_cert_export(&set, FP_CERT_P7B, NULL, NULL, &errs),
			      0644, &errs) &&
	     !fp_cert_put_bio(path("a.pem"), fp_cert_export(&set, FP_CERT_PEM, NULL, NULL, &errs),
			      0644, &errs);
	ok = ok && whole("a.p12", &pass, true) && whole("a.p7b", NULL, false) &&
	     whole("a.pem", NULL, false);
	ksft_test_result(ok, "PKCS#12, PKCS#7 and PEM come back as they were exported\n");
	ok = refused("a.p12", &wrong, "the passphrase is wrong") &&
	     refused("a.p12", &empty, "the passphrase is wrong") &&
	     refused("a.p12", NULL, "none was given");
	ksft_test_result(ok, "PKCS#12 with a wrong passphrase, and with none\n");
	ok = !fp_cert_export(&set, FP_CERT_P12, "a", &empty, &errs) && errs.n == 1 &&
	     strstr(errs.v[0].text, "only under a passphrase");
	ksft_test_result(ok, "a key never leaves without a passphrase\n");
	fp_errs_free(&errs);
	sk_X509_free(set.certs);
}

static void test_locked_key(void)
{
	struct fp_pass pass = pass_of("correct horse"), wrong = pass_of("wrong horse");
	FILE *out = fopen(path("locked.pem"), "we");
	bool ok;

	PEM_write_X509(out, leaf);
	PEM_write_X509(out, mid);
	PEM_write_PKCS8PrivateKey(out, leaf_key, EVP_aes_256_cbc(), pass.text, (int)pass.len, NULL,
				  NULL);
	fclose(out);
	ok = whole("locked.pem", &pass, true) && refused("locked.pem", &wrong,
							 "passphrase is wrong"
							 ) &&
	     refused("locked.pem", NULL, "none was given");
	ksft_test_result(ok, "a locked PEM key: right, wrong and no passphrase\n");
}

static void test_refused(void)
{
	X509_REQ *csr;
	X509 *other;
	bool ok;

	put_text("empty", "");
	put_text("letter", "Dear customer, please find attached your certificate.\n");
	put_text("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
	put_text("damaged.pem",
		 "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n");
	put_certs("other-key.pem", leaf, root, NULL, mid_key);
	put_certs("key-only.pem", NULL, NULL, NULL, leaf_key);
	ok = refused("empty", NULL, "it is empty") && refused("letter", NULL,
							      "it is no certificate"
							      ) &&
	     refused("cut.pem", NULL, "no block in it is whole") &&
	     refused("damaged.pem", NULL, "damaged") &&
	     refused("absent", NULL, "cannot be read") &&
	     refused("key-only.pem", NULL, "there is no certificate in it");
	ksft_test_result(ok, "what is no certificate is refused, each by its own sentence\n");
	ok = refused("other-key.pem", NULL, "the private key (ECDSA P-384) does not belong");
	other = make(&(struct spec){ .cn = "x", .to = 9 }, mid_key, NULL, NULL);
	put_certs("two.pem", leaf, other, NULL, NULL);
	X509_free(other);
	ok &= refused("two.pem", NULL, "several certificates");
	ksft_test_result(ok, "a key that does not belong, and two identities\n");

	csr = X509_REQ_new();
	X509_REQ_set_pubkey(csr, leaf_key);
	X509_REQ_sign(csr, leaf_key, EVP_sha256());
	FILE *out = fopen(path("a.csr"), "we");

	PEM_write_X509_REQ(out, csr);
	fclose(out);
	X509_REQ_free(csr);
	ksft_test_result(refused("a.csr", NULL, "certificate request"),
			 "a request is told from a certificate\n");
}

/* Every cut of a file is taken or refused, and nothing else. */
static void test_cuts(void)
{
	unsigned char *der = NULL;
	int len = i2d_X509(leaf, &der), refusals = 0;
	struct fp_cert_set set;

	for (int n = 0; n < len; n++) {
		struct fp_errs errs = { 0 };

		fp_cert_set_init(&set);
		refusals += fp_cert_read_mem("cut", der, (size_t)n, NULL, &set, &errs) &&
			    errs.n == 1;
		fp_errs_free(&errs);
		fp_cert_set_free(&set);
	}
	OPENSSL_free(der);
	ksft_test_result(refusals == len,
			 "a certificate cut at each of %d octets is refused\n",
			 len);
}

static void test_key_mode(void)
{
	struct fp_errs errs = { 0 };
	bool ok;

	put_certs("mode.key", NULL, NULL, NULL, leaf_key);
	ok = !fp_cert_check_mode(path("mode.key"), &errs);
	chmod(path("mode.key"), 0640);
	ok &= fp_cert_check_mode(path("mode.key"), &errs) && strstr(errs.v[0].text, "mode 0640") &&
	      strstr(errs.v[0].remedy, "chmod 600");
	ksft_test_result(ok, "a key that others can read is refused by name\n");
	fp_errs_free(&errs);
	chmod(path("mode.key"), 0600);
	if (geteuid() || chown(path("mode.key"), 65534, 65534)) {
		ksft_test_result_skip("a key of another owner: not root\n");
		return;
	}
	ok = fp_cert_check_mode(path("mode.key"), &errs) && strstr(errs.v[0].text,
								   "belongs to user"
								   ) &&
	     strstr(errs.v[0].remedy, "chown root");
	ksft_test_result(ok, "a key of another owner is refused by name\n");
	fp_errs_free(&errs);
}

/* --- judging -------------------------------------------------------------- */

static const struct fp_cert_needs partner = {
	.n = 2,
	.v = {
		{ .object = "tls-proxy 'out'", .federation = "contoso", .shown =
		  "partners that dial in",
		  .name = "imp.example.com", .server = true, .outside = true },
		{ .object = "tls-proxy 'in'", .federation = "contoso", .shown =
		  "partners that are dialled",
		  .name = "imp.example.com", .client = true, .outside = true },
	},
};

/* Exactly this finding, or none for NULL. */
static bool judged_of(X509 *ca, const struct spec *s, EVP_PKEY *key, bool both, const char *code)
{
	struct fp_cert_needs needs = partner;
	X509 *cert = make(s, key, ca, root_key);
	struct fp_findings f = { 0 };
	struct fp_cert_info info;
	bool ok;

	needs.v[0].both = both;
	needs.v[1].both = both;
	fp_cert_info(cert, &info);
	fp_cert_judge(&info, &needs, time(NULL), &f);
	ok = code ? f.n == 1 && !strcmp(f.v[0].code, code) && *f.v[0].mend : !f.n;
	if (!ok)
		ksft_print_msg("%s: %u findings, '%s'\n", code ? code : "fine", f.n,
			       f.n ? f.v[0].code : "");
	X509_free(cert);
	return ok;
}

static bool judged(const struct spec *s, EVP_PKEY *key, bool both, const char *code)
{
	return judged_of(root, s, key, both, code);
}

#define BOTH "serverAuth,clientAuth"

/* Told while it still serves, for afterwards it is too late. */
static void test_public_ca(void)
{
	struct spec ca = { .cn = "Let's Encrypt R99", .ca = true, .to = 90 };
	struct spec s = {
		.cn = "imp.example.com", .san = "DNS:imp.example.com", .eku = BOTH, .to = 90
	};
	X509 *le = make(&ca, root_key, NULL, NULL);
	bool ok;

	ok = judged_of(le, &s, leaf_key, true, "client-auth-ends") &&
		judged_of(le, &s, leaf_key, false, "client-auth-ends");
	s.eku = "serverAuth";
	ok &= judged_of(le, &s, leaf_key, true, "client-auth-missing");
	ksft_test_result(ok,
			 "a public CA's certificate with clientAuth: the next renewal loses it\n");
	X509_free(le);
}

static void test_judge(void)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	struct spec s = { .cn = "imp.example.com", .san =
			  "DNS:imp.example.com",
			  .eku = BOTH, .to = 90 };
	struct spec t;
	bool ok;

	ksft_test_result(judged(&s, leaf_key, true, NULL), "nothing is wrong with a good one\n");
	t = s;
	t.eku = "serverAuth";
	ok = judged(&t, leaf_key, true, "client-auth-missing") &&
	     judged(&t, leaf_key, false, "client-auth-missing");
	t.eku = "clientAuth";
	ok &= judged(&t, leaf_key, true, "server-auth-missing");
	t.eku = NULL;
	ok &= judged(&t, leaf_key, false, NULL) && judged(&t, leaf_key, true,
							  "client-auth-missing");
	ksft_test_result(ok, "a use that is missing\n");
	t = s;
	t.san = "DNS:other.example.com";
	t.cn = "other.example.com";
	ok = judged(&t, leaf_key, true, "name-missing");
	t.cn = "imp.example.com";
	ok &= judged(&t, leaf_key, true, "name-only-in-cn");
	t.cn = "other.example.com";
	t.san = "DNS:imp.example.com";
	ok &= judged(&t, leaf_key, true, "cn-differs");
	t.cn = "imp.example.com";
	t.san = "DNS:imp.example.com,DNS:*.example.com";
	ok &= judged(&t, leaf_key, true, "wildcard");
	ksft_test_result(ok, "a name that is missing, in the wrong place, or a wildcard\n");
	t = s;
	t.to = 29;
	ok = judged(&t, leaf_key, true, "ends-soon");
	t.to = -2;
	t.from = -9;
	ok &= judged(&t, leaf_key, true, "expired");
	t.from = 3;
	t.to = 90;
	ok &= judged(&t, leaf_key, true, "not-yet-valid");
	ksft_test_result(ok, "ends soon, ended, not valid yet\n");
	t = s;
	t.md = EVP_sha1();
	ok = judged(&t, leaf_key, true, "weak") && judged(&s, weak, true, "weak");
	ksft_test_result(ok, "SHA-1 and RSA 1024 are weak\n");
	EVP_PKEY_free(weak);
}

static void test_stages(void)
{
	time_t now = 1000000000, day = 86400;
	bool ok = !fp_cert_stage(now + 31 * day, now) && fp_cert_stage(now + 30 * day, now) == 30 &&
		fp_cert_stage(now + 7 * day, now) == 7 && fp_cert_stage(now + day, now) == 1 &&
		fp_cert_stage(now - 1, now) == -1 && fp_cert_days(now + 2 * day - 1, now) == 1 &&
		fp_cert_days(now - 1, now) == -1;

	ksft_test_result(ok, "30, 7 and 1 days before the end\n");
}

/* --- a trustpoint on the disk --------------------------------------------- */

static struct fp_trustpoint_view *view_of(const char *cert, const char *key, const char *ca)
{
	static struct fp_model *model;
	struct fp_obj *tp;

	fp_model_free(model);
	model = fp_model_alloc();
	tp = fp_obj_alloc(FP_K_TRUSTPOINT, "t");
	fp_obj_set_str(tp, FEDPAT_A_TRUSTPOINT_CERT, path(cert));
	fp_obj_set_str(tp, FEDPAT_A_TRUSTPOINT_KEY, path(key));
	fp_obj_set_str(tp, FEDPAT_A_TRUSTPOINT_CA, path(ca));
	fp_model_add(model, tp);
	return fp_trustpoint_view(model, (struct fp_obj_trustpoint *)tp, time(NULL));
}

static bool found(const struct fp_trustpoint_view *v, const char *code)
{
	for (u32 i = 0; i < v->findings.n; i++)
		if (!strcmp(v->findings.v[i].code, code))
			return true;
	ksft_print_msg("no '%s' among %u findings\n", code, v->findings.n);
	return false;
}

static void test_view(void)
{
	struct fp_trustpoint_view *v;
	bool ok;

	put_certs("leaf.pem", leaf, NULL, NULL, NULL);
	put_certs("chain.pem", leaf, mid, NULL, NULL);
	put_certs("leaf.key", NULL, NULL, NULL, leaf_key);
	put_certs("mid.key", NULL, NULL, NULL, mid_key);
	put_certs("root.pem", root, NULL, NULL, NULL);
	put_certs("bundle.pem", mid, root, NULL, NULL);
	v = view_of("chain.pem", "leaf.key", "root.pem");
	ok = v->has_key && !v->findings.n && v->anchor_where && !strcmp(v->anchor_where,
									"ca file"
									) &&
	     strstr(v->anchor, "Root");
	ksft_test_result(ok, "chain and anchor are found\n");
	fp_trustpoint_view_free(v);

	v = view_of("leaf.pem", "leaf.key", "bundle.pem");
	ok = found(v, "chain-incomplete");
	fp_trustpoint_view_free(v);
	v = view_of("leaf.pem", "leaf.key", "root.pem");
	ok &= found(v, "anchor-unknown");
	fp_trustpoint_view_free(v);
	ksft_test_result(ok, "an intermediate that is not sent\n");

	v = view_of("chain.pem", "mid.key", "root.pem");
	ok = found(v, "key-mismatch") && !v->has_key;
	fp_trustpoint_view_free(v);
	chmod(path("leaf.key"), 0644);
	v = view_of("chain.pem", "leaf.key", "root.pem");
	ok &= found(v, "key-file");
	fp_trustpoint_view_free(v);
	v = view_of("nowhere.pem", "leaf.key", "nowhere.pem");
	ok &= found(v, "cert-unreadable") && found(v, "ca-unreadable");
	fp_trustpoint_view_free(v);
	ksft_test_result(ok, "wrong key, open key, no file\n");
}

/* --- making --------------------------------------------------------------- */

static bool made(enum fp_key_type type, const char *text)
{
	char a[] = "imp.example.com", b[] = "192.0.2.1", c[] = "sip:example.com";
	char *names[3] = { a, b, c };
	struct fp_cert_request req = { .names = { names, 3 }, .server = true, .client = true,
				       .days = 30 };
	EVP_PKEY *key = fp_key_make(type);
	X509_REQ *csr = key ? fp_csr_make(&req, key, NULL) : NULL;
	X509 *cert = key ? fp_cert_make(&req, key, NULL) : NULL;
	struct fp_cert_info info;
	bool ok = csr && cert && X509_REQ_verify(csr, key) > 0;

	if (ok) {
		struct stack_st_X509_EXTENSION *exts = X509_REQ_get_extensions(csr);

		fp_cert_info(cert, &info);
		ok = !strcmp(info.key, text) && info.n_names == 3 && !info.weak &&
		     info.eku_server && info.eku_client && info.self_signed &&
		     strlen(info.print) == 32 * 3 - 1 &&
		     !strcmp(info.cn, names[0]) && fp_cert_has_name(&info, "192.0.2.1") &&
		     fp_cert_has_name(&info,
				      "EXAMPLE.com."
				      ) && fp_cert_days(info.not_after, time(NULL)) >= 29;
		ok &= X509v3_get_ext_by_NID(exts, NID_subject_alt_name, -1) >= 0 &&
		      X509v3_get_ext_by_NID(exts, NID_ext_key_usage, -1) >= 0;
		sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	}
	X509_REQ_free(csr);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static void test_make(void)
{
	struct fp_errs errs = { 0 };
	struct fp_cert_request none = { 0 };
	X509_NAME *name;
	bool ok;

	ok = made(FP_KEY_RSA_2048, "RSA 2048") && made(FP_KEY_P256, "ECDSA P-256") &&
	     made(FP_KEY_P384, "ECDSA P-384");
	ksft_test_result(ok,
			 "keys, requests and self-signed certificates with names and both uses\n");
	ok = !fp_csr_make(&none, leaf_key, &errs) && errs.n == 1 && strstr(errs.v[0].text,
									   "no name");
	fp_errs_free(&errs);
	name = fp_cert_name_parse("CN = a.example.com, O=Example Ltd., C=DE", &errs);
	ok &= name && X509_NAME_entry_count(name) == 3 && !errs.n;
	X509_NAME_free(name);
	ok &= !fp_cert_name_parse("CN=a,C=Germany", &errs) && errs.n == 1 && errs.v[0].remedy;
	fp_errs_free(&errs);
	ok &= !fp_cert_name_parse("imp.example.com", &errs) && strstr(errs.v[0].text, "has no '='");
	fp_errs_free(&errs);
	ksft_test_result(ok, "subjects, and what is none\n");
}

static void test_needs(void)
{
	struct fp_model *m = fp_model_alloc();
	struct fp_obj *o = fp_obj_alloc(FP_K_ZONE, "outside");
	struct fp_strs names = { 0 };
	struct fp_cert_needs needs;
	bool ok;

	fp_obj_set_num(o, FEDPAT_A_ZONE_ROLE, FEDPAT_ROLE_OUTSIDE);
	fp_model_add(m, o);
	o = fp_obj_alloc(FP_K_FEDERATION, "contoso");
	fp_obj_set_str(o, FEDPAT_A_FEDERATION_PUBLIC_FQDN, "imp.example.com");
	fp_obj_add_str(o, FEDPAT_A_FEDERATION_LOCAL_DOMAIN, "example.com");
	fp_model_add(m, o);
	o = fp_obj_alloc(FP_K_TLS_PROXY, "out");
	fp_obj_set_str(o, FEDPAT_A_TLS_PROXY_FEDERATION, "contoso");
	fp_obj_set_str(o, FEDPAT_A_TLS_PROXY_ZONE, "outside");
	fp_obj_set_num(o, FEDPAT_A_TLS_PROXY_TRANSPORT, FEDPAT_TRANSPORT_TLS);
	fp_obj_set_str(o, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT, "public");
	fp_obj_set_str(o, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT, "inner");
	fp_model_add(m, o);
	o = fp_obj_alloc(FP_K_PEER, "edge");
	fp_obj_set_str(o, FEDPAT_A_PEER_FEDERATION, "contoso");
	fp_obj_set_num(o, FEDPAT_A_PEER_EKU, FEDPAT_EKU_BOTH);
	fp_model_add(m, o);

	fp_cert_needs(m, "public", &needs);
	ok = needs.n == 1 && needs.v[0].server && needs.v[0].both && needs.v[0].outside &&
	     !strcmp(needs.v[0].name, "imp.example.com");
	fp_cert_needs(m, "inner", &needs);
	ok &= needs.n == 1 && needs.v[0].client && !needs.v[0].outside && !needs.v[0].both;
	fp_cert_needs(m, "stranger", &needs);
	ok &= !needs.n;
	fp_cert_wanted_names(m, "public", &names);
	ok &= names.n == 2 && !strcmp(names.v[0], "imp.example.com") &&
	      !strcmp(names.v[1], "example.com");
	ksft_test_result(ok, "who needs it, and by which names\n");
	fp_strs_free(&names);
	fp_model_free(m);
}

static void setup(void)
{
	struct spec s = { .cn = "imp.example.com", .san =
			  "DNS:imp.example.com",
			  .eku = BOTH, .to = 90 };

	snprintf(dir, sizeof(dir), "/tmp/test_cert.XXXXXX");
	if (!mkdtemp(dir))
		exit(1);
	umask(077);
	root_key = EVP_EC_gen("P-256");
	mid_key = EVP_EC_gen("P-384");
	leaf_key = EVP_EC_gen("P-256");
	root = make(&(struct spec){ .cn = "Root", .ca = true, .to = 900 }, root_key, NULL, NULL);
	mid = make(&(struct spec){ .cn = "Intermediate", .ca = true, .to = 800 }, mid_key, root,
		   root_key);
	leaf = make(&s, leaf_key, mid, mid_key);
}

static void cleanup(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		ksft_print_msg("%s stays\n", dir);
	X509_free(root);
	X509_free(mid);
	X509_free(leaf);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(mid_key);
	EVP_PKEY_free(leaf_key);
}

/* --- a disk that is full -------------------------------------------------- */

static long size_of(const char *name)
{
	struct stat st;

	return stat(path(name), &st) ? -1 : (long)st.st_size;
}

/* In a process of its own: files may not grow beyond @limit there. */
static bool put_in_room(long limit, const struct fp_cert_set *set)
{
	struct rlimit room = { (rlim_t)limit, (rlim_t)limit };
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		struct fp_errs errs = { 0 };
		int ret;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &room);
		ret = fp_cert_put_identity(path("id.pem"), path("id.key"), set, &errs);
		_exit(ret && errs.n == 1 && errs.v[0].remedy ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Certificate and key in the files belong to each other. */
static bool is_pair(void)
{
	struct fp_cert_set set;
	bool ok;

	fp_cert_set_init(&set);
	ok = !fp_cert_read(path("id.pem"), NULL, &set, NULL) &&
		!fp_cert_read(path("id.key"), NULL, &set, NULL) && set.key &&
		X509_check_private_key(sk_X509_num(set.certs) ? sk_X509_value(set.certs, 0) :
								set.cert,
				       set.key) > 0;
	fp_cert_set_free(&set);
	ERR_clear_error();
	return ok;
}

static void test_full_disk(void)
{
	struct spec s = { .cn = "new.example.com", .from = 0, .to = 30 };
	EVP_PKEY *key = fp_key_make(FP_KEY_P256);
	struct fp_cert_set set;
	long room;
	bool ok;

	fp_cert_set_init(&set);
	set.cert = make(&s, key, mid, mid_key);
	set.key = key;
	put_certs("id.pem", leaf, NULL, NULL, NULL);
	put_certs("id.key", NULL, NULL, NULL, leaf_key);
	room = size_of("id.key") + 64;
	ok = put_in_room(room, &set);
	ksft_test_result(ok && is_pair(),
			 "no room for a new certificate: old key and certificate stay\n");
	ksft_test_result(access(path("id.pem.staged"), F_OK), "and nothing else stays\n");
	fp_cert_set_free(&set);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(27);
	setup();
	test_formats();
	test_locked_key();
	test_refused();
	test_cuts();
	test_key_mode();
	test_judge();
	test_public_ca();
	test_stages();
	test_view();
	test_make();
	test_needs();
	test_full_disk();
	cleanup();
	ksft_finished();
}
