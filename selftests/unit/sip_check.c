// SPDX-License-Identifier: GPL-2.0
/* Invariants of parse results; see sip_check.h. */
#include "sip_check.h"

static volatile u8 sink;

/* Within the buffer; and as ASan looks on, read it. */
static bool inside(const u8 *base, struct fp_span s, u32 len)
{
	u32 i;

	if (s.off > len || s.len > len - s.off)
		return false;
	for (i = 0; i < s.len; i++)
		sink = base[s.off + i];
	return true;
}

static bool part_of(struct fp_span inner, struct fp_span outer)
{
	return !inner.len ||
	       (inner.off >= outer.off && fp_span_end(inner) <= fp_span_end(outer));
}

static const char *check_host(const u8 *base, const struct fp_host *h, struct fp_span outer)
{
	struct fp_host again;
	u16 port = 0;

	if (!h->kind)
		return NULL;
	if (!part_of(h->name, outer) || !part_of(h->port_s, outer) || !part_of(h->whole, outer))
		return "host outside of its value";
	if (h->port_s.len && (!fp_slice_u16(fp_at(base, h->port_s), &port) || port != h->port))
		return "port is not its digits";
	if (h->kind == FP_HOST_NAME ? h->addr.family : !h->addr.family)
		return "kind and address of a host disagree";
	if (fp_host_parse(base, h->name, &again, NULL) || again.kind != h->kind)
		return "host does not parse again";
	return NULL;
}

static const char *check_params(const u8 *base, struct fp_span params)
{
	struct fp_span rest = params;
	struct fp_param p, found;

	while (fp_param_next(base, &rest, &p)) {
		if (!part_of(p.whole, params) || !part_of(p.name, p.whole) ||
		    !part_of(p.value, p.whole))
			return "parameter outside of its value";
		if (!fp_param_find(base, params, fp_at(base, p.name), &found))
			return "parameter cannot be found";
	}
	rest = params;
	while (fp_uri_header_next(base, &rest, &p))
		if (!part_of(p.whole, params))
			return "URI header outside of its value";
	return NULL;
}

static const char *check_uri(const u8 *base, const struct fp_uri *uri)
{
	struct fp_uri again;
	const char *bad;

	if (!part_of(uri->user, uri->whole) || !part_of(uri->password, uri->whole) ||
	    !part_of(uri->params, uri->whole) || !part_of(uri->headers, uri->whole) ||
	    !part_of(uri->opaque, uri->whole) || !part_of(uri->scheme_s, uri->whole))
		return "part of a URI outside of it";
	if (fp_uri_parse(base, uri->whole, &again, NULL) || memcmp(&again, uri, sizeof(again)))
		return "URI does not parse again";
	bad = check_host(base, &uri->host, uri->whole);
	return bad ? bad : check_params(base, uri->params);
}

/* Every byte of the head belongs to the start line, to one row, or to the empty line. */
static const char *check_rows(const struct fp_sip_msg *m, u32 len)
{
	u32 i, at = m->n_rows ? m->rows[0].off : 0;

	for (i = 0; i < m->n_rows; i++) {
		const struct fp_hdr_row *r = &m->rows[i];
		struct fp_span whole = fp_span(r->off, r->len);

		if (!inside(m->buf, whole, len) || !part_of(r->value, whole) ||
		    r->name_len >= r->len)
			return "row outside of the message";
		if (r->off < at || (!m->err && r->off != at))
			return "rows overlap or have gaps";
		if (fp_hdr_lookup(fp_at(m->buf, fp_row_name(r))) != r->id)
			return "row has the wrong id";
		at = r->off + r->len;
	}
	if (!m->err && m->n_rows && m->head_len != at + 2 && m->head_len != at)
		return "rows do not end at the empty line";
	return NULL;
}

static const char *check_chains(const struct fp_sip_msg *m)
{
	const struct fp_hdr_row *row;
	u32 id, linked = 0, known = 0, i;

	for (id = FP_H_OTHER + 1; id < __FP_H_COUNT; id++)
		fp_for_each_row(m, row, id)
			linked += row->id == id;
	for (i = 0; i < m->n_rows; i++)
		known += m->rows[i].id != FP_H_OTHER;
	return linked == known ? NULL : "a row is not linked";
}

static const char *check_addrs(const struct fp_sip_msg *m)
{
	const struct fp_nameaddr *na;
	unsigned int pos = 0, n = 0;
	const char *bad = NULL;

	while (!bad && (na = fp_nameaddr_next(m, __FP_H_COUNT, &pos))) {
		n++;
		if (na->row >= m->n_rows || m->rows[na->row].id != na->hdr ||
		    !part_of(na->value, m->rows[na->row].value) ||
		    !part_of(na->uri.whole, na->value) || !part_of(na->display, na->value))
			return "address outside of its row";
		bad = check_params(m->buf, na->params);
		if (!bad && !na->star)
			bad = check_uri(m->buf, &na->uri);
	}
	return bad ? bad : n == m->n_addrs ? NULL : "addresses lost";
}

static const char *check_vias(const struct fp_sip_msg *m)
{
	const char *bad = NULL;
	u32 i;

	for (i = 0; i < m->n_vias && !bad; i++) {
		const struct fp_via *v = &m->vias[i];

		if (!part_of(v->value, m->rows[v->row].value) || !part_of(v->branch, v->value) ||
		    !part_of(v->received, v->value) || !part_of(v->maddr, v->value) ||
		    !part_of(v->rport_s, v->value) || !part_of(v->transport_s, v->value))
			return "Via outside of its row";
		bad = check_host(m->buf, &v->sent_by, v->value);
		if (!bad)
			bad = check_params(m->buf, v->params);
	}
	return bad;
}

/* Walk through lists of unknown content too: nothing may be read outside. */
static const char *check_lists(const struct fp_sip_msg *m)
{
	u32 i;

	for (i = 0; i < m->n_rows; i++) {
		struct fp_span rest = m->rows[i].value, item;
		struct fp_warning w;

		while (fp_list_next(m->buf, &rest, &item))
			if (!part_of(item, m->rows[i].value))
				return "list item outside of its row";
		rest = m->rows[i].value;
		while (fp_warning_next(m->buf, &rest, &w))
			if (!part_of(w.agent, w.value) || !part_of(w.text, w.value))
				return "warning outside of its row";
	}
	return NULL;
}

/* What an accepted message must have. */
static const char *check_accepted(const struct fp_sip_msg *m, unsigned int flags)
{
	if (flags & FP_PARSE_FRAG)
		return NULL;
	if (!m->n_vias || !fp_from(m) || !fp_to(m) || !m->call_id.len || !m->cseq_s.len)
		return "accepted without a mandatory header";
	if (m->is_request == !m->method_s.len || m->is_request != !m->status)
		return "neither request nor response";
	if (m->is_request && check_uri(m->buf, &m->ruri))
		return "Request-URI does not hold";
	if (fp_span_end(m->body) != m->len || m->body.off != m->head_len)
		return "body is not what follows the head";
	if (m->has_content_length && m->body.len != m->content_length)
		return "body is not as long as Content-Length";
	if (!(flags & FP_PARSE_DATAGRAM) && !m->has_content_length)
		return "accepted from a stream without Content-Length";
	return NULL;
}

const char *check_msg(const struct fp_sip_msg *m, u32 len, unsigned int flags)
{
	const char *bad;

	if (m->len > len || m->head_len > m->len || !inside(m->buf, m->body, len))
		return "longer than what was given";
	if (m->err && m->err_off > len)
		return "error outside of the message";
	if (!m->err && m->err_off)
		return "place of an error without one";
	if (!inside(m->buf, m->start, len) || !inside(m->buf, m->call_id, len))
		return "span outside of the message";
	bad = check_rows(m, len);
	if (!bad)
		bad = check_chains(m);
	if (!bad)
		bad = check_addrs(m);
	if (!bad)
		bad = check_vias(m);
	if (!bad)
		bad = check_lists(m);
	if (!bad && !m->err)
		bad = check_accepted(m, flags);
	return bad;
}

static const char *check_sdp_line(const u8 *base, const struct fp_sdp_line *l)
{
	u32 i;

	if (!part_of(l->value, l->line) || !part_of(l->attr, l->line))
		return "value outside of its line";
	for (i = 0; i < l->n_refs; i++) {
		const struct fp_sdp_ref *r = &l->ref[i];
		u16 port;

		if (!part_of(r->addr_s, l->value) || !part_of(r->port_s, l->value))
			return "address outside of its line";
		if (r->port_s.len && (!fp_slice_u16(fp_at(base, r->port_s), &port) ||
				      port != r->port))
			return "port is not its digits";
	}
	return NULL;
}

const char *check_sdp(const u8 *base, struct fp_span body)
{
	struct fp_sdp_iter it;
	struct fp_sdp_line l;
	struct fp_sdp_info info;
	u32 at = body.off, media = 0;

	fp_sdp_init(&it, base, body);
	while (fp_sdp_next(&it, &l)) {
		const char *bad = check_sdp_line(base, &l);

		if (bad)
			return bad;
		if (l.line.off != at || !part_of(l.line, body))
			return "lines are not in a row";
		at = it.rest.off;
		media += l.kind == FP_SDP_MEDIA;
		if (l.media != (int)media - 1)
			return "line at the wrong media";
	}
	if (it.err && (it.err_off < body.off || it.err_off > fp_span_end(body)))
		return "error outside of the body";
	if (fp_sdp_check(base, body, &info, NULL) != it.err || info.n_media > media)
		return "check and walk disagree";
	return NULL;
}

static const char *check_part(const u8 *base, const struct fp_part *p, struct fp_span body,
			      unsigned int depth)
{
	if (!part_of(p->whole, body) || !part_of(p->headers, p->whole) ||
	    !part_of(p->body, p->whole) || !part_of(p->type_value, p->headers) ||
	    !part_of(p->id, p->headers) || !part_of(p->disposition, p->headers))
		return "part outside of the body";
	if (fp_ctype_is_multipart(base, &p->ctype))
		return check_multipart(base, p->body, &p->ctype, depth + 1);
	return fp_ctype_is(base, &p->ctype, FP_LIT("application"), FP_LIT("sdp")) ?
		check_sdp(base, p->body) : NULL;
}

const char *check_multipart(const u8 *base, struct fp_span body, const struct fp_ctype *ct,
			    unsigned int depth)
{
	struct fp_multipart mp;
	struct fp_part part;
	u32 at = body.off, n = 0;

	fp_multipart_init(&mp, base, body, ct, depth);
	while (fp_multipart_next(&mp, &part)) {
		const char *bad = check_part(base, &part, body, depth);

		if (bad)
			return bad;
		if (part.whole.off < at || ++n > FP_MULTIPART_MAX_PARTS)
			return "parts overlap or are too many";
		at = fp_span_end(part.whole);
	}
	if (!mp.err && !mp.done)
		return "ended without its last delimiter";
	return NULL;
}
