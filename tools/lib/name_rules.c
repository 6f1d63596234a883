// SPDX-License-Identifier: GPL-2.0
/* Which names of a certificate a peer accepts, and which rule says so. */
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "routes.h"
#include "text.h"

enum rule_kind { EXACT, WILDCARD, PREFIX, SUFFIX, REGEX, RULE_KINDS };

static const char *const kinds[RULE_KINDS] = {
	"exact:", "wildcard:", "prefix:", "suffix:", "regex:",
};

struct rule {
	enum rule_kind kind;
	bool deny;
	const char *text;
};

static bool split(const char *s, struct rule *r)
{
	r->deny = !strncmp(s, "deny:", 5);
	if (r->deny)
		s += 5;
	for (r->kind = 0; r->kind < RULE_KINDS; r->kind++) {
		size_t len = strlen(kinds[r->kind]);

		if (strncmp(s, kinds[r->kind], len))
			continue;
		r->text = s + len;
		return true;
	}
	return false;
}

/* The expression must fit the whole name. */
static int compile(regex_t *re, const char *text)
{
	char whole[FEDPAT_FQDN_MAX + 8];

	snprintf(whole, sizeof(whole), "^(%s)$", text);
	return regcomp(re, whole, REG_EXTENDED | REG_ICASE | REG_NOSUB);
}

static const char *check_regex(const char *text)
{
	static char why[128];
	regex_t re;
	int err = compile(&re, text);

	if (!err) {
		regfree(&re);
		return NULL;
	}
	memcpy(why, "is no regular expression: ", 27);
	regerror(err, &re, why + 26, sizeof(why) - 26);
	return why;
}

/**
 * fp_rule_check() - is it a rule for names?
 * @rule: the text
 *
 * Return: NULL, or what is wrong
 */
const char *fp_rule_check(const char *rule)
{
	struct rule r;

	if (!split(rule, &r))
		return "does not begin with exact:, wildcard:, prefix:, suffix: or regex:";
	if (!*r.text)
		return "has no text behind the colon";
	switch (r.kind) {
	case EXACT:
		return fp_txt_check(r.text, FP_S_HOST, FEDPAT_FQDN_MAX);
	case WILDCARD:
		if (strncmp(r.text, "*.", 2))
			return "is no wildcard: write wildcard:*.example.net";
		return fp_txt_check(r.text + 2, FP_S_FQDN, FEDPAT_FQDN_MAX);
	case SUFFIX:
		/* ".net" alone would accept half the world. */
		return strchr(r.text + 1, '.') ? NULL :
			"accepts a whole top level; write suffix:.example.net";
	case REGEX:
		return check_regex(r.text);
	default:
		return NULL;
	}
}

static bool fits(const struct rule *r, const char *name)
{
	size_t n = strlen(name), len = strlen(r->text);
	const char *dot;
	regex_t re;
	bool yes;

	switch (r->kind) {
	case EXACT:
		return !strcasecmp(name, r->text);
	case WILDCARD:
		/* one label, as in certificates */
		dot = strchr(name, '.');
		return dot && dot != name && !strcasecmp(dot, r->text + 1);
	case PREFIX:
		return !strncasecmp(name, r->text, len);
	case SUFFIX:
		return n > len && !strcasecmp(name + n - len, r->text);
	default:
		if (compile(&re, r->text))
			return false;
		yes = !regexec(&re, name, 0, NULL, 0);
		regfree(&re);
		return yes;
	}
}

/**
 * fp_rule_match() - what does a rule say of a name?
 * @rule: a valid rule
 * @name: the name
 *
 * Return: its verdict
 */
enum fp_rule_says fp_rule_match(const char *rule, const char *name)
{
	struct rule r;

	if (!split(rule, &r) || !fits(&r, name))
		return FP_RULE_NOTHING;
	return r.deny ? FP_RULE_DENY : FP_RULE_ACCEPT;
}

static const char *listed(const struct fp_strs *names, const char *name)
{
	for (u32 i = 0; i < names->n; i++)
		if (!strcasecmp(names->v[i], name))
			return names->v[i];
	return NULL;
}

/**
 * fp_peer_name() - is a name one that a peer's certificate may prove?
 * @peer: the peer
 * @name: the name
 * @v: the verdict, and who gave it
 *
 * Rules come first, in their order, so that one can deny; then subjects. Where
 * there is neither, the host to dial counts, and where there is none, the
 * domains themselves (RFC 5922).
 */
void fp_peer_name(const struct fp_obj_peer *peer, const char *name, struct fp_name_verdict *v)
{
	enum fp_rule_says says;

	memset(v, 0, sizeof(*v));
	for (u32 i = 0; i < peer->name_rule.n; i++) {
		says = fp_rule_match(peer->name_rule.v[i], name);
		if (says == FP_RULE_NOTHING)
			continue;
		v->accepted = says == FP_RULE_ACCEPT;
		v->denied = says == FP_RULE_DENY;
		v->by = peer->name_rule.v[i];
		v->what = "name-rule";
		return;
	}
	v->by = listed(&peer->subject, name);
	v->what = "subject";
	if (!peer->subject.n && !peer->name_rule.n) {
		if (peer->host && *peer->host) {
			v->by = strcasecmp(peer->host, name) ? NULL : peer->host;
			v->what = "host";
		} else {
			v->by = listed(&peer->domain, name);
			v->what = "domain";
		}
	}
	v->accepted = v->by;
}

/**
 * fp_labels_common() - labels at the end that two names have in common
 * @a: one
 * @b: the other
 *
 * Return: how many
 */
unsigned int fp_labels_common(const char *a, const char *b)
{
	size_t i = strlen(a), k = strlen(b);
	unsigned int n = 0;

	for (;;) {
		size_t x = i, y = k;

		while (x && a[x - 1] != '.')
			x--;
		while (y && b[y - 1] != '.')
			y--;
		if (i - x != k - y || strncasecmp(a + x, b + y, i - x))
			return n;
		n++;
		if (!x || !y)
			return n;
		i = x - 1;
		k = y - 1;
	}
}
