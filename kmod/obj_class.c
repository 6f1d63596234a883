// SPDX-License-Identifier: GPL-2.0
/* Class maps and what they lead to: inspect maps, tls-proxies, trustpoints. */
#include "genl.h"
#include "object.h"

static int fp_class_map_parse(struct fp_parse *p, struct fp_object *obj,
			      const struct fp_object *old)
{
	struct fp_class_map_obj *cm = container_of(obj, struct fp_class_map_obj, o);

	cm->order = fp_parse_u32(p, FEDPAT_A_CLASS_MAP_ORDER, 0);
	return fp_parse_need(p, FEDPAT_A_CLASS_MAP_ACCESS_LIST) ?:
	       fp_parse_str(p, FEDPAT_A_CLASS_MAP_ZONE, FP_SYNTAX_NAME, &cm->zone) ?:
	       fp_parse_str(p, FEDPAT_A_CLASS_MAP_ACCESS_LIST, FP_SYNTAX_NAME, &cm->acl) ?:
	       fp_parse_str(p, FEDPAT_A_CLASS_MAP_INSPECT, FP_SYNTAX_NAME, &cm->inspect) ?:
	       fp_parse_str(p, FEDPAT_A_CLASS_MAP_TLS_PROXY, FP_SYNTAX_NAME, &cm->tls_proxy);
}

static int fp_class_map_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_class_map_obj *cm = container_of(obj, struct fp_class_map_obj, o);

	return nla_put_u32(skb, FEDPAT_A_CLASS_MAP_ORDER, cm->order) ?:
	       fp_nla_put_str(skb, FEDPAT_A_CLASS_MAP_ZONE, cm->zone) ?:
	       fp_nla_put_str(skb, FEDPAT_A_CLASS_MAP_ACCESS_LIST, cm->acl) ?:
	       fp_nla_put_str(skb, FEDPAT_A_CLASS_MAP_INSPECT, cm->inspect) ?:
	       fp_nla_put_str(skb, FEDPAT_A_CLASS_MAP_TLS_PROXY, cm->tls_proxy) ?:
	       fp_nla_put_u64(skb, FEDPAT_A_CLASS_MAP_HITS,
			      fp_hits_read(&obj->tally->hits));
}

const struct fp_kind_ops fp_class_map_ops = {
	.name = "class-map",
	.attr = fp_class_map_attr_names,
	.max_attr = FEDPAT_A_CLASS_MAP_MAX,
	.size = sizeof(struct fp_class_map_obj),
	.has_tally = true,
	.parse = fp_class_map_parse,
	.fill = fp_class_map_fill,
};

#define FP_INSPECT_MESSAGE_MIN	1024
#define FP_INSPECT_MESSAGE	65536
#define FP_INSPECT_IDLE_MAX	(30u * 24 * 3600)
#define FP_INSPECT_IDLE		3600
#define FP_INSPECT_HOLD_MIN	100
#define FP_INSPECT_HOLD_MAX	32000	/* Timer B of RFC 3261: nobody waits longer */
#define FP_INSPECT_HOLD		8000

static int fp_inspect_limits(struct fp_parse *p, const struct fp_inspect_obj *in)
{
	if (in->max_message < FP_INSPECT_MESSAGE_MIN || in->max_message > FP_INSPECT_MESSAGE_MAX)
		return fp_parse_bad(p, FEDPAT_A_INSPECT_MAX_MESSAGE,
				    "a message may have 1024 to 1048576 octets");
	if (in->idle_timeout > FP_INSPECT_IDLE_MAX)
		return fp_parse_bad(p, FEDPAT_A_INSPECT_IDLE_TIMEOUT,
				    "at most 2592000 seconds (30 days); 0 is never");
	if (in->hold_timeout < FP_INSPECT_HOLD_MIN || in->hold_timeout > FP_INSPECT_HOLD_MAX)
		return fp_parse_bad(p, FEDPAT_A_INSPECT_HOLD_TIMEOUT,
				    "a message may wait 100 to 32000 milliseconds");
	return 0;
}

static int fp_inspect_parse(struct fp_parse *p, struct fp_object *obj,
			    const struct fp_object *old)
{
	struct fp_inspect_obj *in = container_of(obj, struct fp_inspect_obj, o);

	in->type = fp_parse_u32(p, FEDPAT_A_INSPECT_TYPE, FEDPAT_INSPECT_TYPE_SIP);
	in->keep_software = fp_parse_flag(p, FEDPAT_A_INSPECT_KEEP_SOFTWARE);
	in->allow_media = fp_parse_flag(p, FEDPAT_A_INSPECT_ALLOW_MEDIA);
	in->allow_unlisted = fp_parse_flag(p, FEDPAT_A_INSPECT_ALLOW_UNLISTED);
	in->tls = fp_parse_u32(p, FEDPAT_A_INSPECT_TLS, FEDPAT_STREAM_TLS_DEFAULT);
	in->dialect = fp_parse_u32(p, FEDPAT_A_INSPECT_DIALECT, FEDPAT_DIALECT_ANY);
	in->max_message = fp_parse_u32(p, FEDPAT_A_INSPECT_MAX_MESSAGE, FP_INSPECT_MESSAGE);
	in->idle_timeout = fp_parse_u32(p, FEDPAT_A_INSPECT_IDLE_TIMEOUT, FP_INSPECT_IDLE);
	in->hold_timeout = fp_parse_u32(p, FEDPAT_A_INSPECT_HOLD_TIMEOUT, FP_INSPECT_HOLD);
	return fp_inspect_limits(p, in);
}

static int fp_inspect_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_inspect_obj *in = container_of(obj, struct fp_inspect_obj, o);

	return nla_put_u32(skb, FEDPAT_A_INSPECT_TYPE, in->type) ?:
	       nla_put_u32(skb, FEDPAT_A_INSPECT_MAX_MESSAGE, in->max_message) ?:
	       nla_put_u32(skb, FEDPAT_A_INSPECT_IDLE_TIMEOUT, in->idle_timeout) ?:
	       nla_put_u32(skb, FEDPAT_A_INSPECT_HOLD_TIMEOUT, in->hold_timeout) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_INSPECT_KEEP_SOFTWARE, in->keep_software) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_INSPECT_ALLOW_MEDIA, in->allow_media) ?:
	       (in->tls ? nla_put_u32(skb, FEDPAT_A_INSPECT_TLS, in->tls) : 0) ?:
	       fp_nla_put_flag(skb, FEDPAT_A_INSPECT_ALLOW_UNLISTED, in->allow_unlisted) ?:
	       (in->dialect ? nla_put_u32(skb, FEDPAT_A_INSPECT_DIALECT, in->dialect) : 0);
}

const struct fp_kind_ops fp_inspect_ops = {
	.name = "inspect",
	.attr = fp_inspect_attr_names,
	.max_attr = FEDPAT_A_INSPECT_MAX,
	.size = sizeof(struct fp_inspect_obj),
	.parse = fp_inspect_parse,
	.fill = fp_inspect_fill,
};

/* Where none is named. @type is all that tells the two from each other. */
#define FP_INSPECT_DEFAULT(t) { \
	.o = { .kind = FP_KIND_INSPECT, .name = "", .owner = "" }, \
	.type = (t), \
	.max_message = FP_INSPECT_MESSAGE, \
	.idle_timeout = FP_INSPECT_IDLE, \
	.hold_timeout = FP_INSPECT_HOLD, \
}

const struct fp_inspect_obj fp_inspect_none = FP_INSPECT_DEFAULT(FEDPAT_INSPECT_TYPE_NONE);
const struct fp_inspect_obj fp_inspect_sip = FP_INSPECT_DEFAULT(FEDPAT_INSPECT_TYPE_SIP);

static int fp_tls_proxy_need(struct fp_parse *p)
{
	return fp_parse_need(p, FEDPAT_A_TLS_PROXY_FEDERATION) ?:
	       fp_parse_need(p, FEDPAT_A_TLS_PROXY_ZONE) ?:
	       fp_parse_need(p, FEDPAT_A_TLS_PROXY_LISTENER_PORT);
}

static int fp_tls_proxy_read(struct fp_parse *p, struct fp_tls_proxy_obj *proxy)
{
	return fp_parse_str(p, FEDPAT_A_TLS_PROXY_FEDERATION, FP_SYNTAX_NAME,
			    &proxy->federation) ?:
	       fp_parse_str(p, FEDPAT_A_TLS_PROXY_ZONE, FP_SYNTAX_NAME, &proxy->zone) ?:
	       fp_parse_str(p, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT, FP_SYNTAX_NAME,
			    &proxy->server_trustpoint) ?:
	       fp_parse_str(p, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT, FP_SYNTAX_NAME,
			    &proxy->client_trustpoint);
}

static int fp_tls_proxy_parse(struct fp_parse *p, struct fp_object *obj,
			      const struct fp_object *old)
{
	struct fp_tls_proxy_obj *proxy = container_of(obj, struct fp_tls_proxy_obj, o);
	int err;

	err = fp_tls_proxy_need(p) ?: fp_tls_proxy_read(p, proxy);
	if (err)
		return err;
	proxy->port = fp_parse_u16(p, FEDPAT_A_TLS_PROXY_LISTENER_PORT, 0);
	if (!proxy->port)
		return fp_parse_bad(p, FEDPAT_A_TLS_PROXY_LISTENER_PORT, "ports begin at 1");
	proxy->transport = fp_parse_u32(p, FEDPAT_A_TLS_PROXY_TRANSPORT, FEDPAT_TRANSPORT_TLS);
	if (proxy->transport != FEDPAT_TRANSPORT_TLS && proxy->transport != FEDPAT_TRANSPORT_TCP)
		return fp_parse_bad(p, FEDPAT_A_TLS_PROXY_TRANSPORT,
				    "a listener speaks tls, or tcp where it is plain");
	return 0;
}

static int fp_tls_proxy_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_tls_proxy_obj *proxy = container_of(obj, struct fp_tls_proxy_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_TLS_PROXY_FEDERATION, proxy->federation) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TLS_PROXY_ZONE, proxy->zone) ?:
	       nla_put_u16(skb, FEDPAT_A_TLS_PROXY_LISTENER_PORT, proxy->port) ?:
	       nla_put_u32(skb, FEDPAT_A_TLS_PROXY_TRANSPORT, proxy->transport) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TLS_PROXY_SERVER_TRUSTPOINT,
			      proxy->server_trustpoint) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TLS_PROXY_CLIENT_TRUSTPOINT,
			      proxy->client_trustpoint);
}

const struct fp_kind_ops fp_tls_proxy_ops = {
	.name = "tls-proxy",
	.attr = fp_tls_proxy_attr_names,
	.max_attr = FEDPAT_A_TLS_PROXY_MAX,
	.size = sizeof(struct fp_tls_proxy_obj),
	.parse = fp_tls_proxy_parse,
	.fill = fp_tls_proxy_fill,
};

#define FP_TRUSTPOINT_RENEW_DAYS	30
#define FP_TRUSTPOINT_RENEW_DAYS_MAX	365

static int fp_trustpoint_url(struct fp_parse *p, int attr, const char *url)
{
	if (!*url || !strncmp(url, "http://", 7) || !strncmp(url, "https://", 8))
		return 0;
	return fp_parse_bad(p, attr, "not a URL that begins with http:// or https://");
}

static int fp_trustpoint_online(struct fp_parse *p, struct fp_trustpoint_obj *tp)
{
	u32 days = fp_parse_u32(p, FEDPAT_A_TRUSTPOINT_RENEW_BEFORE, FP_TRUSTPOINT_RENEW_DAYS);
	int err;

	tp->revocation = fp_parse_u32(p, FEDPAT_A_TRUSTPOINT_REVOCATION, FEDPAT_REVOCATION_FILE);
	if (days > FP_TRUSTPOINT_RENEW_DAYS_MAX)
		return fp_parse_bad(p, FEDPAT_A_TRUSTPOINT_RENEW_BEFORE, "at most 365 days");
	tp->renew_before = days;
	err = fp_parse_str(p, FEDPAT_A_TRUSTPOINT_OCSP, FP_SYNTAX_ANY, &tp->ocsp) ?:
	      fp_parse_str(p, FEDPAT_A_TRUSTPOINT_CMP, FP_SYNTAX_ANY, &tp->cmp) ?:
	      fp_parse_str(p, FEDPAT_A_TRUSTPOINT_CMP_CA, FP_SYNTAX_PATH, &tp->cmp_ca);
	return err ?: fp_trustpoint_url(p, FEDPAT_A_TRUSTPOINT_OCSP, tp->ocsp) ?:
	       fp_trustpoint_url(p, FEDPAT_A_TRUSTPOINT_CMP, tp->cmp);
}

static int fp_trustpoint_parse(struct fp_parse *p, struct fp_object *obj,
			       const struct fp_object *old)
{
	struct fp_trustpoint_obj *tp = container_of(obj, struct fp_trustpoint_obj, o);
	int err;

	err = fp_parse_str(p, FEDPAT_A_TRUSTPOINT_CERT, FP_SYNTAX_PATH, &tp->cert) ?:
	      fp_parse_str(p, FEDPAT_A_TRUSTPOINT_KEY, FP_SYNTAX_PATH, &tp->key) ?:
	      fp_parse_str(p, FEDPAT_A_TRUSTPOINT_CA, FP_SYNTAX_PATH, &tp->ca) ?:
	      fp_parse_str(p, FEDPAT_A_TRUSTPOINT_CRL, FP_SYNTAX_PATH, &tp->crl) ?:
	      fp_trustpoint_online(p, tp);
	if (err)
		return err;
	if (*tp->key && !*tp->cert)
		return fp_parse_bad(p, FEDPAT_A_TRUSTPOINT_KEY,
				    "a key without its certificate; give the certificate too");
	if (!*tp->cert && !*tp->ca)
		return fp_parse_bad(p, FEDPAT_A_TRUSTPOINT_NAME,
				    "a trustpoint needs a certificate (with its key), CAs, or both");
	return 0;
}

/* Defaults are not told. */
static int fp_trustpoint_fill_online(struct sk_buff *skb, const struct fp_trustpoint_obj *tp)
{
	int err = 0;

	if (tp->revocation != FEDPAT_REVOCATION_FILE)
		err = nla_put_u32(skb, FEDPAT_A_TRUSTPOINT_REVOCATION, tp->revocation);
	if (!err && tp->renew_before != FP_TRUSTPOINT_RENEW_DAYS)
		err = nla_put_u32(skb, FEDPAT_A_TRUSTPOINT_RENEW_BEFORE, tp->renew_before);
	return err;
}

static int fp_trustpoint_fill(struct sk_buff *skb, const struct fp_object *obj)
{
	const struct fp_trustpoint_obj *tp = container_of(obj, struct fp_trustpoint_obj, o);

	return fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_CERT, tp->cert) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_KEY, tp->key) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_CA, tp->ca) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_CRL, tp->crl) ?:
	       fp_trustpoint_fill_online(skb, tp) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_OCSP, tp->ocsp) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_CMP, tp->cmp) ?:
	       fp_nla_put_str(skb, FEDPAT_A_TRUSTPOINT_CMP_CA, tp->cmp_ca);
}

const struct fp_kind_ops fp_trustpoint_ops = {
	.name = "trustpoint",
	.attr = fp_trustpoint_attr_names,
	.max_attr = FEDPAT_A_TRUSTPOINT_MAX,
	.size = sizeof(struct fp_trustpoint_obj),
	.parse = fp_trustpoint_parse,
	.fill = fp_trustpoint_fill,
};
