// SPDX-License-Identifier: GPL-2.0
/* Events as they happen, one line each. */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "json.h"
#include "text.h"

/**
 * struct monitor - what to listen to
 * @ctl: this run
 * @events: bits of enum fedpat_event
 * @left: events until the end, 0 = no end
 * @done: the end is reached
 */
struct monitor {
	struct ctl *ctl;
	u32 events;
	u64 left;
	bool done;
};

static void say(FILE *out, const char *before, const char *text)
{
	if (!text)
		return;
	fputs(before, out);
	fp_txt_safe(out, text);
}

static void say_endpoint(FILE *out, const char *before, const struct fp_endpoint *e)
{
	char buf[FP_TXT_ENDPOINT];

	if (e->addr.family)
		fprintf(out, "%s%s", before, fp_endpoint_str(e, buf));
}

static void say_wanted(const struct fp_obj_notice *n, FILE *out)
{
	static const char *const wants[] = { "node", "peer", "domain" };

	fprintf(out, "a leg to %s ", n->want < ARRAY_SIZE(wants) ? wants[n->want] : "?");
	fp_txt_safe(out, n->target ? n->target : "?");
	say_endpoint(out, " at ", &n->endpoint);
	fprintf(out, " is wanted (%u) within %u ms", n->wanted, n->deadline);
}

static void say_leg(const struct fp_obj_notice *n, FILE *out, const char *what)
{
	fprintf(out, "leg %u", n->leg);
	say(out, " of ", n->peer);
	say_endpoint(out, " at ", &n->remote);
	fputs(what, out);
	say(out, ": ", n->reason);
	say(out, ": ", n->text);
}

static void say_refused(const struct fp_obj_notice *n, FILE *out)
{
	fputs("refused", out);
	say(out, " ", n->reason);
	say_endpoint(out, " from ", &n->remote);
	say_endpoint(out, " to ", &n->local);
	say(out, ", peer ", n->peer);
	if (n->leg)
		fprintf(out, ", leg %u", n->leg);
	if (n->count > 1)
		fprintf(out, ", %u times", n->count);
	say(out, ": ", n->text);
}

static void say_warning(const struct fp_obj_notice *n, FILE *out)
{
	fputs("warning", out);
	say(out, " ", n->reason);
	say_endpoint(out, " about ", &n->remote);
	say(out, ", ", n->peer);
	if (n->count > 1)
		fprintf(out, ", %u times", n->count);
	say(out, ": ", n->text);
}

static void say_acl(const struct fp_obj_notice *n, FILE *out)
{
	say(out, "access list ", n->acl);
	fprintf(out, " line %u was hit", n->line);
	say_endpoint(out, " by ", &n->remote);
	say_endpoint(out, " to ", &n->local);
	say(out, ", zone ", n->zone);
	if (n->count > 1)
		fprintf(out, ", %u times", n->count);
	say(out, ": ", n->text);
}

static void say_time(FILE *out)
{
	struct timespec now;
	char buf[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) && strftime(buf, sizeof(buf), "%H:%M:%S", &tm))
		fprintf(out, "%s.%03ld ", buf, now.tv_nsec / 1000000);
}

/**
 * print_notice() - one event on one line
 * @ctl: this run
 * @n: the event
 */
void print_notice(struct ctl *ctl, const struct fp_obj_notice *n)
{
	FILE *out = ctl->out;

	if (ctl->json) {
		json_t *j = fp_obj_json(&n->o);

		json_dumpf(j, out, JSON_COMPACT);
		json_decref(j);
		fputc('\n', out);
		return;
	}
	if (!ctl->numeric)
		say_time(out);
	if (n->federation)
		say(out, "", n->federation), fputs(": ", out);
	switch (n->event) {
	case FEDPAT_EVENT_COMMIT:
		fprintf(out, "policy generation %u is in force", n->generation);
		break;
	case FEDPAT_EVENT_LEG_WANTED:
		say_wanted(n, out);
		break;
	case FEDPAT_EVENT_LEG_UP:
		say_leg(n, out, " is up");
		break;
	case FEDPAT_EVENT_LEG_DOWN:
		say_leg(n, out, " is down");
		break;
	case FEDPAT_EVENT_REFUSED:
		say_refused(n, out);
		break;
	case FEDPAT_EVENT_WARNING:
		say_warning(n, out);
		break;
	case FEDPAT_EVENT_ACL_LOG:
		say_acl(n, out);
		break;
	default:
		fprintf(out, "event %u", n->event);
		say(out, ": ", n->text);
	}
	fputc('\n', out);
}

static void on_notice(const struct fp_obj_notice *n, void *arg)
{
	struct monitor *m = arg;

	if (m->done || (n->event < 32 && !(m->events >> n->event & 1)))
		return;
	print_notice(m->ctl, n);
	fflush(m->ctl->out);
	if (m->left && !--m->left)
		m->done = true;
}

static void listen_on(struct ctl *ctl, struct monitor *m, int timeout)
{
	struct pollfd pfd = { .fd = fpnl_fd(ctl->nl), .events = POLLIN };
	int err;

	while (!m->done && !ferror(ctl->out)) {
		err = poll(&pfd, 1, timeout);
		if (!err)
			return;
		if (err < 0 && errno != EINTR)
			return;
		err = fp_events(ctl->nl, on_notice, m);
		if (err == -ENOBUFS)
			fputs("fedctl: events came faster than they could be read; some are lost\n",
			      ctl->err);
		else if (err) {
			fp_err_add(&ctl->errs, FP_EXIT_REFUSED, NULL, NULL, "listening failed: %s",
				   strerror(-err));
			return;
		}
	}
}

static void add_event(struct ctl *ctl, struct monitor *m, const char *word)
{
	const struct fp_attr *row = &fp_kinds[FP_K_NOTICE].rows[0];
	u32 i;

	for (i = 0; row->words[i]; i++) {
		if (is_prefix(word, row->words[i])) {
			m->events |= 1u << i;
			return;
		}
	}
	usage(ctl, fp_attr_expect(row), "there is no event '%s'", word);
}

static void monitor_run(struct ctl *ctl, const struct fp_kind *kind, struct words *w)
{
	struct monitor m = { .ctl = ctl };
	int timeout = -1;
	const char *word;

	(void)kind;
	while ((word = words_next(w)) && !ctl->errs.n) {
		if (!strcmp(word, "count"))
			m.left = read_number(ctl, w, "count", 1, UINT32_MAX);
		else if (!strcmp(word, "timeout"))
			timeout = 1000 * (int)read_number(ctl, w, "timeout", 1, 1000000);
		else
			add_event(ctl, &m, word);
	}
	if (!m.events)
		m.events = ~0u;
	if (!ctl->errs.n && !ctl_open(ctl) && !fpnl_subscribe(ctl->nl, &ctl->errs))
		listen_on(ctl, &m, timeout);
}

const struct verb monitor_verbs[] = {
	{ "", "[EVENT...] [count N] [timeout SECONDS]",
	  "events as they happen; commit, leg-wanted, leg-up, leg-down, refused, acl-log, warning",
	  monitor_run },
	{ 0 },
};
