// SPDX-License-Identifier: GPL-2.0
/* SDP lines that carry an address or a port: o=, c=, m=. */
#include "sdp_internal.h"

/* A name, as in a URI, or an address literal; IPv6 has no brackets in SDP. */
static bool fp_sdp_host_kind(struct fp_slice s, struct fp_sdp_ref *ref)
{
	struct fp_host host;

	if (s.len && s.p[0] != '[' && fp_slice_addr(s, &ref->addr)) {
		ref->kind = ref->addr.family == 4 ? FP_HOST_IPV4 : FP_HOST_IPV6;
		return true;
	}
	ref->kind = FP_HOST_NAME;
	return !fp_host_parse(s.p, fp_span(0, s.len), &host, NULL) &&
	       host.kind == FP_HOST_NAME && !host.port_s.len;
}

/**
 * fp_sdp_host() - read an address or a host name
 * @base: what spans are relative to
 * @s: the address
 * @ref: where it goes
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE or FP_R_SDP_ADDRESS.
 */
enum fp_reason fp_sdp_host(const u8 *base, struct fp_span s, struct fp_sdp_ref *ref, u32 *err_off)
{
	ref->addr_s = s;
	if (!fp_sdp_host_kind(fp_at(base, s), ref))
		return fp_bad(err_off, s.off, FP_R_SDP_ADDRESS);
	return FP_R_NONE;
}

/* Does the address fit its addrtype? A name fits both. */
static bool fp_sdp_type_fits(struct fp_slice type, const struct fp_sdp_ref *ref)
{
	if (fp_slice_ieq(type, FP_LIT("IP4")))
		return ref->kind != FP_HOST_IPV6;
	return fp_slice_ieq(type, FP_LIT("IP6")) && ref->kind != FP_HOST_IPV4;
}

/**
 * fp_sdp_address() - read nettype, addrtype and address
 * @c: before nettype; moved behind the address
 * @l: line that gets the address
 * @malformed: reason when a field is missing
 * @err_off: offset of what is wrong
 *
 * Network types other than IN (ATM, TN, PSTN) hold no internet address and
 * give no ref. In IN an address that is not what its type says is refused: a
 * rewrite could not know what the other side makes of it.
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_address(struct fp_cur *c, struct fp_sdp_line *l, enum fp_reason malformed,
			      u32 *err_off)
{
	struct fp_slice net = fp_at(c->b, fp_cur_word(c));
	struct fp_slice type = fp_at(c->b, fp_cur_word(c));
	struct fp_span addr = fp_cur_word(c);
	struct fp_sdp_ref *ref;
	enum fp_reason r;
	s32 slash;

	if (!net.len || !type.len || !addr.len)
		return fp_bad(err_off, c->pos, malformed);
	if (!fp_slice_ieq(net, FP_LIT("IN")))
		return FP_R_NONE;
	/* Multicast: address/ttl/count. */
	slash = fp_slice_chr(fp_at(c->b, addr), '/');
	if (slash >= 0)
		addr.len = slash;
	ref = fp_sdp_ref_add(l);
	if (!ref)
		return fp_bad(err_off, addr.off, FP_R_SDP_TOO_MANY);
	r = fp_sdp_host(c->b, addr, ref, err_off);
	if (!r && !fp_sdp_type_fits(type, ref))
		r = fp_bad(err_off, addr.off, FP_R_SDP_ADDRESS);
	return r;
}

/**
 * fp_sdp_o_line() - o=username sess-id sess-version nettype addrtype address
 * @base: what spans are relative to
 * @l: the line
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_o_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	enum fp_reason r;
	int i;

	l->kind = FP_SDP_ORIGIN;
	for (i = 0; i < 3; i++)
		if (!fp_cur_word(&c).len)
			return fp_bad(err_off, c.pos, FP_R_SDP_ORIGIN);
	r = fp_sdp_address(&c, l, FP_R_SDP_ORIGIN, err_off);
	if (!r && !fp_cur_no_words(&c))
		r = fp_bad(err_off, c.pos, FP_R_SDP_ORIGIN);
	return r;
}

/**
 * fp_sdp_c_line() - c=nettype addrtype address
 * @base: what spans are relative to
 * @l: the line
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_c_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	enum fp_reason r;

	l->kind = FP_SDP_CONNECTION;
	r = fp_sdp_address(&c, l, FP_R_SDP_CONNECTION, err_off);
	if (!r && !fp_cur_no_words(&c))
		r = fp_bad(err_off, c.pos, FP_R_SDP_CONNECTION);
	return r;
}

static u8 fp_sdp_media_kind(struct fp_slice media)
{
	static const struct {
		const char *name;
		u8 len;
		u8 kind;
	} kinds[] = {
#define FP_KIND(name, kind) { name, sizeof(name) - 1, FP_SDP_M_##kind }
		FP_KIND("audio", AUDIO),
		FP_KIND("video", VIDEO),
		FP_KIND("message", MESSAGE),
		FP_KIND("x-ms-message", MESSAGE),
		FP_KIND("application", APPLICATION),
		FP_KIND("text", TEXT),
		FP_KIND("image", IMAGE),
#undef FP_KIND
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (fp_slice_ieq(media, fp_slice(kinds[i].name, kinds[i].len)))
			return kinds[i].kind;
	return FP_SDP_M_OTHER;
}

/* port[/count] */
static bool fp_sdp_ports(const u8 *base, struct fp_span s, struct fp_sdp_media *m)
{
	struct fp_slice port, count;

	m->nports = 1;
	if (fp_slice_cut(fp_at(base, s), '/', &port, &count) &&
	    !fp_slice_u16(count, &m->nports))
		return false;
	m->port_s = fp_span(s.off, port.len);
	return fp_slice_u16(port, &m->port);
}

/**
 * fp_sdp_m_line() - m=media port[/count] proto format...
 * @base: what spans are relative to
 * @l: the line
 * @err_off: offset of what is wrong
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_sdp_m_line(const u8 *base, struct fp_sdp_line *l, u32 *err_off)
{
	struct fp_cur c = fp_cur(base, l->value);
	struct fp_span port;

	l->kind = FP_SDP_MEDIA;
	l->m.media = fp_cur_word(&c);
	l->m.kind = fp_sdp_media_kind(fp_at(base, l->m.media));
	port = fp_cur_word(&c);
	if (!fp_sdp_ports(base, port, &l->m))
		return fp_bad(err_off, port.off, FP_R_SDP_MEDIA);
	l->m.proto = fp_cur_word(&c);
	l->m.fmts = fp_span_trim(base, fp_span_to(c.pos, c.end));
	if (!l->m.proto.len || !l->m.fmts.len)
		return fp_bad(err_off, c.pos, FP_R_SDP_MEDIA);
	return FP_R_NONE;
}
