// SPDX-License-Identifier: GPL-2.0
/* fedctl sip rewrite: one message through inspection, routing and rewriting. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fedpat/relay.h>
#include <fedpat/sip.h>
#include "cmd_sip.h"
#include "err.h"
#include "text.h"

#define MAX_LIST 64

/* What the options say. */
struct opts {
	struct fp_realm_conf conf;
	struct fp_slice domains[MAX_LIST];
	struct fp_slice self[MAX_LIST];
	struct fp_slice peer_domains[MAX_LIST];
	struct fp_realm_prefix prefixes[MAX_LIST];
	struct fp_realm_host hosts[MAX_LIST];
	struct fp_realm_row rows[MAX_LIST];
	struct fp_realm_key key;
	u32 n_peer_domains;
	struct fp_endpoint source;
	struct fp_endpoint dialled;
	enum fp_side from;
	u8 tp;
	bool edits;
	const char *file;
};

enum {
	O_FQDN = 256,
	O_PUBLIC,
	O_ROW,
	O_DOMAIN,
	O_INSIDE,
	O_INSIDE_NAME,
	O_SELF,
	O_FROM,
	O_TRANSPORT,
	O_PLACE,
	O_PEER_DOMAIN,
	O_SOURCE,
	O_DIALLED,
	O_KEY,
	O_REALM,
	O_MEDIA,
	O_SOFTWARE,
	O_EDITS,
};

static const struct option options[] = {
	{ "public-fqdn", required_argument, NULL, O_FQDN },
	{ "public", required_argument, NULL, O_PUBLIC },
	{ "row", required_argument, NULL, O_ROW },
	{ "domain", required_argument, NULL, O_DOMAIN },
	{ "inside", required_argument, NULL, O_INSIDE },
	{ "inside-name", required_argument, NULL, O_INSIDE_NAME },
	{ "self", required_argument, NULL, O_SELF },
	{ "from", required_argument, NULL, O_FROM },
	{ "transport", required_argument, NULL, O_TRANSPORT },
	{ "place", required_argument, NULL, O_PLACE },
	{ "peer-domain", required_argument, NULL, O_PEER_DOMAIN },
	{ "source", required_argument, NULL, O_SOURCE },
	{ "dialled", required_argument, NULL, O_DIALLED },
	{ "key", required_argument, NULL, O_KEY },
	{ "realm", required_argument, NULL, O_REALM },
	{ "allow-media", no_argument, NULL, O_MEDIA },
	{ "keep-software", no_argument, NULL, O_SOFTWARE },
	{ "edits", no_argument, NULL, O_EDITS },
	{ NULL, 0, NULL, 0 },
};

static struct fp_slice str(const char *s)
{
	return fp_slice(s, strlen(s));
}

static const char *add_name(struct fp_slice *list, u32 *n, const char *arg)
{
	if (*n == MAX_LIST)
		return "is one too many";
	list[(*n)++] = str(arg);
	return NULL;
}

static const char *add_public(struct opts *o, const char *arg)
{
	if (o->conf.n_addrs == FP_REALM_MAX_ADDRS)
		return "is one too many";
	return fp_txt_addr(arg, &o->conf.addrs[o->conf.n_addrs++]);
}

static const char *add_prefix(struct opts *o, const char *arg)
{
	struct fp_cidr cidr;
	const char *bad = o->conf.n_prefixes == MAX_LIST ? "is one too many" :
							   fp_txt_cidr(arg, &cidr);

	if (bad)
		return bad;
	o->prefixes[o->conf.n_prefixes].addr = cidr.addr;
	o->prefixes[o->conf.n_prefixes++].len = cidr.len;
	return NULL;
}

/* NAME or NAME=ADDR. */
static const char *add_host(struct opts *o, const char *arg)
{
	struct fp_realm_host *host = &o->hosts[o->conf.n_hosts];
	const char *eq = strchr(arg, '=');

	if (o->conf.n_hosts == MAX_LIST)
		return "is one too many";
	o->conf.n_hosts++;
	host->name = fp_slice(arg, eq ? (size_t)(eq - arg) : strlen(arg));
	return eq ? fp_txt_addr(eq + 1, &host->addr) : NULL;
}

static const char *tp_of(const char *name, u8 *tp)
{
	static const char *const names[] = {
		[FP_TP_UDP] = "udp", [FP_TP_TCP] = "tcp", [FP_TP_TLS] = "tls"
	};

	for (*tp = FP_TP_UDP; *tp <= FP_TP_TLS; (*tp)++)
		if (!strcmp(name, names[*tp]))
			return NULL;
	return "is not udp, tcp or tls";
}

/* PUBLIC:PORT=NODE:PORT[,TRANSPORT] */
static const char *add_row(struct opts *o, const char *arg)
{
	struct fp_realm_row *row = &o->rows[o->conf.n_rows];
	char *copy = strdup(arg), *node = copy ? strchr(copy, '=') : NULL;
	char *tp = node ? strchr(node, ',') : NULL;
	const char *bad;

	if (o->conf.n_rows == MAX_LIST || !node) {
		free(copy);
		return node ? "is one too many" : "is not PUBLIC:PORT=NODE:PORT";
	}
	*node++ = 0;
	if (tp)
		*tp++ = 0;
	o->conf.n_rows++;
	bad = fp_txt_endpoint(copy, &row->pub);
	if (!bad)
		bad = fp_txt_endpoint(node, &row->node);
	if (!bad && tp)
		bad = tp_of(tp, &row->node_tp);
	row->proto = row->node_tp == FP_TP_UDP ? 17 : 6;
	free(copy);
	return bad;
}

static const char *set_key(struct opts *o, const char *arg)
{
	u32 i;

	if (strlen(arg) != 2 * FP_SEAL_MASTER)
		return "is not 64 hexadecimal digits";
	for (i = 0; i < FP_SEAL_MASTER; i++) {
		char digits[3] = { arg[2 * i], arg[2 * i + 1], 0 }, *end;

		o->key.master[i] = strtoul(digits, &end, 16);
		if (*end)
			return "is not 64 hexadecimal digits";
	}
	return NULL;
}

static const char *set_from(struct opts *o, const char *arg)
{
	o->from = !strcmp(arg, "inside") ? FP_INSIDE : FP_OUTSIDE;
	return o->from == FP_OUTSIDE && strcmp(arg, "outside") ? "is not inside or outside" : NULL;
}

static const char *set_place(struct opts *o, const char *arg)
{
	o->conf.place = !strcmp(arg, "asa") ? FP_PLACE_ASA : FP_PLACE_EXPRESSWAY;
	return o->conf.place && strcmp(arg, "expressway") ? "is not asa or expressway" : NULL;
}

/* One option; what is wrong with its value, or NULL. */
static const char *take(struct opts *o, int c, const char *arg)
{
	switch (c) {
	case O_FQDN:
		o->conf.fqdn = str(arg);
		return NULL;
	case O_PUBLIC:
		return add_public(o, arg);
	case O_ROW:
		return add_row(o, arg);
	case O_DOMAIN:
		return add_name(o->domains, &o->conf.n_domains, arg);
	case O_INSIDE:
		return add_prefix(o, arg);
	case O_INSIDE_NAME:
		return add_host(o, arg);
	case O_SELF:
		return add_name(o->self, &o->conf.n_self, arg);
	case O_FROM:
		return set_from(o, arg);
	case O_TRANSPORT:
		return tp_of(arg, &o->tp);
	case O_PLACE:
		return set_place(o, arg);
	case O_PEER_DOMAIN:
		return add_name(o->peer_domains, &o->n_peer_domains, arg);
	case O_SOURCE:
		return fp_txt_endpoint(arg, &o->source);
	case O_DIALLED:
		return fp_txt_endpoint(arg, &o->dialled);
	case O_KEY:
		return set_key(o, arg);
	case O_REALM:
		o->conf.name = str(arg);
		return NULL;
	case O_MEDIA:
		o->conf.flags |= FP_REALM_ALLOW_MEDIA;
		return NULL;
	case O_SOFTWARE:
		o->conf.flags &= ~FP_REALM_MASK_UA;
		return NULL;
	default:
		o->edits = true;
		return NULL;
	}
}

static int read_opts(int argc, char **argv, struct opts *o)
{
	int c, i;

	/* getopt wants a program in front. */
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc + 1, argv - 1, "", options, &i)) != -1) {
		const char *bad;

		if (c == '?')
			return fp_sip_usage("%s: no such option, or its value is missing",
					    argv[optind - 2]);
		bad = take(o, c, optarg);
		if (bad)
			return fp_sip_usage("--%s %s %s", options[i].name, optarg, bad);
	}
	if (optind != argc)
		return fp_sip_usage("rewrite takes one FILE, or - for standard input");
	o->file = argv[optind - 1];
	if (!o->from)
		return fp_sip_usage("rewrite needs --from inside or --from outside");
	return FP_EXIT_OK;
}

static void *mem_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void mem_free(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static const struct fp_mem mem = { mem_alloc, mem_free, NULL };

static int build(struct opts *o, struct fp_realm **realm)
{
	static const char *const fields[] = {
		[FP_REALM_F_NONE] = "policy",	      [FP_REALM_F_NAME] = "--realm",
		[FP_REALM_F_FQDN] = "--public-fqdn",  [FP_REALM_F_ADDRS] = "--public",
		[FP_REALM_F_PLACE] = "--place",	      [FP_REALM_F_RR] = "--place",
		[FP_REALM_F_DOMAINS] = "--domain",    [FP_REALM_F_PREFIXES] = "--inside",
		[FP_REALM_F_HOSTS] = "--inside-name", [FP_REALM_F_SELF] = "--self",
		[FP_REALM_F_ROWS] = "--row",	      [FP_REALM_F_KEYS] = "--key",
	};
	struct fp_realm_error err = { 0 };

	if (!o->conf.name.len)
		o->conf.name = FP_LIT("fedctl");
	o->key.version = 1;
	o->conf.domains = o->domains;
	o->conf.self = o->self;
	o->conf.prefixes = o->prefixes;
	o->conf.hosts = o->hosts;
	o->conf.rows = o->rows;
	o->conf.keys = &o->key;
	o->conf.n_keys = 1;
	if (!fp_realm_build(&mem, &o->conf, realm, &err))
		return FP_EXIT_OK;
	return fp_sip_usage("%s, number %u: %s", fields[err.field], err.index + 1,
			    err.text ? err.text : "no memory");
}

/* The leg on one side, as the options describe it. */
static struct fp_leg_view leg(const struct opts *o, enum fp_side side)
{
	struct fp_leg_view l = { .id = side, .side = side };

	l.flags = side == FP_INSIDE || !o->n_peer_domains ? FP_LEG_ANY_DOMAIN : 0;
	l.tp = side == FP_OUTSIDE ? o->tp : FP_TP_TLS;
	if (side == o->from)
		l.remote = o->source;
	if (side == FP_OUTSIDE) {
		l.orig_dst = o->dialled;
		l.self_host = o->tp == FP_TP_TLS ? o->conf.fqdn : fp_slice(NULL, 0);
	} else if (o->conf.n_self) {
		l.self_host = o->self[0];
	}
	if (side == FP_INSIDE && !l.remote.addr.family && o->conf.n_rows)
		l.remote = o->rows[0].node;
	l.self_port = 5061;
	return l;
}

static const char *const kinds[] = {
	[FP_ROUTE_REFUSE] = "refuse", [FP_ROUTE_RESPONSE] = "response",
	[FP_ROUTE_NODE] = "node",     [FP_ROUTE_DOMAIN] = "domain",
	[FP_ROUTE_SELF] = "self",     [FP_ROUTE_ABSORB] = "absorb",
};

static json_t *route_json(const struct fp_route *r)
{
	json_t *o = json_pack("{s:s}", "kind", kinds[r->kind]);
	char ep[FP_TXT_ENDPOINT];

	if (r->endpoint.addr.family)
		json_object_set_new(o, "endpoint", json_string(fp_endpoint_str(&r->endpoint, ep)));
	if (r->host.len)
		json_object_set_new(o, "host", fp_sip_json(r->host));
	if (r->port)
		json_object_set_new(o, "port", json_integer(r->port));
	return o;
}

static json_t *notes_json(u32 notes)
{
	static const char *const names[] = {
		"user-text", "signed",	"opaque-body", "media",
		"old-key",   "foreign", "masked",      "tokens",
	};
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (notes & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *edit_json(const struct fp_edits *e, const struct fp_edit *edit,
			 const struct fp_sip_msg *m)
{
	json_t *o = json_pack("{s:i}", "offset", edit->off);
	struct fp_span old = fp_span(edit->off, edit->old_len);

	json_object_set_new(o, "old", fp_sip_json(fp_msg_at(m, old)));
	json_object_set_new(o, "new", fp_sip_json(fp_edit_bytes(e, edit)));
	return o;
}

static json_t *edits_json(const struct fp_edits *e, const struct fp_sip_msg *m)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < e->n; i++)
		json_array_append_new(list, edit_json(e, &e->v[i], m));
	return list;
}

static void print_edits(const struct fp_edits *e, const struct fp_sip_msg *m)
{
	u32 i;

	for (i = 0; i < e->n; i++) {
		struct fp_slice new = fp_edit_bytes(e, &e->v[i]);

		printf("@%u\n- %.*s\n+ %.*s\n", e->v[i].off, (int)e->v[i].old_len,
		       m->buf + e->v[i].off, (int)new.len, new.p);
	}
}

/* What is sent: the message as rewritten, or a response of our own. */
static int show(const struct opts *o, const struct fp_route *route, const struct fp_sip_msg *m,
		const struct fp_sip_work *w, struct fp_slice sent, bool json)
{
	json_t *root;

	if (!json && o->edits)
		print_edits(&w->edits, m);
	else if (!json)
		fwrite(sent.p, 1, sent.len, stdout);
	if (!json)
		return FP_EXIT_OK;
	root = json_object();
	json_object_set_new(root, "route", route_json(route));
	json_object_set_new(root, "notes", notes_json(w->notes));
	json_object_set_new(root, "message", fp_sip_json(sent));
	if (o->edits)
		json_object_set_new(root, "edits", edits_json(&w->edits, m));
	return fp_sip_print_json(root, FP_EXIT_OK);
}

/* Everything that one run needs. */
struct run {
	struct fp_realm *realm;
	struct fp_nameset *peers;
	struct fp_sip_msg *m;
	struct fp_sip_work *w;
	u8 *out;
	u32 size;
	struct fp_leg_view in, to;
};

static enum fp_reason decide(const struct opts *o, struct run *r, struct fp_route *route)
{
	enum fp_reason reason;

	r->w->refused_at = 0;
	if (o->tp == FP_TP_UDP) {
		route->kind = o->from == FP_INSIDE ? FP_ROUTE_DOMAIN : FP_ROUTE_NODE;
		reason = fp_sip_inspect(r->realm, &r->in, r->m, r->w);
		return reason ? reason :
				fp_sip_rewrite_alg(r->realm, o->from,
						   o->from == FP_INSIDE ? &r->in.remote :
									  &r->to.remote,
						   r->m, r->w);
	}
	reason = fp_sip_inspect(r->realm, &r->in, r->m, r->w);
	if (!reason)
		reason = fp_sip_route(r->realm, &r->in, r->m, r->w, route);
	if (reason || route->kind == FP_ROUTE_SELF || route->kind == FP_ROUTE_ABSORB)
		return reason;
	return fp_sip_rewrite(r->realm, &r->in, &r->to, r->m, route, r->w);
}

static int one_message(const struct opts *o, struct run *r, struct fp_slice msg, bool json)
{
	struct fp_route route = { .kind = FP_ROUTE_REFUSE };
	enum fp_reason reason;
	s64 n = 0;

	if (fp_sip_parse(r->m, msg.p, msg.len, o->tp == FP_TP_UDP ? FP_PARSE_DATAGRAM : 0))
		return fp_sip_refused(r->m->err, msg, r->m->err_off, json);
	reason = decide(o, r, &route);
	if (reason)
		return fp_sip_refused(reason, msg, r->w->refused_at, json);
	if (route.kind == FP_ROUTE_SELF)
		n = fp_sip_answer_options(r->realm, &r->in, r->m, r->out, r->size);
	else if (route.kind != FP_ROUTE_ABSORB)
		n = fp_edits_apply(&r->w->edits, fp_slice(r->m->buf, r->m->len), r->out, r->size);
	return show(o, &route, r->m, r->w, fp_slice(r->out, n > 0 ? n : 0), json);
}

static int run_file(struct opts *o, struct run *r, bool json)
{
	unsigned char *bytes;
	size_t len;
	int status;

	if (o->n_peer_domains &&
	    fp_nameset_build(&mem, o->peer_domains, o->n_peer_domains, &r->peers))
		return fp_sip_usage("--peer-domain: not a domain");
	r->in = leg(o, o->from);
	r->to = leg(o, o->from == FP_INSIDE ? FP_OUTSIDE : FP_INSIDE);
	r->in.domains = r->peers;
	if (!fp_sip_read(o->file, &bytes, &len))
		return FP_EXIT_USAGE;
	r->size = len + FP_WORK_SCRATCH;
	r->out = malloc(r->size);
	r->m = malloc(sizeof(*r->m));
	r->w = calloc(1, sizeof(*r->w));
	if (r->out && r->m && r->w)
		status = one_message(o, r, fp_slice(bytes, len), json);
	else
		status = fp_sip_usage("no memory");
	free(bytes);
	return status;
}

int fp_sip_cmd_rewrite(int argc, char **argv, bool json)
{
	struct opts *o = calloc(1, sizeof(*o));
	struct run r = { 0 };
	int status;

	if (!o)
		return fp_sip_usage("no memory");
	o->tp = FP_TP_TLS;
	o->conf.flags = FP_REALM_MASK_UA;
	status = read_opts(argc, argv, o);
	if (!status)
		status = build(o, &r.realm);
	if (!status)
		status = run_file(o, &r, json);
	fp_realm_free(r.realm);
	fp_nameset_free(r.peers);
	free(r.out);
	free(r.m);
	free(r.w);
	free(o);
	return status;
}
