// SPDX-License-Identifier: GPL-2.0
/* One tag of an XMPP stream: name, attributes, namespaces, and what it means there. */
#include "xmpp_tag.h"

static bool is_space(u8 c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name_char(u8 c)
{
	return fp_is_alpha(c) || fp_is_digit(c) || c == '-' || c == '_' || c == '.' ||
	       c == ':' || c >= 0x80;
}

/**
 * fp_xmpp_hash() - hash of a name
 * @name: the name
 *
 * Return: its hash.
 */
u32 fp_xmpp_hash(struct fp_slice name)
{
	u32 h = 2166136261u, i;

	for (i = 0; i < name.len; i++)
		h = (h ^ name.p[i]) * 16777619u;
	return h;
}

/* --- attributes ----------------------------------------------------------- */

static struct fp_slice take_name(struct fp_slice *s)
{
	struct fp_slice name = *s;
	u32 n = 0;

	while (n < s->len && is_name_char(s->p[n]))
		n++;
	name.len = n;
	*s = fp_slice_sub(*s, n, s->len);
	return name;
}

/* Return: whether there was any. */
static bool skip_space(struct fp_slice *s)
{
	u32 n = 0;

	while (n < s->len && is_space(s->p[n]))
		n++;
	*s = fp_slice_sub(*s, n, s->len);
	return n;
}

static bool take_value(struct fp_slice *s, struct fp_slice *value)
{
	u32 n;

	skip_space(s);
	if (!s->len || s->p[0] != '=')
		return false;
	*s = fp_slice_sub(*s, 1, s->len);
	skip_space(s);
	if (!s->len || (s->p[0] != '"' && s->p[0] != '\''))
		return false;
	for (n = 1; n < s->len && s->p[n] != s->p[0]; n++)
		;
	if (n == s->len)
		return false;
	*value = fp_slice(s->p + 1, n - 1);
	*s = fp_slice_sub(*s, n + 1, s->len);
	return true;
}

/**
 * fp_xmpp_attr() - value of an attribute
 * @tag: the tag
 * @name: name as it is written
 *
 * Return: the value; p is NULL where there is none.
 */
struct fp_slice fp_xmpp_attr(const struct fp_xmpp_tag *tag, struct fp_slice name)
{
	u32 i;

	for (i = 0; i < tag->n; i++)
		if (fp_slice_eq(tag->attr[i].name, name))
			return tag->attr[i].value;
	return fp_slice(NULL, 0);
}

static enum fp_reason take_attr(struct fp_xmpp_tag *tag, struct fp_slice *s)
{
	struct fp_slice name = take_name(s), value;

	if (!name.len || !take_value(s, &value) || fp_xmpp_attr(tag, name).p)
		return FP_R_XMPP_MALFORMED;
	if (tag->n == FP_XMPP_MAX_ATTRS)
		return FP_R_XMPP_TOO_LONG;
	tag->attr[tag->n].name = name;
	tag->attr[tag->n++].value = value;
	return FP_R_NONE;
}

/**
 * fp_xmpp_tag() - take a start tag apart
 * @tag: filled, but for its namespace
 * @p: from "<"
 * @len: to ">"
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_xmpp_tag(struct fp_xmpp_tag *tag, const u8 *p, u32 len)
{
	struct fp_slice s = fp_slice(p + 1, len - 2), prefix, local;
	enum fp_reason reason = FP_R_NONE;

	tag->n = 0;
	tag->ns = FP_XMPP_NS_NONE;
	tag->is_empty = s.len && s.p[s.len - 1] == '/';
	if (tag->is_empty)
		s.len--;
	tag->name = take_name(&s);
	if (!tag->name.len || fp_is_digit(tag->name.p[0]) || tag->name.p[0] == '-')
		return FP_R_XMPP_MALFORMED;
	while (!reason && s.len) {
		bool space = skip_space(&s);

		if (!s.len)
			break;
		reason = space ? take_attr(tag, &s) : FP_R_XMPP_MALFORMED;
	}
	tag->local = tag->name;
	if (!fp_slice_cut(tag->name, ':', &prefix, &local))
		return reason;
	tag->local = local;
	return local.len ? reason : FP_R_XMPP_MALFORMED;
}

/* --- namespaces ----------------------------------------------------------- */

static enum fp_xmpp_ns ns_of(struct fp_slice uri)
{
	static const struct {
		const char *uri;
		enum fp_xmpp_ns ns;
	} known[] = {
		{ "http://etherx.jabber.org/streams", FP_XMPP_NS_STREAMS },
		{ "jabber:server", FP_XMPP_NS_SERVER },
		{ "jabber:client", FP_XMPP_NS_CLIENT },
		{ "jabber:server:dialback", FP_XMPP_NS_DIALBACK },
		{ "urn:ietf:params:xml:ns:xmpp-tls", FP_XMPP_NS_TLS },
		{ "urn:ietf:params:xml:ns:xmpp-sasl", FP_XMPP_NS_SASL },
		{ "urn:ietf:params:xml:ns:xmpp-streams", FP_XMPP_NS_ERRORS },
		{ "urn:xmpp:features:dialback", FP_XMPP_NS_DIALBACK_FEATURE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (fp_slice_eq(uri, fp_slice(known[i].uri, strlen(known[i].uri))))
			return known[i].ns;
	return uri.len ? FP_XMPP_NS_OTHER : FP_XMPP_NS_NONE;
}

static enum fp_reason declare(struct fp_xmpp *x, struct fp_slice prefix, struct fp_slice uri)
{
	if (x->n_ns == FP_XMPP_MAX_NS || prefix.len > FP_XMPP_MAX_PREFIX)
		return FP_R_XMPP_TOO_LONG;
	x->ns[x->n_ns].depth = x->depth;
	x->ns[x->n_ns].ns = ns_of(uri);
	x->ns[x->n_ns].len = prefix.len;
	if (prefix.len)
		memcpy(x->ns[x->n_ns].prefix, prefix.p, prefix.len);
	x->n_ns++;
	return FP_R_NONE;
}

static enum fp_reason declare_all(struct fp_xmpp *x, const struct fp_xmpp_tag *tag)
{
	enum fp_reason reason = FP_R_NONE;
	u32 i;

	for (i = 0; !reason && i < tag->n; i++) {
		struct fp_slice name = tag->attr[i].name;

		if (fp_slice_eq(name, FP_LIT("xmlns")))
			reason = declare(x, fp_slice(NULL, 0), tag->attr[i].value);
		else if (fp_slice_starts(name, FP_LIT("xmlns:")))
			reason = declare(x, fp_slice_sub(name, 6, name.len), tag->attr[i].value);
	}
	return reason;
}

/* The innermost declaration of a prefix; -1 for none. */
static int resolve(const struct fp_xmpp *x, struct fp_slice prefix)
{
	u32 i;

	for (i = x->n_ns; i--; )
		if (fp_slice_eq(prefix, fp_slice(x->ns[i].prefix, x->ns[i].len)))
			return x->ns[i].ns;
	return prefix.len ? -1 : (int)FP_XMPP_NS_NONE;
}

/* --- elements ------------------------------------------------------------- */

static void note_feature(struct fp_xmpp *x, const struct fp_xmpp_tag *tag)
{
	if (!x->is_features)
		return;
	if (tag->ns == FP_XMPP_NS_TLS && x->depth == 3 &&
	    fp_slice_eq(tag->local, FP_LIT("starttls")))
		x->features |= FP_XMPP_F_STARTTLS;
	else if (tag->ns == FP_XMPP_NS_TLS && x->depth == 4 &&
		 fp_slice_eq(tag->local, FP_LIT("required")))
		x->features |= FP_XMPP_F_REQUIRED;
	else if (tag->ns == FP_XMPP_NS_DIALBACK_FEATURE && x->depth == 3)
		x->features |= FP_XMPP_F_DIALBACK;
	x->is_mech = tag->ns == FP_XMPP_NS_SASL && x->depth == 4 &&
		     fp_slice_eq(tag->local, FP_LIT("mechanism"));
	if (x->is_mech)
		x->word_len = 0;
}

static void note_error(struct fp_xmpp *x, const struct fp_xmpp_tag *tag)
{
	u32 n = tag->local.len < FP_XMPP_MAX_WORD ? tag->local.len : FP_XMPP_MAX_WORD;

	if (!x->is_error || x->depth != 3 || tag->ns != FP_XMPP_NS_ERRORS || x->word_len)
		return;
	memcpy(x->word, tag->local.p, n);
	x->word[n] = 0;
	x->word_len = n;
}

/**
 * fp_xmpp_enter() - an element begins
 * @x: the parser
 * @tag: its tag; gets its namespace
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_xmpp_enter(struct fp_xmpp *x, struct fp_xmpp_tag *tag)
{
	struct fp_slice prefix = fp_slice(NULL, 0), rest;
	enum fp_reason reason;
	int ns;

	if (x->depth == FP_XMPP_MAX_DEPTH)
		return FP_R_XMPP_TOO_LONG;
	x->hash[++x->depth] = fp_xmpp_hash(tag->name);
	reason = declare_all(x, tag);
	if (reason)
		return reason;
	if (!fp_slice_cut(tag->name, ':', &prefix, &rest))
		prefix = fp_slice(NULL, 0);
	ns = resolve(x, prefix);
	if (ns < 0)
		return FP_R_XMPP_MALFORMED;
	tag->ns = ns;
	if (x->depth == 2) {
		x->is_features = tag->ns == FP_XMPP_NS_STREAMS &&
				 fp_slice_eq(tag->local, FP_LIT("features"));
		x->is_error = tag->ns == FP_XMPP_NS_STREAMS &&
			      fp_slice_eq(tag->local, FP_LIT("error"));
		x->word_len = 0;
	}
	note_feature(x, tag);
	note_error(x, tag);
	return FP_R_NONE;
}

/**
 * fp_xmpp_leave() - the innermost element ends
 * @x: the parser
 */
void fp_xmpp_leave(struct fp_xmpp *x)
{
	if (x->is_mech && fp_slice_eq(fp_slice(x->word, x->word_len), FP_LIT("EXTERNAL")))
		x->features |= FP_XMPP_F_EXTERNAL;
	x->is_mech = false;
	while (x->n_ns && x->ns[x->n_ns - 1].depth == x->depth)
		x->n_ns--;
	x->depth--;
}

static u32 version_of(struct fp_slice s)
{
	u32 major = 0, i;

	for (i = 0; i < s.len && fp_is_digit(s.p[i]); i++)
		if (major < 100)
			major = major * 10 + (s.p[i] - '0');
	return major;
}

/**
 * fp_xmpp_header() - is the root element the header of a stream between servers?
 * @x: the parser, which has entered it
 * @tag: its tag
 * @out: gets its version
 *
 * Return: FP_R_NONE, or why it is refused.
 */
enum fp_reason fp_xmpp_header(struct fp_xmpp *x, const struct fp_xmpp_tag *tag,
			      struct fp_xmpp_out *out)
{
	if (tag->ns != FP_XMPP_NS_STREAMS || !fp_slice_eq(tag->local, FP_LIT("stream")) ||
	    tag->is_empty)
		return FP_R_XMPP_NOT_STREAM;
	if (resolve(x, fp_slice(NULL, 0)) != FP_XMPP_NS_SERVER)
		return FP_R_XMPP_NAMESPACE;
	if (tag->name.len > FP_XMPP_MAX_ROOT)
		return FP_R_XMPP_TOO_LONG;
	memcpy(x->root, tag->name.p, tag->name.len);
	x->root_len = tag->name.len;
	out->version = version_of(fp_xmpp_attr(tag, FP_LIT("version")));
	return FP_R_NONE;
}
