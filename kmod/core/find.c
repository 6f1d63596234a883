// SPDX-License-Identifier: GPL-2.0
/*
 * Finding words in text. Nothing is trusted about the text: no grammar, no
 * position. A letter or a hyphen beside an address does not hide it; only
 * another digit does, for then it is another number.
 */
#include "find.h"

#define NOWHERE		0xffffffffu

static u8 at(struct fp_slice s, u32 i)
{
	return i < s.len ? s.p[i] : 0;
}

static bool is_hex(u8 c)
{
	return fp_is(c, FP_C_HEX);
}

/* Dotted quad at @i: its end, or 0. Leading zeros count as decimal. */
static u32 quad_end(struct fp_slice t, u32 i, u8 out[4])
{
	u32 part;

	for (part = 0; part < 4; part++) {
		u32 value = 0, digits = 0;

		if (part && at(t, i++) != '.')
			return 0;
		while (fp_is_digit(at(t, i)) && digits < 4) {
			value = 10 * value + t.p[i++] - '0';
			digits++;
		}
		if (!digits || digits > 3 || value > 255)
			return 0;
		out[part] = value;
	}
	return i;
}

/* An IPv4 literal at @i, which is a digit: no other number around it. */
static u32 v4_end(struct fp_slice t, u32 i, struct fp_addr *addr)
{
	u32 end;

	if (i && (fp_is_digit(t.p[i - 1]) ||
		  (t.p[i - 1] == '.' && i > 1 && fp_is_digit(t.p[i - 2]))))
		return 0;
	memset(addr, 0, sizeof(*addr));
	end = quad_end(t, i, addr->b);
	if (!end || fp_is_digit(at(t, end)) ||
	    (at(t, end) == '.' && fp_is_digit(at(t, end + 1))))
		return 0;
	addr->family = 4;
	return end;
}

/* State of a greedy walk over an IPv6 literal. */
struct v6 {
	u8 b[16];
	u32 groups;
	s32 gap;		/* groups before "::", -1 when there was none */
};

/* The value of what was read so far, when it is complete. */
static bool v6_value(const struct v6 *v, struct fp_addr *addr)
{
	u32 head, tail;

	if (v->gap < 0 ? v->groups != 8 : v->groups > 7)
		return false;
	memset(addr, 0, sizeof(*addr));
	addr->family = 6;
	head = v->gap < 0 ? 8 : v->gap;
	tail = v->groups - head;
	memcpy(addr->b, v->b, 2 * head);
	memcpy(addr->b + 16 - 2 * tail, v->b + 2 * head, 2 * tail);
	return true;
}

static u32 v6_group(struct fp_slice t, u32 i, struct v6 *v)
{
	u32 value = 0, digits = 0;

	while (digits < 4 && is_hex(at(t, i))) {
		u8 c = fp_lower(t.p[i++]);

		value = value << 4 | (fp_is_digit(c) ? c - '0' : c - 'a' + 10);
		digits++;
	}
	if (!digits || is_hex(at(t, i)))
		return 0;
	v->b[2 * v->groups] = value >> 8;
	v->b[2 * v->groups + 1] = value;
	v->groups++;
	return i;
}

static bool wanted_addr(const struct fp_finder *f, const struct fp_addr *a)
{
	return (f->what & FP_FIND_INSIDE && fp_realm_addr_inside(f->realm, a)) ||
	       (f->what & FP_FIND_PUBLIC && fp_realm_addr_public(f->realm, a));
}

/* Remember @i as an end when what lies before it is looked for. */
static void v6_keep(const struct fp_finder *f, const struct v6 *v, u32 i,
		    u32 *end, struct fp_addr *addr)
{
	struct fp_addr a;

	if (v6_value(v, &a) && wanted_addr(f, &a)) {
		*addr = a;
		*end = i;
	}
}

/* One group, or the IPv4 address that ends it all; 0 when there is neither. */
static u32 v6_part(struct fp_slice t, u32 i, struct v6 *v)
{
	u32 next = 0;

	if (v->groups < 7 && fp_is_digit(at(t, i)))
		next = quad_end(t, i, v->b + 2 * v->groups);
	if (!next)
		return v6_group(t, i, v);
	v->groups += 2;
	return next;
}

/*
 * The longest IPv6 literal at @i that is looked for, 0 for none. A port glued to
 * one without brackets makes the longest reading a wrong one, so every end counts.
 */
static u32 v6_end(const struct fp_finder *f, u32 i, struct fp_addr *addr)
{
	struct fp_slice t = f->text;
	struct v6 v = { .gap = -1 };
	u32 end = 0;

	if (at(t, i) == ':') {
		v.gap = 0;
		i += 2;
		v6_keep(f, &v, i, &end, addr);
	}
	while (v.groups < 8) {
		i = v6_part(t, i, &v);
		if (!i)
			break;
		v6_keep(f, &v, i, &end, addr);
		if (at(t, i) != ':')
			break;
		i++;
		if (at(t, i) != ':' || v.gap >= 0)
			continue;
		v.gap = v.groups;
		i++;
		v6_keep(f, &v, i, &end, addr);
	}
	return end;
}

/* A port that follows the host belongs to the word. */
static void take_port(struct fp_slice t, struct fp_word *w)
{
	u32 i = w->to + 1, value = 0;

	if (at(t, w->to) != ':' || !fp_is_digit(at(t, i)))
		return;
	for (; fp_is_digit(at(t, i)) && value <= 65535; i++)
		value = 10 * value + t.p[i] - '0';
	if (value > 65535 || !value || fp_is_alnum(at(t, i)))
		return;
	/* "192.0.2.1:10.0.0.1": the number begins another address. */
	if (at(t, i) == '.' && fp_is_digit(at(t, i + 1)))
		return;
	w->port = value;
	w->to = i;
}

static void addr_word(struct fp_finder *f, u32 from, u32 to)
{
	struct fp_word *w = &f->addr;

	w->kind = FP_WORD_ADDR;
	w->from = from;
	w->to = to;
	w->host = fp_span_to(from, to);
	w->port = 0;
	w->brackets = from && f->text.p[from - 1] == '[' && at(f->text, to) == ']';
	if (w->brackets) {
		w->from--;
		w->to++;
	}
	if (w->addr.family == 4 || w->brackets)
		take_port(f->text, w);
}

/* Where the number that stands before the mark at @i begins. */
static u32 number_start(struct fp_slice t, u32 i, u32 from, bool (*digit)(u8 c))
{
	while (i > from && digit(t.p[i - 1]))
		i--;
	return i;
}

/* Is there an IPv4 literal whose first dot is at @i? */
static bool find_v4(struct fp_finder *f, u32 i, u32 from)
{
	u32 start = number_start(f->text, i, from, fp_is_digit), end;

	if (start == i)
		return false;
	end = v4_end(f->text, start, &f->addr.addr);
	if (!end || !wanted_addr(f, &f->addr.addr))
		return false;
	addr_word(f, start, end);
	return true;
}

/* One that begins with "::", or with the group before the colon at @i? */
static bool find_v6(struct fp_finder *f, u32 i, u32 from)
{
	struct fp_slice t = f->text;
	u32 start = number_start(t, i, from, is_hex), end = 0;

	/* Five digits are another number. */
	if (start < i && i - start < 5 && !(start && is_hex(t.p[start - 1])))
		end = v6_end(f, start, &f->addr.addr);
	if (!end && at(t, i + 1) == ':') {
		start = i;
		end = v6_end(f, start, &f->addr.addr);
	}
	if (!end)
		return false;
	addr_word(f, start, end);
	return true;
}

/*
 * An address has a dot or a colon behind its first number, and nothing but digits
 * before that: whoever looks at these marks in order finds the first one first.
 */
static void find_addr(struct fp_finder *f, u32 from)
{
	struct fp_slice t = f->text;
	u32 i;

	for (i = fp_find_mark(t.p, from, t.len); i < t.len;
	     i = fp_find_mark(t.p, i + 1, t.len)) {
		if (t.p[i] == '.' ? find_v4(f, i, from) :
		    t.p[i] == ':' ? find_v6(f, i, from) : false)
			return;
	}
	f->addr.from = NOWHERE;
}

static void find_name(struct fp_finder *f, u32 from)
{
	struct fp_word *w = &f->name;
	struct fp_name_hit hit;

	w->from = NOWHERE;
	if (!(f->what & FP_FIND_INSIDE) ||
	    !fp_names_scan(&f->realm->hosts, f->text, from, &hit))
		return;
	memset(w, 0, sizeof(*w));
	w->kind = FP_WORD_NAME;
	w->from = hit.from;
	w->to = hit.to;
	w->host = fp_span_to(hit.from, hit.to);
	take_port(f->text, w);
}

/* Which of the wanted kinds the four bytes at @p begin: "fpt-" or "fpo-". */
static u8 token_kind(const struct fp_finder *f, const u8 *p)
{
	u8 c = fp_lower(p[2]);

	if (fp_lower(p[0]) != 'f' || fp_lower(p[1]) != 'p')
		return FP_WORD_NONE;
	if (c == 't' && f->what & FP_FIND_TOKEN)
		return FP_WORD_TOKEN;
	return c == 'o' && f->what & FP_FIND_FOREIGN ? FP_WORD_FOREIGN : FP_WORD_NONE;
}

/*
 * "fpt-", enough digits, and the end: that is ours or a forgery. Without the
 * end it is one that was cut. What is shorter is just a word.
 */
static void find_token(struct fp_finder *f, u32 from)
{
	struct fp_slice t = f->text;
	struct fp_word *w = &f->token;
	u32 i = from + FP_WORD_PREFIX_LEN - 1, run;
	u8 kind;

	w->from = NOWHERE;
	if (!(f->what & (FP_FIND_TOKEN | FP_FIND_FOREIGN)))
		return;
	for (; i < t.len; i++) {
		i = fp_find_byte(t.p, i, t.len, '-');
		if (i == t.len)
			return;
		kind = token_kind(f, t.p + i + 1 - FP_WORD_PREFIX_LEN);
		if (!kind)
			continue;
		run = fp_seal_run(fp_slice_sub(t, i + 1, t.len), FP_SEAL_B32);
		if (run < FP_WORD_MIN)
			continue;
		memset(w, 0, sizeof(*w));
		w->kind = kind;
		w->from = i + 1 - FP_WORD_PREFIX_LEN;
		w->host = fp_span(i + 1, run);
		w->to = fp_span_end(w->host) + (at(t, fp_span_end(w->host)) == FP_WORD_END);
		return;
	}
}

/**
 * fp_finder_init() - start a search
 * @f: the search
 * @realm: what is inside and what is public
 * @text: where to look; must stay as it is
 * @what: FP_FIND_*
 */
void fp_finder_init(struct fp_finder *f, const struct fp_realm *realm,
		    struct fp_slice text, u32 what)
{
	f->realm = realm;
	f->text = text;
	f->what = what;
	f->addr.from = NOWHERE;
	f->name.from = NOWHERE;
	f->token.from = NOWHERE;
	if (!realm->hosts.bare && fp_find_mark(text.p, 0, text.len) == text.len)
		return;
	find_addr(f, 0);
	find_name(f, 0);
	find_token(f, 0);
}

/**
 * fp_finder_next() - the next word at or behind an offset
 * @f: the search
 * @from: offset; must not go back
 * @word: the word
 *
 * A name that holds an address ("ip-192.0.2.11.example.com") is one word, a token
 * is never anything else.
 *
 * Return: false when there is none.
 */
bool fp_finder_next(struct fp_finder *f, u32 from, struct fp_word *word)
{
	const struct fp_word *best = &f->token;

	if (f->addr.from < from)
		find_addr(f, from);
	if (f->name.from < from)
		find_name(f, from);
	if (f->token.from < from)
		find_token(f, from);
	if (f->name.from < best->from)
		best = &f->name;
	if (f->addr.from < best->from)
		best = &f->addr;
	if (best->from == NOWHERE)
		return false;
	*word = *best;
	/* The longer one of two that begin or lie in each other. */
	if (best == &f->addr && f->name.from < word->to && f->name.to > word->to) {
		word->kind = FP_WORD_NAME;
		word->to = f->name.to;
		word->host = fp_span_to(word->from, fp_span_end(f->name.host));
		word->port = f->name.port;
	}
	return true;
}
