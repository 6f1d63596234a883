// SPDX-License-Identifier: GPL-2.0
/* Tables of names, and sets of names as the policy writes them. */
#include <linux/errno.h>
#include <fedpat/realm.h>
#include "names.h"

#define HASH_START	2166136261u	/* FNV-1a */
#define HASH_STEP	16777619u

static u32 hash_byte(u32 hash, u8 c)
{
	return (hash ^ fp_lower(c)) * HASH_STEP;
}

static u32 hash_slot(const struct fp_names *t, u32 hash)
{
	return (hash ^ hash >> 15) & t->mask;
}

static u32 slots_for(u32 n)
{
	u32 slots = 4;

	while (slots < 2 * n)
		slots *= 2;
	return slots;
}

/**
 * fp_slices_bytes() - bytes of several slices together
 * @v: the slices
 * @n: how many
 *
 * Return: the sum of their lengths.
 */
size_t fp_slices_bytes(const struct fp_slice *v, u32 n)
{
	size_t bytes = 0;
	u32 i;

	for (i = 0; i < n; i++)
		bytes += v[i].len;
	return bytes;
}

/**
 * fp_names_size() - memory that a table needs
 * @n: entries
 * @bytes: bytes of all names
 *
 * Return: bytes, names included.
 */
size_t fp_names_size(u32 n, size_t bytes)
{
	return fp_align8(n * sizeof(struct fp_name)) +
	       fp_align8(slots_for(n) * sizeof(u32)) + fp_align8(bytes);
}

/**
 * fp_names_place() - lay out an empty table
 * @t: the table
 * @mem: 8-byte aligned, fp_names_size() bytes, zeroed
 * @n: entries that will be added
 */
void fp_names_place(struct fp_names *t, u8 *mem, u32 n)
{
	u32 slots = slots_for(n);

	memset(t, 0, sizeof(*t));
	t->mask = slots - 1;
	t->v = (struct fp_name *)mem;
	t->slot = (u32 *)(mem + fp_align8(n * sizeof(struct fp_name)));
}

/* The bytes of the names lie behind the slots. */
static u8 *names_bytes(const struct fp_names *t)
{
	return (u8 *)t->slot + fp_align8((t->mask + 1) * sizeof(u32));
}

static bool same_name(const struct fp_name *name, const u8 *p, u32 len)
{
	u32 i;

	if (name->len != len)
		return false;
	for (i = 0; i < len; i++)
		if (name->p[i] != fp_lower(p[i]))
			return false;
	return true;
}

static struct fp_name *probe(const struct fp_names *t, u32 hash, const u8 *p, u32 len)
{
	u32 i = hash_slot(t, hash);

	for (; t->slot[i]; i = (i + 1) & t->mask) {
		struct fp_name *name = &t->v[t->slot[i] - 1];

		if (name->hash == hash && same_name(name, p, len))
			return name;
	}
	return NULL;
}

static bool name_ok(struct fp_slice s)
{
	u32 i;

	if (!s.len || s.len > FP_NAME_MAX || !fp_is_alnum(s.p[s.len - 1]))
		return false;
	for (i = 0; i < s.len; i++) {
		if (!fp_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return false;
		if (s.p[i] == '.' && (!i || s.p[i - 1] == '.'))
			return false;
	}
	return true;
}

/* Take the syntax off an entry: what is left is the name. */
static u8 entry_flags(struct fp_slice *s, enum fp_name_syntax syntax)
{
	u8 flags = FP_NAME_EXACT;

	if (syntax == FP_NAME_STAR && fp_slice_starts(*s, FP_LIT("*."))) {
		*s = fp_slice_sub(*s, 2, s->len - 2);
		flags = FP_NAME_BELOW;
	} else if (syntax == FP_NAME_DOT && fp_slice_starts(*s, FP_LIT("."))) {
		*s = fp_slice_sub(*s, 1, s->len - 1);
		flags = FP_NAME_EXACT | FP_NAME_BELOW;
	} else if (syntax == FP_NAME_NOT) {
		flags = FP_NAME_EXEMPT;
	}
	if (s->len && s->p[s->len - 1] == '.')
		s->len--;
	return flags;
}

/* The hash, from its end to its start, of the word that ends at @end. */
static u32 word_hash(const u8 *p, u32 start, u32 end)
{
	u32 hash = HASH_START;

	while (end > start)
		hash = hash_byte(hash, p[--end]);
	return hash;
}

static u64 hash_bit(u32 hash)
{
	return 1ull << (hash >> 26);
}

/* Letters of either case, and digits, by five bits. */
static u32 first_bit(u8 c)
{
	return 1u << (c & 31);
}

static void note_shortest(u8 *min, u32 len)
{
	if (!*min || *min > len)
		*min = len;
}

/* The last word ends the name and begins every walk over a text. */
static void note_last_word(struct fp_names *t, const struct fp_name *name)
{
	u32 start = name->len;

	while (start && fp_is_alnum(name->p[start - 1]))
		start--;
	t->last |= hash_bit(word_hash(name->p, start, name->len));
	t->first |= first_bit(name->p[start]);
	if (!start || name->p[start - 1] != '.')
		t->bare = true;
}

/* Again when a name that is there got other flags. */
static void note_name(struct fp_names *t, const struct fp_name *name)
{
	if (t->max_len < name->len)
		t->max_len = name->len;
	if (name->flags & FP_NAME_BELOW)
		note_shortest(&t->min_below, name->len);
	/* An exempt name hides others and is never hit itself. */
	if (name->flags == FP_NAME_EXEMPT)
		return;
	t->lens[name->len / 64] |= 1ull << name->len % 64;
	note_shortest(&t->min_len, name->len);
	note_last_word(t, name);
}

/**
 * fp_names_add() - add an entry; one that is there gets the new flags too
 * @t: a table with room
 * @mem: next free byte for names; NULL to start with; moved on
 * @name: the entry
 * @syntax: what it may look like
 * @data: kept with it; that of the first entry of a name stays
 *
 * Return: 0, or -EINVAL when it is no name.
 */
int fp_names_add(struct fp_names *t, u8 **mem, struct fp_slice name,
		 enum fp_name_syntax syntax, u32 data)
{
	u8 flags = entry_flags(&name, syntax);
	struct fp_name *entry;
	u32 hash = HASH_START, i;

	if (!name_ok(name))
		return -EINVAL;
	for (i = name.len; i; i--)
		hash = hash_byte(hash, name.p[i - 1]);
	entry = probe(t, hash, name.p, name.len);
	if (entry) {
		entry->flags |= flags;
		note_name(t, entry);
		return 0;
	}
	if (!*mem)
		*mem = names_bytes(t);
	for (i = 0; i < name.len; i++)
		(*mem)[i] = fp_lower(name.p[i]);
	entry = &t->v[t->n++];
	entry->p = *mem;
	entry->len = name.len;
	entry->hash = hash;
	entry->flags = flags;
	entry->data = data;
	*mem += name.len;
	for (i = hash_slot(t, hash); t->slot[i]; i = (i + 1) & t->mask)
		;
	t->slot[i] = t->n;
	note_name(t, entry);
	return 0;
}

/* Most names are told by their length: no entry is so long, and none so short above. */
static bool may_have(const struct fp_names *t, u32 len)
{
	return t->lens[len / 64] & 1ull << len % 64 || (t->min_below && len > t->min_below);
}

/**
 * fp_names_find() - look up a whole name
 * @t: the table
 * @name: host or domain; case and one trailing dot do not count
 *
 * Return: the entry that covers it, the most specific one, or NULL.
 */
const struct fp_name *fp_names_find(const struct fp_names *t, struct fp_slice name)
{
	const struct fp_name *best = NULL, *entry;
	u32 hash = HASH_START, i;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!name.len || name.len > FP_NAME_MAX || !may_have(t, name.len))
		return NULL;
	for (i = name.len; i; i--) {
		if (name.p[i - 1] == '.' && i < name.len) {
			entry = probe(t, hash, name.p + i, name.len - i);
			if (entry && entry->flags & FP_NAME_BELOW)
				best = entry;
		}
		hash = hash_byte(hash, name.p[i - 1]);
	}
	entry = probe(t, hash, name.p, name.len);
	if (entry && entry->flags & FP_NAME_EXEMPT)
		return NULL;
	return entry && entry->flags & FP_NAME_EXACT ? entry : best;
}

static bool is_host_byte(u8 c)
{
	return fp_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

/*
 * What a name that was met from @i to @end of a text says of it: where the hit
 * begins, or @end when it is none.
 */
static u32 hit_start(const struct fp_name *name, struct fp_slice text, u32 from,
		     u32 i, u32 end)
{
	if (name->flags & FP_NAME_BELOW && i > from && text.p[i - 1] == '.') {
		while (i > from && is_host_byte(text.p[i - 1]))
			i--;
		return i;
	}
	if (name->flags & FP_NAME_EXEMPT || !(name->flags & FP_NAME_EXACT))
		return end;
	return i;
}

/* Is there a name that ends at @end? Names are tried from short to long. */
static bool scan_back(const struct fp_names *t, struct fp_slice text, u32 from,
		      u32 end, struct fp_name_hit *hit)
{
	u32 hash = HASH_START, i, start, exempt = end;

	hit->from = end;
	hit->to = end;
	for (i = end; i > from && end - i < t->max_len; i--) {
		const struct fp_name *name;
		u8 c = text.p[i - 1];

		if (!is_host_byte(c))
			break;
		hash = hash_byte(hash, c);
		if (!fp_is_alnum(c) || (i - 1 > from && fp_is_alnum(text.p[i - 2])))
			continue;
		name = probe(t, hash, text.p + i - 1, end - i + 1);
		if (!name)
			continue;
		if (name->flags & FP_NAME_EXEMPT)
			exempt = i - 1;
		start = hit_start(name, text, from, i - 1, end);
		if (start < hit->from) {
			hit->from = start;
			hit->name = name;
		}
	}
	return hit->from < end && hit->from != exempt;
}

/* The next word at or behind *@i that may be the last one of a name; *@i: its end. */
static bool scan_word(const struct fp_names *t, struct fp_slice text, u32 *i)
{
	u32 start;

	for (start = *i; start < text.len; start = *i) {
		if (!t->bare)
			start = fp_find_byte(text.p, start, text.len, '.') + 1;
		*i = start;
		while (*i < text.len && fp_is_alnum(text.p[*i]))
			(*i)++;
		if (*i > start && t->last & hash_bit(word_hash(text.p, start, *i)))
			return true;
		if (*i == start && t->bare)
			(*i)++;
	}
	return false;
}

/**
 * fp_names_scan() - find the next name of the table in a text
 * @t: the table
 * @text: any bytes
 * @from: where to start; the byte before it is not looked at
 * @hit: where the name is
 *
 * A name counts where no letter or digit touches it on either side: "-" and "_"
 * separate, so a name glued to other words by them is found too.
 *
 * Return: false when there is none.
 */
bool fp_names_scan(const struct fp_names *t, struct fp_slice text, u32 from,
		   struct fp_name_hit *hit)
{
	u32 i = from;

	while (t->n && scan_word(t, text, &i))
		if (scan_back(t, text, from, i, hit))
			return true;
	return false;
}

/**
 * fp_names_maybe() - may a name end in the word behind a dot?
 * @t: the table, none of whose names is a single word (@t->bare)
 * @text: any bytes
 * @dot: offset of the dot
 *
 * Return: false when fp_names_scan() finds no name that ends there.
 */
bool fp_names_maybe(const struct fp_names *t, struct fp_slice text, u32 dot)
{
	u32 start = dot + 1, end = start, from;

	if (start >= text.len || !(t->first & first_bit(text.p[start])))
		return false;
	while (end < text.len && fp_is_alnum(text.p[end]))
		end++;
	if (end == start || !(t->last & hash_bit(word_hash(text.p, start, end))))
		return false;
	for (from = start; from && end - from < t->min_len; from--)
		if (!is_host_byte(text.p[from - 1]))
			return false;
	return end - from >= t->min_len;
}

struct fp_nameset {
	struct fp_mem mem;
	struct fp_names names;
};

/**
 * fp_nameset_build() - make a set
 * @mem: where it lives
 * @names: its entries, see realm.h
 * @n: how many; 0 makes a set that has nothing
 * @out: the set
 *
 * Return: 0; -EINVAL when an entry is no name; -ENOMEM.
 */
int fp_nameset_build(const struct fp_mem *mem, const struct fp_slice *names,
		     u32 n, struct fp_nameset **out)
{
	size_t size = fp_align8(sizeof(struct fp_nameset)) +
		      fp_names_size(n, fp_slices_bytes(names, n));
	struct fp_nameset *set = mem->alloc(mem->ctx, size);
	u8 *bytes = NULL;
	u32 i;

	if (!set)
		return -ENOMEM;
	memset(set, 0, size);
	set->mem = *mem;
	fp_names_place(&set->names, (u8 *)set + fp_align8(sizeof(*set)), n);
	for (i = 0; i < n; i++) {
		if (fp_names_add(&set->names, &bytes, names[i], FP_NAME_STAR, i)) {
			mem->free(mem->ctx, set);
			return -EINVAL;
		}
	}
	*out = set;
	return 0;
}

/**
 * fp_nameset_free() - give a set back
 * @set: the set, or NULL
 */
void fp_nameset_free(struct fp_nameset *set)
{
	if (set)
		set->mem.free(set->mem.ctx, set);
}

/**
 * fp_nameset_has() - is a name in the set?
 * @set: the set; NULL has nothing
 * @name: host or domain name
 *
 * Return: true when an entry covers it.
 */
bool fp_nameset_has(const struct fp_nameset *set, struct fp_slice name)
{
	return set && fp_names_find(&set->names, name);
}

/**
 * fp_nameset_count() - how many different names a set was made of
 * @set: the set
 *
 * Return: entries.
 */
u32 fp_nameset_count(const struct fp_nameset *set)
{
	return set->names.n;
}
