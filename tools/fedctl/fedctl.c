// SPDX-License-Identifier: GPL-2.0
/* The first word of the command line leads to the rest. */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "json.h"

const struct command commands[] = {
	{ "zone", "interfaces on one side of the gateway", FP_K_ZONE, object_verbs },
	{ "acl", "access lists: named, ordered, first match", FP_K_ACL, acl_verbs },
	{ "pat", "hide inside sources behind a public address", FP_K_PAT, pat_verbs },
	{ "static-pat", "a public address and port for a node", FP_K_STATIC_PAT, static_pat_verbs },
	{ "class-map", "which traffic is inspected, and how", FP_K_CLASS_MAP, object_verbs },
	{ "inspect", "inspect maps: parameters of SIP inspection", FP_K_INSPECT, object_verbs },
	{ "tls-proxy", "listeners and the certificates of their two sides", FP_K_TLS_PROXY,
	  object_verbs },
	{ "trustpoint", "identities and trusted CAs", FP_K_TRUSTPOINT, trustpoint_verbs },
	{ "peer", "partners, as their certificates prove them", FP_K_PEER, peer_verbs },
	{ "domain", "federated SIP domains", FP_K_DOMAIN, object_verbs },
	{ "route", "static routes: where requests for a domain go, before SRV", FP_K_ROUTE,
	  object_verbs },
	{ "node", "inside servers and their listeners", FP_K_NODE, node_verbs },
	{ "federation", "workflows that derive everything from one file", FP_K_FEDERATION,
	  federation_verbs },
	{ "session", "legs that exchange messages", FP_K_COUNT, session_verbs },
	{ "leg", "attached sockets", FP_K_LEG, leg_verbs },
	{ "counters", "what was dropped and refused, and why", FP_K_COUNT, counters_verbs },
	{ "monitor", "events as they happen", FP_K_COUNT, monitor_verbs },
	{ "preflight", "live checks of a federation: DNS, TCP, TLS, SIP, XMPP", FP_K_COUNT,
	  preflight_verbs },
	{ "sip", "what the gateway makes of a SIP message", FP_K_COUNT, sip_verbs },
	{ "apply", "make the policy that of a file", FP_K_COUNT, apply_verbs },
	{ "save", "write the policy as a file", FP_K_COUNT, save_verbs },
	{ "status", "the gateway at a glance", FP_K_COUNT, status_verbs },
	{ "settings", "limits", FP_K_SETTINGS, settings_verbs },
	{ "metrics", "what there is to watch, for Prometheus", FP_K_COUNT, metrics_verbs },
	{ "reload", "let the daemon read certificates and keys again", FP_K_COUNT, reload_verbs },
	{ "version", "versions of fedctl and of the module", FP_K_COUNT, version_verbs },
	{ 0 },
};

static bool is_help(const char *word)
{
	return word && (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h"));
}

static void run_verb(struct ctl *ctl, const struct command *c, struct words *w)
{
	const struct fp_kind *kind = c->kind < FP_K_COUNT ? &fp_kinds[c->kind] : NULL;
	const struct verb *v = c->verbs;

	/* A command without verbs takes all words; the first verb is meant by none. */
	if (*v->word && w->n && !(!v[1].word && w->v[0][0] == '-')) {
		v = find_verb(ctl, c, words_peek(w));
		if (!v)
			return;
		words_next(w);
	}
	v->run(ctl, kind, w);
}

/**
 * dispatch() - run one command
 * @ctl: this run
 * @w: the command line behind the options
 */
void dispatch(struct ctl *ctl, struct words *w)
{
	const char *word = words_next(w);
	const struct command *c;

	if (!word) {
		usage(ctl, "fedctl help lists what there is", "an object or command is missing");
		return;
	}
	if (!strcmp(word, "complete")) {
		complete(ctl, w);
		return;
	}
	if (is_help(word)) {
		help_all(ctl);
		return;
	}
	c = find_command(ctl, word);
	if (!c)
		return;
	/* sip has its own help */
	if (w->n && (is_help(w->v[0]) || is_help(w->v[w->n - 1])) && strcmp(c->word, "sip"))
		help_command(ctl, c);
	else
		run_verb(ctl, c, w);
}

static void options(struct ctl *ctl, int argc, char **argv, bool *version, bool *help)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },	  { "numeric", no_argument, NULL, 'n' },
		{ "file", required_argument, NULL, 'f' }, { "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },	  { 0 },
	};
	int c;

	opterr = 0;
	optind = 0; /* of GNU: begin anew, for tests run it more than once */
	/* "+": options end at the first word that is none. */
	while ((c = getopt_long(argc, argv, "+jnf:Vh", longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			ctl->json = true;
			break;
		case 'n':
			ctl->numeric = true;
			break;
		case 'f':
			ctl->file = optarg;
			break;
		case 'V':
			*version = true;
			break;
		case 'h':
			*help = true;
			break;
		default:
			usage(ctl, "fedctl --help",
			      "there is no option '%s', or a value is missing", argv[optind - 1]);
			return;
		}
	}
}

static void print_errors(struct ctl *ctl)
{
	json_t *j;

	fflush(ctl->out);
	if (!ctl->errs.n)
		return;
	if (!ctl->json) {
		fp_errs_print(&ctl->errs, ctl->err, "fedctl: ");
		return;
	}
	j = json_pack("{s:o}", "errors", fp_errs_json(&ctl->errs));
	json_dumpf(j, ctl->err, JSON_INDENT(2));
	fputc('\n', ctl->err);
	json_decref(j);
}

/**
 * fedctl_run() - one command line
 * @ctl: with its output set
 * @argc: number of words, the program's name among them
 * @argv: the words
 *
 * Return: exit status
 */
int fedctl_run(struct ctl *ctl, int argc, char **argv)
{
	char version_word[] = "version", *version_words[1] = { version_word };
	bool version = false, help = false;
	struct words w;
	int code;

	options(ctl, argc, argv, &version, &help);
	w = (struct words){ .v = argv + optind, .n = argc - optind };
	if (version)
		w = (struct words){ .v = version_words, .n = 1 };
	if (help)
		help_all(ctl);
	else if (!ctl->errs.n)
		dispatch(ctl, &w);
	print_errors(ctl);
	code = (int)ctl->errs.code;
	if (!code && ferror(ctl->out))
		code = FP_EXIT_REFUSED;
	fpnl_close(ctl->nl);
	ctl->nl = NULL;
	fp_errs_free(&ctl->errs);
	return code;
}
