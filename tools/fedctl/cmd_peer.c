// SPDX-License-Identifier: GPL-2.0
/* Peers and nodes: which name is whose, and how their servers fare. */
#include <jansson.h>
#include <string.h>

#include "ctl.h"
#include "ctl_servers.h"
#include "json.h"
#include "routes.h"
#include "text.h"

static void peer_show(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = w->n == 1 ? w->v[0] : NULL;

	object_show(ctl, kind, w);
	if (name && !ctl->json && !ctl->errs.n)
		servers_show(ctl, name);
}

/**
 * struct near - the name that came nearest without matching
 * @peer: whose it is
 * @by: subject, host, domain or text of a rule
 * @common: labels that they have in common
 */
struct near {
	const char *peer;
	const char *by;
	unsigned int common;
};

static void look(struct near *near, const struct fp_obj_peer *peer, const char *by,
		 const char *name)
{
	const char *text = strrchr(by, ':');
	unsigned int common = fp_labels_common(text ? text + 1 : by, name);

	if (common > near->common)
		*near = (struct near){ peer->o.name, by, common };
}

static void look_peer(struct near *near, const struct fp_obj_peer *peer, const char *name)
{
	for (u32 i = 0; i < peer->subject.n; i++)
		look(near, peer, peer->subject.v[i], name);
	for (u32 i = 0; i < peer->name_rule.n; i++)
		look(near, peer, peer->name_rule.v[i], name);
	if (peer->host && *peer->host)
		look(near, peer, peer->host, name);
	for (u32 i = 0; i < peer->domain.n; i++)
		look(near, peer, peer->domain.v[i], name);
}

static json_t *verdict_json(const struct fp_obj_peer *peer, const struct fp_name_verdict *v)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:s}", "peer", peer->o.name, "federation",
			 peer->federation ? peer->federation : "", "accepted", v->accepted,
			 "what", v->what, "by", v->by);
}

static void tell(struct ctl *ctl, const char *name, const struct fp_obj_peer *peer,
		 const struct fp_name_verdict *v, json_t *rows)
{
	if (rows) {
		json_array_append_new(rows, verdict_json(peer, v));
		return;
	}
	fprintf(ctl->out, "%s: peer %s of federation %s %s it by its %s %s\n", name, peer->o.name,
		peer->federation ? peer->federation : "?", v->accepted ? "accepts" : "refuses",
		v->what, v->by);
}

static void nobody(struct ctl *ctl, const char *name, const struct near *near)
{
	char remedy[600] = "add it as a subject or name-rule of its peer";
	struct fp_where where = { .kind = "peer", .object = name };

	if (near->common > 1)
		snprintf(remedy, sizeof(remedy),
			 "almost: %s of peer %s; is the name written right, or is a rule missing?",
			 near->by, near->peer);
	fp_err_add(&ctl->errs, FP_EXIT_REFUSED, &where, remedy, "no peer accepts this name");
}

static void peer_test(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	const char *name = need(ctl, w, "the name that a certificate proves");
	json_t *rows = ctl->json ? json_array() : NULL;
	struct objs l = { 0 };
	struct near near = { 0 };
	bool any = false;
	u32 i;

	if (!name || !no_more(ctl, w) || !ctl_dump(ctl, kind->id, &l)) {
		json_decref(rows);
		objs_free(&l);
		return;
	}
	for (i = 0; i < l.n; i++) {
		const struct fp_obj_peer *peer = (const struct fp_obj_peer *)l.v[i];
		struct fp_name_verdict v;

		fp_peer_name(peer, name, &v);
		if (v.accepted || v.denied)
			tell(ctl, name, peer, &v, rows);
		else
			look_peer(&near, peer, name);
		any |= v.accepted;
	}
	if (rows)
		print_json(ctl, rows);
	if (!any)
		nobody(ctl, name, &near);
	objs_free(&l);
}

const struct verb peer_verbs[] = {
	{ "show", "[NAME]",
	  "all of them in a table, or one with all that is known, and its servers",
	  peer_show },
	{ "add", "NAME ATTRIBUTE VALUE...", "make one", object_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes, leave others as they are",
	  object_set },
	{ "del", "NAME...", "delete", object_del },
	{ "test", "NAME", "which peer accepts a certificate's name, and by which rule", peer_test },
	{ 0 },
};

const struct verb node_verbs[] = {
	{ "show", "[NAME]",
	  "all of them in a table, or one with all that is known, and its servers",
	  peer_show },
	{ "add", "NAME ATTRIBUTE VALUE...", "make one", object_add },
	{ "set", "NAME [no] ATTRIBUTE VALUE...", "change attributes, leave others as they are",
	  object_set },
	{ "del", "NAME...", "delete", object_del },
	{ 0 },
};
