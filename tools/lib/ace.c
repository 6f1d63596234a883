// SPDX-License-Identifier: GPL-2.0
/* Entries of access lists as people write them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ace.h"
#include "text.h"

enum keyword { K_FROM, K_TO, K_PORT, K_TYPE, K_LOG, K_INACTIVE, K_OWNER, K_REMARK, K_NONE };

static const char *const keywords[] = {
	"from", "to", "port", "type", "log", "inactive", "owner", "remark",
};

/**
 * struct ace_reader - words on their way into an entry
 * @ace: the entry
 * @words: the words
 * @n: how many
 * @at: the next one
 * @side: what "port" belongs to: K_FROM, K_TO or K_NONE
 * @fault: what is wrong
 */
struct ace_reader {
	struct fp_obj_ace *ace;
	char *const *words;
	u32 n;
	u32 at;
	enum keyword side;
	struct fp_ace_fault *fault;
};

/* The entry as a whole is wrong; @word says where to look. */
static int bad_entry(struct ace_reader *r, u32 word, const char *why, const char *expect)
{
	r->fault->word = word;
	r->fault->value[0] = 0;
	r->fault->why = why;
	r->fault->expect = expect;
	return -EINVAL;
}

static int bad(struct ace_reader *r, u32 word, const char *why, const char *expect)
{
	bad_entry(r, word, why, expect);
	if (word < r->n)
		snprintf(r->fault->value, sizeof(r->fault->value), "%s", r->words[word]);
	return -EINVAL;
}

static enum keyword find_keyword(const char *word)
{
	enum keyword found = K_NONE;
	size_t len = strlen(word);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!strcmp(keywords[i], word))
			return i;
		if (strncmp(keywords[i], word, len))
			continue;
		if (found != K_NONE)
			return K_NONE;
		found = i;
	}
	return found;
}

static int set_row(struct ace_reader *r, u16 id, const char *text)
{
	const struct fp_kind *kind = r->ace->o.kind;
	const char *why;
	u8 i;

	for (i = 0; kind->rows[i].id != id; i++)
		;
	why = fp_obj_set(&r->ace->o, &kind->rows[i], text);
	return why ? bad(r, r->at - 1, why, fp_attr_expect(&kind->rows[i])) : 0;
}

static int read_action(struct ace_reader *r)
{
	if (r->n < 2)
		return bad_entry(r, r->n, "the entry is too short",
				 "permit or deny, then a protocol");
	r->at = 1;
	if (set_row(r, FEDPAT_A_ACE_ACTION, r->words[0]))
		return -EINVAL;
	r->at = 2;
	return set_row(r, FEDPAT_A_ACE_PROTO, r->words[1]);
}

static bool has_ports(const struct fp_obj_ace *ace)
{
	switch (fp_obj_has(&ace->o, FEDPAT_A_ACE_PROTO) ? ace->proto : 0) {
	case 6: /* tcp */
	case 17: /* udp */
	case 33: /* dccp */
	case 132: /* sctp */
	case 136: /* udplite */
		return true;
	default:
		return false;
	}
}

static int read_ports(struct ace_reader *r, const char *text)
{
	bool src = r->side == K_FROM;
	struct fp_obj *o = &r->ace->o;
	const char *why;
	u16 lo, hi;

	if (r->side == K_NONE)
		return bad(r, r->at - 2, "belongs to no address",
			   "from ADDRESS port PORTS, or to ADDRESS port PORTS");
	if (!has_ports(r->ace))
		return bad_entry(r, 1, "the protocol has no ports", "tcp, udp or sctp");
	why = fp_txt_ports(text, &lo, &hi);
	if (why)
		return bad(r, r->at - 1, why,
			   "a port such as 5061, a range such as 5060-5062, or any");
	if (lo == 0 && hi == 65535)
		return 0;
	fp_obj_set_num(o, src ? FEDPAT_A_ACE_SPORT_LO : FEDPAT_A_ACE_DPORT_LO, lo);
	fp_obj_set_num(o, src ? FEDPAT_A_ACE_SPORT_HI : FEDPAT_A_ACE_DPORT_HI, hi);
	return 0;
}

static int read_type(struct ace_reader *r, const char *text)
{
	if (!fp_obj_has(&r->ace->o, FEDPAT_A_ACE_PROTO) ||
	    (r->ace->proto != 1 && r->ace->proto != 58))
		return bad_entry(r, 1, "only ICMP has types", "icmp or icmp6");
	return set_row(r, FEDPAT_A_ACE_ICMP_TYPE, text);
}

static int read_remark(struct ace_reader *r)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int err;

	if (r->at == r->n)
		return bad_entry(r, r->n, "the remark is empty", "text");
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	for (; r->at < r->n; r->at++) {
		fputs(r->words[r->at], out);
		if (r->at + 1 < r->n)
			fputc(' ', out);
	}
	fclose(out);
	err = set_row(r, FEDPAT_A_ACE_REMARK, text);
	free(text);
	return err;
}

static int read_value(struct ace_reader *r, enum keyword key)
{
	const char *text;

	if (r->at == r->n)
		return bad_entry(r, r->n, "a value is missing at the end",
				 "one behind from, to, port, type and owner");
	text = r->words[r->at++];
	switch (key) {
	case K_FROM:
		r->side = key;
		return set_row(r, FEDPAT_A_ACE_SRC, text);
	case K_TO:
		r->side = key;
		return set_row(r, FEDPAT_A_ACE_DST, text);
	case K_PORT:
		return read_ports(r, text);
	case K_TYPE:
		return read_type(r, text);
	default:
		return set_row(r, FEDPAT_A_ACE_OWNER, text);
	}
}

static int read_keyword(struct ace_reader *r, u32 *seen)
{
	enum keyword key = find_keyword(r->words[r->at]);
	u32 bit = 1u << key;

	if (key == K_NONE)
		return bad(r, r->at, "is unknown here",
			   "from, to, port, type, log, inactive, owner or remark");
	if (key != K_PORT && *seen & bit)
		return bad(r, r->at, "is given twice", "it once");
	*seen |= bit;
	r->at++;
	if (key == K_REMARK)
		return read_remark(r);
	if (key == K_LOG || key == K_INACTIVE)
		return fp_obj_set_num(&r->ace->o,
				      key == K_LOG ? FEDPAT_A_ACE_LOG : FEDPAT_A_ACE_INACTIVE, 1);
	return read_value(r, key);
}

/**
 * fp_ace_parse_words() - an entry from words
 * @ace: a new entry
 * @words: the words, from permit or deny on
 * @n: how many
 * @fault: gets what is wrong
 *
 * Return: 0, -EINVAL with @fault, -ENOMEM
 */
int fp_ace_parse_words(struct fp_obj_ace *ace, char *const *words, u32 n,
		       struct fp_ace_fault *fault)
{
	struct ace_reader r = {
		.ace = ace, .words = words, .n = n, .side = K_NONE, .fault = fault
	};
	u32 seen = 0;
	int err;

	err = read_action(&r);
	while (!err && r.at < n)
		err = read_keyword(&r, &seen);
	if (!err && ace->src.addr.family && ace->dst.addr.family &&
	    ace->src.addr.family != ace->dst.addr.family)
		return bad_entry(&r, 0, "source and destination are not of one family",
				 "IPv4 on both sides, or IPv6 on both");
	return err;
}

#define MAX_WORDS 64

static char *unquote(char *s)
{
	char *out = s + 1, *in = s + 1;

	for (; *in && *in != '"'; in++)
		*out++ = *in == '\\' && in[1] ? *++in : *in;
	if (*in != '"' || in[1])
		return NULL;
	*out = 0;
	return s + 1;
}

/**
 * fp_ace_parse_line() - an entry from one line
 * @ace: a new entry
 * @line: the line; what follows "remark" is one word, in quotes or not
 * @col: gets the place of the fault, octets from the start
 * @fault: gets what is wrong
 *
 * Return: 0, -EINVAL with @fault, -ENOMEM
 */
int fp_ace_parse_line(struct fp_obj_ace *ace, const char *line, u32 *col,
		      struct fp_ace_fault *fault)
{
	char *copy = strdup(line), *p = copy, *words[MAX_WORDS];
	u32 at[MAX_WORDS + 1], n = 0;
	int err;

	*col = 0;
	if (!copy)
		return -ENOMEM;
	memset(fault, 0, sizeof(*fault));
	while (n < MAX_WORDS && *(p += strspn(p, " \t"))) {
		at[n] = (u32)(p - copy);
		words[n++] = p;
		if (n > 1 && !strcmp(words[n - 2], "remark")) {
			words[n - 1] = *p == '"' ? unquote(p) : p;
			if (!words[n - 1])
				fault->why = "the quotes around the remark do not match";
			p = "";
			break;
		}
		p += strcspn(p, " \t");
		if (*p)
			*p++ = 0;
	}
	at[n] = (u32)strlen(line);
	if (*p)
		fault->why = "the entry is too long";
	err = fault->why ? -EINVAL : fp_ace_parse_words(ace, words, n, fault);
	if (err == -EINVAL)
		*col = at[fault->word < n ? fault->word : n];
	free(copy);
	return err;
}

/* --- to text --- */

static void print_side(const char *word, const struct fp_cidr *cidr, bool ports, u16 lo, u16 hi,
		       FILE *out)
{
	char buf[FP_TXT_CIDR];

	if (cidr->addr.family && !cidr->len)
		fprintf(out, " %s any%u", word, cidr->addr.family);
	else
		fprintf(out, " %s %s", word, fp_cidr_str(cidr, buf));
	if (ports)
		fprintf(out, lo == hi ? " port %u" : " port %u-%u", lo, hi);
}

/**
 * fp_ace_print_match() - the part of an entry that packets are compared with
 * @ace: the entry
 * @human: protocols by name
 * @out: where to
 */
void fp_ace_print_match(const struct fp_obj_ace *ace, bool human, FILE *out)
{
	int proto = fp_obj_has(&ace->o, FEDPAT_A_ACE_PROTO) ? ace->proto : -1;
	char buf[8];

	fputs(ace->action == FEDPAT_ACTION_PERMIT ? "permit " : "deny ", out);
	if (human || proto < 0)
		fputs(fp_proto_str(proto, buf), out);
	else
		fprintf(out, "%d", proto);
	print_side("from", &ace->src, fp_obj_has(&ace->o, FEDPAT_A_ACE_SPORT_LO), ace->sport_lo,
		   ace->sport_hi, out);
	print_side("to", &ace->dst, fp_obj_has(&ace->o, FEDPAT_A_ACE_DPORT_LO), ace->dport_lo,
		   ace->dport_hi, out);
	if (fp_obj_has(&ace->o, FEDPAT_A_ACE_ICMP_TYPE))
		fprintf(out, " type %u", ace->icmp_type);
}

static void print_remark(const char *s, FILE *out)
{
	size_t len = strlen(s);

	if (*s != '"' && *s != ' ' && s[len - 1] != ' ') {
		fp_txt_safe(out, s);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

/**
 * fp_ace_print() - an entry, so that fp_ace_parse_line() takes it back
 * @ace: the entry
 * @human: protocols by name
 * @out: where to
 */
void fp_ace_print(const struct fp_obj_ace *ace, bool human, FILE *out)
{
	fp_ace_print_match(ace, human, out);
	if (ace->log)
		fputs(" log", out);
	if (ace->inactive)
		fputs(" inactive", out);
	if (ace->o.owner)
		fprintf(out, " owner %s", ace->o.owner);
	if (ace->remark) {
		fputs(" remark ", out);
		print_remark(ace->remark, out);
	}
}

/* --- reading a list --- */

static bool covers(const struct fp_cidr *outer, const struct fp_cidr *inner)
{
	return fp_cidr_has(outer, &inner->addr) &&
	       (!outer->addr.family || outer->len <= inner->len);
}

static bool takes(const struct fp_obj_ace *a, u8 proto, const struct fp_cidr *src,
		  const struct fp_endpoint *dst)
{
	if (a->inactive || fp_obj_has(&a->o, FEDPAT_A_ACE_ICMP_TYPE))
		return false;
	if (fp_obj_has(&a->o, FEDPAT_A_ACE_PROTO) && a->proto != proto)
		return false;
	if (!covers(&a->src, src) || !fp_cidr_has(&a->dst, &dst->addr))
		return false;
	/* Callers use any port: a permit of some is none, a deny of some is one. */
	if (fp_obj_has(&a->o, FEDPAT_A_ACE_SPORT_LO) && a->action == FEDPAT_ACTION_PERMIT)
		return false;
	return !fp_obj_has(&a->o, FEDPAT_A_ACE_DPORT_LO) ||
	       (dst->port >= a->dport_lo && dst->port <= a->dport_hi);
}

/**
 * fp_acl_first() - first entry that takes a flow
 * @acl: the list
 * @proto: its protocol
 * @src: where it comes from
 * @dst: where it goes to
 *
 * Return: the entry; NULL: none, which is the implicit deny
 */
const struct fp_obj_ace *fp_acl_first(const struct fp_obj_acl *acl, u8 proto,
				      const struct fp_cidr *src, const struct fp_endpoint *dst)
{
	u32 i;

	for (i = 0; i < acl->n_aces; i++)
		if (takes(acl->aces[i], proto, src, dst))
			return acl->aces[i];
	return NULL;
}
