// SPDX-License-Identifier: GPL-2.0
/* What a certificate says, in plain values and words. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert.h"

#define XMPP_ADDR_OID	"1.3.6.1.5.5.7.8.5"
#define SRV_NAME_OID	"1.3.6.1.5.5.7.8.7"
#define RSA_BITS_MIN	2048
#define EC_BITS_MIN	256

/* What a terminal must not see becomes a question mark; a NUL hides nothing. */
static void copy_text(char *to, size_t size, const unsigned char *from, int len)
{
	size_t n = 0;

	for (int i = 0; i < len && n + 1 < size; i++)
		to[n++] = from[i] < 0x20 || from[i] == 0x7f ? '?' : (char)from[i];
	to[n] = 0;
}

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/**
 * fp_cert_subject() - a distinguished name as text
 * @name: the name
 * @buf: gets "CN=a, O=b"
 * @size: of @buf
 */
void fp_cert_subject(const X509_NAME *name, char *buf, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	*buf = 0;
	if (!bio)
		return;
	X509_NAME_print_ex(bio, name, 0, (XN_FLAG_RFC2253 | XN_FLAG_SEP_CPLUS_SPC) &
			   ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	len = BIO_get_mem_data(bio, &text);
	copy_text(buf, size, (unsigned char *)text, (int)len);
	BIO_free(bio);
}

/**
 * fp_cert_time() - seconds since 1970
 * @t: the time
 *
 * Return: the seconds, 0 where it is no time
 */
time_t fp_cert_time(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) > 0 ? timegm(&tm) : 0;
}

/**
 * fp_cert_days() - whole days until then
 * @when: then
 * @now: now
 *
 * Return: the days; negative when it is over
 */
int fp_cert_days(time_t when, time_t now)
{
	time_t d = when - now;

	return (int)(d >= 0 ? d / 86400 : -((-d + 86399) / 86400));
}

static struct fp_cert_name *add_name(struct fp_cert_info *info, enum fp_name_type type,
				     const unsigned char *s, int len)
{
	struct fp_cert_name *name;

	if (len <= 0 || len >= FP_CERT_NAME_LEN || info->n_names == FP_CERT_NAMES_MAX)
		return NULL;
	name = &info->names[info->n_names++];
	name->type = type;
	copy_text(name->text, sizeof(name->text), s, len);
	return name;
}

static void add_ip(struct fp_cert_info *info, const ASN1_STRING *s)
{
	char text[INET6_ADDRSTRLEN];
	int len = ASN1_STRING_length(s);

	if ((len == 4 || len == 16) &&
	    inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s), text, sizeof(text)))
		add_name(info, FP_NAME_IP, (unsigned char *)text, (int)strlen(text));
}

static void add_other(struct fp_cert_info *info, const OTHERNAME *other)
{
	const ASN1_TYPE *v = other->value;
	enum fp_name_type type;
	char oid[64];

	OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1);
	if (!strcmp(oid, XMPP_ADDR_OID) && v->type == V_ASN1_UTF8STRING)
		type = FP_NAME_XMPP;
	else if (!strcmp(oid, SRV_NAME_OID) && v->type == V_ASN1_IA5STRING)
		type = FP_NAME_SRV;
	else
		return;
	add_name(info, type, v->value.asn1_string->data, v->value.asn1_string->length);
}

static void add_general(struct fp_cert_info *info, const GENERAL_NAME *gn)
{
	const ASN1_STRING *s;
	struct fp_cert_name *name;
	int type;

	s = GENERAL_NAME_get0_value(gn, &type);
	if (type == GEN_DNS) {
		name = add_name(info, FP_NAME_DNS, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
		if (name)
			lower(name->text);
	} else if (type == GEN_IPADD) {
		add_ip(info, s);
	} else if (type == GEN_URI) {
		add_name(info, FP_NAME_URI, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
	} else if (type == GEN_OTHERNAME) {
		add_other(info, gn->d.otherName);
	}
}

static void read_cn(X509 *cert, char *buf, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), len;
	unsigned char *utf8 = NULL;

	if (at < 0)
		return;
	len = ASN1_STRING_to_UTF8(&utf8,
				  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	copy_text(buf, size, utf8, len);
	OPENSSL_free(utf8);
}

static void read_names(X509 *cert, struct fp_cert_info *info)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	read_cn(cert, info->cn, sizeof(info->cn));
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++)
		add_general(info, sk_GENERAL_NAME_value(san, i));
	if (!san && *info->cn)
		add_name(info, FP_NAME_CN, (unsigned char *)info->cn, (int)strlen(info->cn));
	GENERAL_NAMES_free(san);
}

/**
 * fp_cert_key_text() - kind and size of a key
 * @key: the key
 * @buf: gets "RSA 2048", "ECDSA P-256"
 * @size: of @buf
 *
 * Return: @buf
 */
const char *fp_cert_key_text(EVP_PKEY *key, char *buf, size_t size)
{
	char group[64] = "";
	const char *nist;

	switch (key ? EVP_PKEY_get_base_id(key) : 0) {
	case EVP_PKEY_EC:
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		nist = EC_curve_nid2nist(OBJ_txt2nid(group));
		snprintf(buf, size, "ECDSA %s", nist ? nist : group);
		break;
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		snprintf(buf, size, "RSA %d", EVP_PKEY_get_bits(key));
		break;
	case 0:
		snprintf(buf, size, "unknown");
		break;
	default:
		snprintf(buf, size, "%s %d", OBJ_nid2sn(EVP_PKEY_get_base_id(key)),
			 EVP_PKEY_get_bits(key));
	}
	return buf;
}

/**
 * fp_key_weak() - is a key too short to be trusted?
 * @key: the key
 *
 * Return: why, or NULL
 */
const char *fp_key_weak(EVP_PKEY *key)
{
	switch (key ? EVP_PKEY_get_base_id(key) : 0) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(key) < RSA_BITS_MIN ?
			"its RSA key is shorter than 2048 bits" : NULL;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_bits(key) < EC_BITS_MIN ?
			"its ECDSA key is shorter than 256 bits" : NULL;
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return NULL;
	case 0:
		return "its key is of a kind that OpenSSL does not know";
	default:
		return "its key is neither RSA nor ECDSA";
	}
}

static void read_signature(X509 *cert, struct fp_cert_info *info)
{
	int nid = X509_get_signature_nid(cert), md = 0, pk = 0;

	snprintf(info->signature, sizeof(info->signature), "%s", OBJ_nid2ln(nid));
	OBJ_find_sigid_algs(nid, &md, &pk);
	/* Who signs himself is trusted by his octets: the signature proves nothing. */
	if (info->weak || info->self_signed)
		return;
	if (md == NID_sha1)
		info->weak = "it is signed by SHA-1, which can be forged";
	else if (md == NID_md5 || md == NID_md4 || md == NID_md2)
		info->weak = "it is signed by MD5, which anybody can forge";
}

static void read_usage(X509 *cert, struct fp_cert_info *info)
{
	u32 flags = X509_get_extension_flags(cert), eku;

	info->ca = X509_check_ca(cert) > 0;
	info->eku_absent = !(flags & EXFLAG_XKUSAGE);
	if (info->eku_absent)
		return;
	eku = X509_get_extended_key_usage(cert);
	info->eku_server = eku & (XKU_SSL_SERVER | XKU_ANYEKU);
	info->eku_client = eku & (XKU_SSL_CLIENT | XKU_ANYEKU);
}

static void read_ocsp(X509 *cert, struct fp_cert_info *info)
{
	struct stack_st_OPENSSL_STRING *urls = X509_get1_ocsp(cert);

	const char *url = sk_OPENSSL_STRING_num(urls) > 0 ? sk_OPENSSL_STRING_value(urls, 0) : "";

	copy_text(info->ocsp, sizeof(info->ocsp), (const unsigned char *)url, (int)strlen(url));
	X509_email_free(urls);
}

static void read_point(const DIST_POINT *dp, struct fp_cert_info *info)
{
	const GENERAL_NAMES *names;

	if (!dp->distpoint || dp->distpoint->type)
		return;
	names = dp->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !*info->crl; i++) {
		int type;
		const ASN1_STRING *s = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i),
							       &type);

		/* ldap: cannot be fetched by us */
		if (type == GEN_URI && ASN1_STRING_length(s) > 7 &&
		    !strncasecmp((const char *)ASN1_STRING_get0_data(s), "http", 4))
			copy_text(info->crl, sizeof(info->crl), ASN1_STRING_get0_data(s),
				  ASN1_STRING_length(s));
	}
}

static void read_sources(X509 *cert, struct fp_cert_info *info)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

	read_ocsp(cert, info);
	for (int i = 0; i < sk_DIST_POINT_num(points); i++)
		read_point(sk_DIST_POINT_value(points, i), info);
	CRL_DIST_POINTS_free(points);
	info->must_staple = X509_get_ext_by_NID(cert, NID_tlsfeature, -1) >= 0;
}

static void hex(const unsigned char *p, unsigned int n, bool colons, char *out, size_t size)
{
	size_t at = 0;

	*out = 0;
	for (unsigned int i = 0; i < n && at + 3 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%02X", colons && i ? ":" : "", p[i]);
}

/**
 * fp_cert_print_of() - fingerprint of a certificate
 * @cert: the certificate
 * @print: gets its SHA-256
 */
void fp_cert_print_of(X509 *cert, char print[FP_CERT_PRINT])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	*print = 0;
	if (X509_digest(cert, EVP_sha256(), md, &n) > 0)
		hex(md, n, true, print, FP_CERT_PRINT);
}

/**
 * fp_cert_self_signed() - is a certificate its own issuer?
 * @cert: the certificate
 *
 * Return: whether it is, by name and by signature
 */
bool fp_cert_self_signed(X509 *cert)
{
	bool ret = X509_self_signed(cert, 1) > 0;

	ERR_clear_error();
	return ret;
}

/**
 * fp_cert_info() - a certificate in plain values
 * @cert: the certificate
 * @info: filled
 */
void fp_cert_info(X509 *cert, struct fp_cert_info *info)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

	memset(info, 0, sizeof(*info));
	fp_cert_subject(X509_get_subject_name(cert), info->subject, sizeof(info->subject));
	fp_cert_subject(X509_get_issuer_name(cert), info->issuer, sizeof(info->issuer));
	hex(ASN1_STRING_get0_data(serial), (unsigned int)ASN1_STRING_length(serial), false,
	    info->serial, sizeof(info->serial));
	fp_cert_print_of(cert, info->print);
	read_names(cert, info);
	info->not_before = fp_cert_time(X509_get0_notBefore(cert));
	info->not_after = fp_cert_time(X509_get0_notAfter(cert));
	fp_cert_key_text(X509_get0_pubkey(cert), info->key, sizeof(info->key));
	info->self_signed = fp_cert_self_signed(cert);
	info->weak = fp_key_weak(X509_get0_pubkey(cert));
	read_signature(cert, info);
	read_usage(cert, info);
	read_sources(cert, info);
	ERR_clear_error();
}

static bool same_name(const char *have, const char *want)
{
	size_t n = strlen(want);

	if (n && want[n - 1] == '.')
		n--;
	return strlen(have) == n && !strncasecmp(have, want, n);
}

/**
 * fp_cert_has_name() - does a certificate prove a name, exactly?
 * @info: the certificate
 * @name: host, domain or address; wildcards prove nothing for SIP
 *
 * Return: whether it does
 */
bool fp_cert_has_name(const struct fp_cert_info *info, const char *name)
{
	for (u32 i = 0; i < info->n_names; i++) {
		const char *have = info->names[i].text;

		if (info->names[i].type == FP_NAME_URI && !strncasecmp(have, "sip:", 4))
			have += 4;
		if (same_name(have, name))
			return true;
	}
	return false;
}
