// SPDX-License-Identifier: GPL-2.0
/* Patterns of static routes: labels in reverse, longest match, priority. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "routes.h"
#include "text.h"

/* ".net.example.*" and ".net.example" are one; ".*" and "*" are all domains. */
static bool is_reversed(const char *pattern)
{
	return *pattern == '.' || !strcmp(pattern, "*");
}

/* Labels without the dot in front and the star behind, in @buf. */
static const char *core_of(const char *pattern, char buf[FEDPAT_FQDN_MAX + 1])
{
	size_t len;

	if (*pattern == '.')
		pattern++;
	len = strnlen(pattern, FEDPAT_FQDN_MAX);
	if (len >= 2 && !strcmp(pattern + len - 2, ".*"))
		len -= 2;
	else if (len == 1 && *pattern == '*')
		len = 0;
	memcpy(buf, pattern, len);
	buf[len] = 0;
	return buf;
}

/* net.example -> example.net */
static void reverse(char *name)
{
	char out[FEDPAT_FQDN_MAX + 1];
	size_t at = 0;
	char *dot;

	while ((dot = strrchr(name, '.'))) {
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s.", dot + 1);
		*dot = 0;
	}
	snprintf(out + at, sizeof(out) - at, "%s", name);
	memcpy(name, out, strlen(out) + 1);
}

/**
 * fp_pattern_check() - is it a pattern of a static route?
 * @pattern: the text
 *
 * Return: NULL, or what is wrong
 */
const char *fp_pattern_check(const char *pattern)
{
	char core[FEDPAT_FQDN_MAX + 1];
	size_t len = strlen(pattern);

	if (len > FEDPAT_FQDN_MAX)
		return "is longer than 255 characters";
	if (!is_reversed(pattern) && len > 2 && !strcmp(pattern + len - 2, ".*"))
		return "is not reversed: write .net.example.* for example.net";
	core_of(pattern, core);
	if (!*core)
		return strchr(pattern, '*') ? NULL : "is empty";
	if (strchr(core, '*'))
		return "has a star that is not at its end: write .net.example.*";
	if (!is_reversed(pattern))
		return fp_txt_check(core, FP_S_FQDN, FEDPAT_FQDN_MAX);
	if (!strchr(core, '.'))	/* a whole top level: .net.* */
		return fp_txt_check(core, FP_S_NAME, 63);
	reverse(core);
	return fp_txt_check(core, FP_S_FQDN, FEDPAT_FQDN_MAX);
}

static unsigned int count_labels(const char *name)
{
	unsigned int n = *name ? 1 : 0;

	for (; *name; name++)
		n += *name == '.';
	return n;
}

/**
 * fp_pattern_match() - how well does a pattern fit a domain?
 * @pattern: a valid pattern
 * @domain: the domain
 *
 * Return: 0 not at all; else the more labels the higher, and a pattern for one
 * domain alone above one for all below it too
 */
unsigned int fp_pattern_match(const char *pattern, const char *domain)
{
	char core[FEDPAT_FQDN_MAX + 1];
	size_t len, n = strlen(domain);
	bool reversed = is_reversed(pattern);

	core_of(pattern, core);
	if (!*core)
		return 1;
	if (reversed)
		reverse(core);
	len = strlen(core);
	if (!strcasecmp(core, domain))
		return 2 * count_labels(core) + (reversed ? 1 : 2);
	if (!reversed || n <= len || domain[n - len - 1] != '.' ||
	    strcasecmp(domain + n - len, core))
		return 0;
	return 2 * count_labels(core) + 1;
}

/**
 * fp_route_port() - port of the next hop
 * @route: the route
 *
 * Return: the port, by transport where none was given
 */
u16 fp_route_port(const struct fp_obj_route *route)
{
	if (route->port)
		return route->port;
	return route->transport == FEDPAT_TRANSPORT_TCP ? 5060 : 5061;
}

/**
 * fp_route_is_srv() - is the next hop a domain to look up?
 * @route: the route
 *
 * Return: true when its port was given as 0
 */
bool fp_route_is_srv(const struct fp_obj_route *route)
{
	return !route->port && fp_obj_has(&route->o, FEDPAT_A_ROUTE_PORT);
}

static int by_priority(const void *a, const void *b)
{
	const struct fp_obj_route *x = *(const struct fp_obj_route *const *)a;
	const struct fp_obj_route *y = *(const struct fp_obj_route *const *)b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

/**
 * fp_routes_for() - static routes that serve a domain
 * @model: the policy
 * @federation: of these only
 * @domain: the domain
 * @v: gets those in service whose pattern is the longest that fits, by priority
 * @max: room in @v
 * @blocked: gets a route of that pattern which blocks, or NULL
 *
 * Return: how many are in @v
 */
u32 fp_routes_for(const struct fp_model *model, const char *federation, const char *domain,
		  const struct fp_obj_route **v, u32 max, const struct fp_obj_route **blocked)
{
	const struct fp_obj_route *route;
	unsigned int best = 0, fit;
	u32 i, n = 0;

	*blocked = NULL;
	fp_model_each(model, FP_K_ROUTE, i, route) {
		if (route->out_of_service || !route->federation ||
		    strcmp(route->federation, federation))
			continue;
		fit = fp_pattern_match(route->pattern, domain);
		if (!fit || fit < best)
			continue;
		if (fit > best) {
			best = fit;
			n = 0;
			*blocked = NULL;
		}
		if (route->blocked)
			*blocked = route;
		else if (n < max)
			v[n++] = route;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_priority);
	return n;
}

/**
 * fp_outside_source() - where a federation's partners see us come from
 * @model: the policy
 * @f: the federation
 *
 * The first PAT rule that hides one of its nodes decides, as it does for the
 * node itself; else it is the federation's public address.
 *
 * Return: the address; family 0 where nothing says
 */
struct fp_addr fp_outside_source(const struct fp_model *model, const struct fp_obj_federation *f)
{
	const struct fp_obj_node *node;
	const struct fp_obj_pat *pat;
	u32 i, j;

	fp_model_each(model, FP_K_NODE, i, node) {
		if (!node->federation || strcmp(node->federation, f->o.name))
			continue;
		fp_model_each(model, FP_K_PAT, j, pat)
			if (fp_cidr_has(&pat->src, &node->listener.addr) && pat->to_addr.family)
				return pat->to_addr;
	}
	return f->public_addr.n ? f->public_addr.v[0] : (struct fp_addr){ 0 };
}
