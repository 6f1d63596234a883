// SPDX-License-Identifier: GPL-2.0
/*
 * SIP URIs on their way through the gateway.
 *
 * Outwards, an inside host becomes our public name and the port of the node's
 * static-PAT row. Where that says enough to get every byte back, no more is done;
 * else the URI carries a parameter, fpt, that holds host, port and parameters as
 * they were. A host without a row gets the port of the node it came from, so that
 * what is sent to it comes back to that node.
 */
#include "xlat.h"

#define URI_TOKEN_BRACKETS	0x01	/* we put it into angle brackets */
#define URI_TOKEN_HOST		0x02	/* host and port only: the parameters stayed */

/* Longest host, port and parameters that a token takes with it. */
#define REGION_MAX		1024

/* What is known about the host of an outward URI. */
struct owner {
	s32 row;		/* its row, -1 for none */
	bool ours;		/* must not be seen */
	bool exact;		/* the row alone gives every byte back */
};

/* The URI that is translated. */
struct job {
	const struct fp_uri *uri;
	struct fp_span region;	/* host, port and parameters */
	bool brackets;
};

/**
 * fp_tp_name() - name of a transport in a URI
 * @tp: enum fp_tp
 *
 * Return: lower case name, empty for FP_TP_NONE.
 */
struct fp_slice fp_tp_name(u8 tp)
{
	switch (tp) {
	case FP_TP_UDP:
		return FP_LIT("udp");
	case FP_TP_TCP:
		return FP_LIT("tcp");
	case FP_TP_TLS:
		return FP_LIT("tls");
	default:
		return FP_LIT("");
	}
}

/**
 * fp_xlat_put_host() - append the host that the outside sees
 * @put: where to
 * @x: the translation
 * @row: static-PAT row, or -1
 *
 * Over TLS it is the name that our certificate proves.
 */
void fp_xlat_put_host(struct fp_put *put, const struct fp_xlat *x, s32 row)
{
	const struct fp_realm *realm = x->realm;

	if (realm->fqdn.len && (x->tp == FP_TP_TLS || !realm->n_addrs))
		fp_put(put, realm->fqdn);
	else if (row >= 0)
		fp_put_addr(put, &realm->rows[row].pub.addr, true);
	else
		fp_put_addr(put, &realm->addrs[0], true);
}

/**
 * fp_xlat_public_port() - port that goes with fp_xlat_put_host()
 * @x: the translation
 * @row: static-PAT row, or -1
 *
 * Return: the port, 0 where none is known.
 */
u16 fp_xlat_public_port(const struct fp_xlat *x, s32 row)
{
	if (row < 0)
		row = x->main_row;
	return row < 0 ? x->self_port : x->realm->rows[row].pub.port;
}

/**
 * fp_xlat_public_row() - row that a public host and port name
 * @realm: the realm
 * @host: name or address literal
 * @port: port
 * @proto: 6, 17, or 0 for either
 *
 * Return: index of the row, -1 when it is not ours or has none.
 */
s32 fp_xlat_public_row(const struct fp_realm *realm, struct fp_slice host, u16 port,
		       u8 proto)
{
	struct fp_endpoint ep = { .port = port };
	s32 row = -1;
	u32 i;

	if (fp_slice_addr(host, &ep.addr))
		return fp_realm_by_public(realm, proto, &ep);
	if (!fp_realm_host_public(realm, host))
		return -1;
	for (i = 0; i < realm->n_addrs && row < 0; i++) {
		ep.addr = realm->addrs[i];
		row = fp_realm_by_public(realm, proto, &ep);
	}
	return row;
}

static struct fp_slice host_name(const u8 *base, const struct fp_uri *uri)
{
	return fp_at(base, uri->host.name);
}

static u8 uri_tp(const u8 *base, const struct fp_uri *uri)
{
	struct fp_param p;

	if (!fp_param_find(base, uri->params, FP_LIT("transport"), &p))
		return uri->scheme == FP_SCHEME_SIPS ? FP_TP_TLS : FP_TP_NONE;
	switch (fp_transport_lookup(fp_at(base, p.value))) {
	case FP_TRANSPORT_UDP:
		return FP_TP_UDP;
	case FP_TRANSPORT_TLS:
		return FP_TP_TLS;
	default:
		return FP_TP_TCP;
	}
}

static bool inside_host(const struct fp_xlat *x, const struct fp_uri *uri)
{
	if (uri->host.addr.family)
		return fp_realm_addr_inside(x->realm, &uri->host.addr);
	return fp_realm_host_inside(x->realm, host_name(x->base, uri));
}

/* Would the way back make the same text of it? */
static bool is_exact(const struct fp_xlat *x, const struct fp_uri *uri, s32 row)
{
	const struct fp_realm_row *r = &x->realm->rows[row];
	struct fp_slice tp = fp_tp_name(r->node_tp);
	struct fp_param p;
	u8 text[64], pub[FP_NAME_MAX + 1];
	struct fp_put put = fp_put_init(text, sizeof(text));
	struct fp_put host = fp_put_init(pub, sizeof(pub));

	fp_put_addr(&put, &r->node.addr, true);
	fp_put(&put, FP_LIT(":"));
	fp_put_u32(&put, r->node.port);
	if (!fp_slice_eq(fp_at(x->base, uri->host.whole), fp_put_done(&put)))
		return false;
	if (!fp_param_find(x->base, uri->params, FP_LIT("transport"), &p) ||
	    !fp_slice_eq(fp_at(x->base, p.value), tp))
		return false;
	if (fp_param_find(x->base, uri->params, FP_LIT("maddr"), &p))
		return false;
	fp_xlat_put_host(&host, x, row);
	return !host.full && fp_xlat_public_row(x->realm, fp_put_done(&host), r->pub.port,
						r->proto) == row;
}

static struct owner find_owner(const struct fp_xlat *x, const struct fp_uri *uri)
{
	const struct fp_addr *addr = &uri->host.addr;
	struct owner o = { .row = -1, .ours = inside_host(x, uri) };
	struct fp_endpoint ep;

	if (!o.ours)
		return o;
	if (!addr->family)
		addr = fp_realm_host_addr(x->realm, host_name(x->base, uri));
	if (!addr)
		return o;
	ep.addr = *addr;
	ep.port = uri->host.port;
	if (ep.port)
		o.row = fp_realm_by_node(x->realm, 6, &ep);
	if (o.row >= 0 && !(x->flags & FP_XT_FORCE))
		o.exact = is_exact(x, uri, o.row);
	if (o.row < 0)
		o.row = fp_realm_main_row(x->realm, 6, addr);
	return o;
}

/* Parameters that may be seen; transport is written anew, the rest is in the token. */
static void put_params(struct fp_xlat *x, struct fp_put *put, const struct job *j)
{
	struct fp_span rest = j->uri->params;
	struct fp_param p;

	while (fp_param_next(x->base, &rest, &p)) {
		struct fp_slice name = fp_at(x->base, p.name);

		if (fp_slice_ieq(name, FP_LIT("transport")) ||
		    fp_slice_ieq(name, FP_LIT("maddr")) ||
		    fp_slice_ieq(name, FP_LIT("fpt")) ||
		    fp_slice_ieq(name, FP_LIT("fpr")) ||
		    !fp_xlat_clean(x, fp_at(x->base, p.whole)))
			continue;
		fp_put(put, FP_LIT(";"));
		fp_put(put, fp_at(x->base, p.whole));
	}
}

static void put_public_hostport(struct fp_xlat *x, struct fp_put *put, s32 row)
{
	u16 port = fp_xlat_public_port(x, row);

	fp_xlat_put_host(put, x, row);
	if (!port)
		return;
	fp_put(put, FP_LIT(":"));
	fp_put_u32(put, port);
}

/* Host, port and parameters as the outside sees them, with all of them sealed. */
static void seal_region(struct fp_xlat *x, const struct job *j, s32 row)
{
	bool wrap = x->flags & FP_XT_ADDR && !j->brackets;
	u8 flags = wrap ? URI_TOKEN_BRACKETS : 0;
	struct fp_slice plain[] = { { &flags, 1 }, fp_at(x->base, j->region) };
	struct fp_put put;

	if (!x->realm->sealer.n)
		fp_xlat_fail(x, FP_R_NO_TOKEN_KEY, j->region.off);
	if (wrap)
		fp_edits_replace(&x->w->edits, j->uri->whole.off, 0, FP_LIT("<"));
	put = fp_xlat_put(x);
	put_public_hostport(x, &put, row);
	if (x->tp && !(x->flags & FP_XT_USER) && j->uri->scheme == FP_SCHEME_SIP &&
	    (wrap || j->brackets)) {
		fp_put(&put, FP_LIT(";transport="));
		fp_put(&put, fp_tp_name(x->tp));
	}
	put_params(x, &put, j);
	fp_put(&put, FP_LIT(";fpt="));
	fp_put_token(&put, &x->realm->sealer, FP_SEAL_URI, plain, 2, FP_SEAL_B32);
	fp_put(&put, wrap ? FP_LIT(">") : FP_LIT(""));
	fp_xlat_commit(x, &put, j->region.off, j->region.len);
	x->w->notes |= FP_NOTE_TOKENS;
}

/* Edit the value of the transport parameter; everything else is swept. */
static void edit_params(struct fp_xlat *x, const struct job *j, struct fp_slice tp)
{
	struct fp_span params = j->uri->params;
	struct fp_param p;

	if (tp.len && fp_param_find(x->base, params, FP_LIT("transport"), &p) &&
	    !fp_slice_eq(fp_at(x->base, p.value), tp)) {
		fp_xlat_sweep(x, fp_span_to(params.off, p.whole.off));
		fp_edits_replace(&x->w->edits, p.value.off, p.value.len, tp);
		params = fp_span_to(fp_span_end(p.whole), fp_span_end(params));
	}
	fp_xlat_sweep(x, params);
}

/* Parameters of several kilobytes (GRUUs) stay where they are. */
static void seal_host(struct fp_xlat *x, const struct job *j, s32 row)
{
	u8 flags = URI_TOKEN_HOST;
	struct fp_span host = j->uri->host.whole;
	struct fp_slice plain[] = { { &flags, 1 }, fp_at(x->base, host) };
	struct fp_put put = fp_xlat_put(x);

	if (!x->realm->sealer.n)
		fp_xlat_fail(x, FP_R_NO_TOKEN_KEY, host.off);
	put_public_hostport(x, &put, row);
	fp_put(&put, FP_LIT(";fpt="));
	fp_put_token(&put, &x->realm->sealer, FP_SEAL_URI, plain, 2, FP_SEAL_B32);
	fp_xlat_commit(x, &put, host.off, host.len);
	fp_xlat_sweep(x, j->uri->params);
	x->w->notes |= FP_NOTE_TOKENS;
}

static void seal_uri(struct fp_xlat *x, const struct job *j, s32 row)
{
	if (j->region.len > REGION_MAX)
		seal_host(x, j, row);
	else
		seal_region(x, j, row);
}

/* Our own Record-Route says what it is, and is no node. */
static bool is_own_route(const struct fp_xlat *x, const struct fp_uri *uri)
{
	struct fp_param p;

	return fp_param_find(x->base, uri->params, FP_LIT("fpr"), &p);
}

/* The row that a URI with our public name and a port stands for, -1 for none. */
static s32 named_row(const struct fp_xlat *x, const struct fp_uri *uri)
{
	u8 proto = uri_tp(x->base, uri) == FP_TP_UDP ? 17 : 6;

	if (!uri->host.port || is_own_route(x, uri))
		return -1;
	return fp_xlat_public_row(x->realm, host_name(x->base, uri), uri->host.port, proto);
}

static void uri_out(struct fp_xlat *x, const struct job *j)
{
	struct owner o = find_owner(x, j->uri);
	const struct fp_host *host = &j->uri->host;
	struct fp_put put;

	/* Our own public name, said by a node, must not turn into a node on its way back. */
	if (!o.ours && named_row(x, j->uri) >= 0) {
		seal_uri(x, j, named_row(x, j->uri));
		return;
	}
	if (!o.ours) {
		fp_xlat_sweep(x, j->region);
		return;
	}
	if (!o.exact) {
		seal_uri(x, j, o.row);
		return;
	}
	put = fp_xlat_put(x);
	put_public_hostport(x, &put, o.row);
	fp_xlat_commit(x, &put, host->whole.off, host->whole.len);
	edit_params(x, j, fp_tp_name(x->tp));
}

/**
 * fp_xlat_uri_token() - open the token that a URI carries
 * @realm: the realm
 * @base: what the spans of @uri are relative to
 * @uri: the URI
 * @out: host, port and parameters as they were, behind one byte of flags
 * @size: room there
 *
 * Return: bytes in @out; 0 when the URI has no token; -EBADMSG when it does not
 * open.
 */
s32 fp_xlat_uri_token(const struct fp_realm *realm, const u8 *base,
		      const struct fp_uri *uri, u8 *out, u32 size)
{
	struct fp_param p;
	s32 n;

	if (!fp_param_find(base, uri->params, FP_LIT("fpt"), &p))
		return 0;
	n = fp_unseal(&realm->sealer, FP_SEAL_URI, fp_at(base, p.value), FP_SEAL_B32,
		      out, size);
	return n < 2 ? -EBADMSG : n;
}

/* The host comes back, the token goes; what lies between them is swept. */
static void open_host(struct fp_xlat *x, const struct job *j, s32 n,
		      const struct fp_param *token)
{
	struct fp_span host = j->uri->host.whole, params = j->uri->params;

	fp_edits_replace(&x->w->edits, host.off, host.len, fp_slice(x->w->tmp + 1, n - 1));
	if (token->whole.off > params.off)
		fp_xlat_sweep(x, fp_span_to(params.off, token->whole.off - 1));
	fp_edits_replace(&x->w->edits, token->whole.off - 1, token->whole.len + 1, FP_LIT(""));
	fp_xlat_sweep(x, fp_span_to(fp_span_end(token->whole), fp_span_end(params)));
}

static void open_region(struct fp_xlat *x, const struct job *j, s32 n)
{
	struct fp_edits *e = &x->w->edits;
	u32 end = fp_span_end(j->region);
	bool unwrap = x->w->tmp[0] & URI_TOKEN_BRACKETS && j->brackets &&
		      x->flags & FP_XT_ADDR && !j->uri->headers.len;

	if (unwrap)
		fp_edits_replace(e, j->uri->whole.off - 1, 1, FP_LIT(""));
	fp_edits_replace(e, j->region.off, j->region.len, fp_slice(x->w->tmp + 1, n - 1));
	if (unwrap)
		fp_edits_replace(e, end, 1, FP_LIT(""));
}

static void open_uri(struct fp_xlat *x, const struct job *j, s32 n)
{
	struct fp_param token;

	if (!fp_param_find(x->base, j->uri->params, FP_LIT("fpt"), &token))
		return;
	if (x->w->tmp[0] & URI_TOKEN_HOST)
		open_host(x, j, n, &token);
	else
		open_region(x, j, n);
	x->w->notes |= FP_NOTE_TOKENS;
	if (fp_seal_is_old(&x->realm->sealer, fp_at(x->base, token.value), FP_SEAL_B32))
		x->w->notes |= FP_NOTE_OLD_KEY;
}

static void uri_in(struct fp_xlat *x, const struct job *j)
{
	const struct fp_host *host = &j->uri->host;
	const struct fp_realm_row *row;
	struct fp_put put;
	s32 n = fp_xlat_uri_token(x->realm, x->base, j->uri, x->w->tmp, sizeof(x->w->tmp));

	if (n < 0) {
		fp_xlat_fail(x, FP_R_TOKEN_FORGED, j->region.off);
		return;
	}
	if (n) {
		open_uri(x, j, n);
		return;
	}
	row = fp_realm_row(x->realm, named_row(x, j->uri));
	if (!row && x->flags & FP_XT_ECHO && inside_host(x, j->uri)) {
		fp_xlat_wrap(x, host->whole);
		fp_xlat_sweep(x, j->uri->params);
		return;
	}
	if (!row) {
		fp_xlat_sweep(x, j->region);
		return;
	}
	put = fp_xlat_put(x);
	fp_put_addr(&put, &row->node.addr, true);
	fp_put(&put, FP_LIT(":"));
	fp_put_u32(&put, row->node.port);
	fp_xlat_commit(x, &put, host->whole.off, host->whole.len);
	edit_params(x, j, fp_tp_name(row->node_tp));
}

/**
 * fp_xlat_uri() - translate one URI
 * @x: the translation
 * @uri: the URI
 * @brackets: it stands in angle brackets, or its end is as clear: its semicolons
 *	belong to it
 *
 * What is no SIP URI is swept as text.
 */
void fp_xlat_uri(struct fp_xlat *x, const struct fp_uri *uri, bool brackets)
{
	struct job j = { .uri = uri, .brackets = brackets };
	u32 end;

	if (x->alg || (uri->scheme != FP_SCHEME_SIP && uri->scheme != FP_SCHEME_SIPS) ||
	    uri->host.kind == FP_HOST_NONE) {
		fp_xlat_sweep(x, uri->whole);
		return;
	}
	end = uri->params.len ? fp_span_end(uri->params) : fp_span_end(uri->host.whole);
	j.region = fp_span_to(uri->host.whole.off, end);
	fp_xlat_sweep(x, fp_span_to(uri->opaque.off, j.region.off));
	if (x->dir == FP_XLAT_OUT)
		uri_out(x, &j);
	else
		uri_in(x, &j);
	fp_xlat_sweep(x, fp_span_to(end, fp_span_end(uri->whole)));
}

/* What cannot be parsed is swept as text. */
static void uri_text(struct fp_xlat *x, struct fp_span s, bool brackets)
{
	struct fp_uri uri;

	if (x->alg || fp_uri_parse(x->base, s, &uri, NULL))
		fp_xlat_sweep(x, s);
	else
		fp_xlat_uri(x, &uri, brackets);
}

/* Where "sip" or "sips" before the colon at @i begins; @i when neither is there. */
static u32 scheme_start(struct fp_slice t, u32 from, u32 i)
{
	u32 n = i > from && fp_lower(t.p[i - 1]) == 's' ? 4 : 3;

	if (i - from < n || !fp_slice_ieq(fp_slice(t.p + i - n, 3), FP_LIT("sip")) ||
	    (i > n && fp_is_alnum(t.p[i - n - 1])))
		return i;
	return i - n;
}

/* Offset of the next "sip:" or "sips:" at or behind @from; the end when there is none. */
static u32 next_scheme(struct fp_slice t, u32 from)
{
	u32 i, start;

	for (i = fp_find_byte(t.p, from, t.len, ':'); i < t.len;
	     i = fp_find_byte(t.p, i + 1, t.len, ':')) {
		start = scheme_start(t, from, i);
		if (start < i)
			return start;
	}
	return t.len;
}

/* The byte that ends a URI which stands behind @before, 0 when nothing is sure. */
static u8 closing(u8 before)
{
	switch (before) {
	case '<':
		return '>';
	case '>':		/* XML: content of an element */
		return '<';
	case '"':
	case '\'':
		return before;
	default:
		return 0;
	}
}

static bool ends_bare(const struct fp_xlat *x, u8 c)
{
	if (fp_is_lws(c) || c == '<' || c == '>' || c == '"' || c == '\'')
		return true;
	return !(x->flags & FP_XT_BODY) && (c == ',' || c == ';' || c == '?');
}

/* Is the URI at @i all that an address header has there: an addr-spec? */
static bool is_addr_spec(struct fp_slice t, u32 i)
{
	while (i && fp_is_lws(t.p[i - 1]))
		i--;
	return !i || t.p[i - 1] == ',';
}

static u32 uri_end(const struct fp_xlat *x, struct fp_slice t, u32 i, u8 close)
{
	for (; i < t.len; i++) {
		if (close && t.p[i] == close)
			break;
		if (close ? fp_is_lws(t.p[i]) : ends_bare(x, t.p[i]))
			break;
	}
	return i;
}

/* With white space, which may stand in quotes, a URI is none to a text. */
static bool has_space(const struct fp_xlat *x, const struct fp_uri *uri)
{
	return (uri->params.len || uri->headers.len) &&
	       uri_end(x, fp_at(x->base, uri->whole), 0, '>') < uri->whole.len;
}

/*
 * The URI in angle brackets that begins at @off, when the parser took it apart. Its
 * addresses are met in the order of the message, but for rows that are left out.
 */
static const struct fp_uri *parsed_uri(struct fp_xlat *x, u32 off)
{
	const struct fp_sip_msg *m = x->msg;

	while (x->addr < m->n_addrs && m->addrs[x->addr].uri.whole.off < off)
		x->addr++;
	if (x->addr == m->n_addrs || m->addrs[x->addr].uri.whole.off != off ||
	    !m->addrs[x->addr].brackets || has_space(x, &m->addrs[x->addr].uri))
		return NULL;
	return &m->addrs[x->addr].uri;
}

/* The URI at @i of a text, and whether it may be given a token; where it ends. */
static u32 text_uri(struct fp_xlat *x, struct fp_span s, u32 i)
{
	struct fp_slice t = fp_at(x->base, s);
	u8 close = i ? closing(t.p[i - 1]) : 0, flags = x->flags;
	const struct fp_uri *uri = close == '>' ? parsed_uri(x, s.off + i) : NULL;
	u32 end;

	if (uri) {
		fp_xlat_uri(x, uri, true);
		return i + uri->whole.len;
	}
	end = uri_end(x, t, i, close);
	if (close != '>' && (close || !is_addr_spec(t, i)))
		x->flags &= ~FP_XT_ADDR;
	/* A bare URI elsewhere in a header has no place for a token. */
	if (close || x->flags & (FP_XT_BODY | FP_XT_ADDR))
		uri_text(x, fp_span(s.off + i, end - i), close || flags & FP_XT_BODY);
	else
		fp_xlat_sweep(x, fp_span(s.off + i, end - i));
	x->flags = flags;
	return end;
}

/**
 * fp_xlat_text() - translate a text: the SIP URIs in it, and its words
 * @x: the translation
 * @s: the text
 */
void fp_xlat_text(struct fp_xlat *x, struct fp_span s)
{
	struct fp_slice t = fp_at(x->base, s);
	u32 look = fp_xlat_look(x, t), from = 0, i;

	if (!look)
		return;
	x->plain = !(look & FP_LOOK_WORDS);
	while (!x->reason && !x->alg) {
		i = next_scheme(t, from);
		if (i == t.len)
			break;
		fp_xlat_sweep(x, fp_span(s.off + from, i - from));
		from = text_uri(x, s, i);
	}
	fp_xlat_sweep(x, fp_span_to(s.off + from, fp_span_end(s)));
	x->plain = false;
}
