// SPDX-License-Identifier: GPL-2.0
/* How the servers that the daemon dials fare, from the file that it keeps. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "ctl_servers.h"
#include "paths.h"
#include "text.h"

static bool split_line(char *line, char *v[SERVER_FIELDS])
{
	int n;

	line[strcspn(line, "\n")] = 0;
	for (n = 0; n < SERVER_FIELDS && line; n++)
		v[n] = strsep(&line, "\t");
	return n == SERVER_FIELDS;
}

/**
 * servers_each() - every server that the daemon knows
 * @fn: called for each, with the fields of its line
 * @arg: its argument
 */
void servers_each(server_fn fn, void *arg)
{
	const char *dir = getenv("FEDPAT_RUNDIR");
	char path[512], line[1024], *v[SERVER_FIELDS];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : FP_RUNDIR, FP_SERVERSFILE);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (split_line(line, v))
			fn(v, arg);
	if (f)
		fclose(f);
}

static void since(struct ctl *ctl, const char *when)
{
	long long now = (long long)time(NULL), then = atoll(when);

	fp_txt_ms(ctl->out, (u64)(now > then ? now - then : 0) * 1000);
}

static void print_fault(struct ctl *ctl, char *const v[SERVER_FIELDS])
{
	long long now = (long long)time(NULL), next = atoll(v[SERVER_NEXT]);

	fprintf(ctl->out, ": %s", v[SERVER_REASON]);
	if (*v[SERVER_TEXT]) {
		fputs(": ", ctl->out);
		fp_txt_safe(ctl->out, v[SERVER_TEXT]);
	}
	if (next > now)
		fprintf(ctl->out, "; others are tried first for %lld s", next - now);
	else
		fputs("; tried again with the next message", ctl->out);
}

static void print_server(struct ctl *ctl, char *const v[SERVER_FIELDS])
{
	fprintf(ctl->out, "server %s %s since ", v[SERVER_ADDR], v[SERVER_STATE]);
	since(ctl, v[SERVER_SINCE]);
	if (*v[SERVER_REASON])
		print_fault(ctl, v);
	if (atoll(v[SERVER_ASKED])) {
		fputs("; asked ", ctl->out);
		since(ctl, v[SERVER_ASKED]);
		fputs(" ago", ctl->out);
		if (!*v[SERVER_REASON])
			fprintf(ctl->out, ", answered in %s ms", v[SERVER_TOOK]);
	}
	fputc('\n', ctl->out);
}

/* One walk. */
struct walk {
	struct ctl *ctl;
	const char *name;
	unsigned int up;
	unsigned int down;
	json_t *rows;
};

static void show_of(char *const v[SERVER_FIELDS], void *arg)
{
	struct walk *w = arg;

	if (!strcmp(v[SERVER_NAME], w->name))
		print_server(w->ctl, v);
}

/**
 * servers_show() - the servers of a peer or node
 * @ctl: this run
 * @name: its name
 *
 * Nothing where the daemon never dialled.
 */
void servers_show(struct ctl *ctl, const char *name)
{
	struct walk w = { .ctl = ctl, .name = name };

	servers_each(show_of, &w);
}

static void count_one(char *const v[SERVER_FIELDS], void *arg)
{
	struct walk *w = arg;

	w->up += !*v[SERVER_REASON];
	w->down += *v[SERVER_REASON] != 0;
}

static void down_one(char *const v[SERVER_FIELDS], void *arg)
{
	struct walk *w = arg;

	if (!*v[SERVER_REASON])
		return;
	fprintf(w->ctl->out, "%-10s '%s' of '%s': ", "", v[SERVER_NAME], v[SERVER_FEDERATION]);
	print_server(w->ctl, v);
}

/**
 * status_servers() - servers at a glance, and each that is down
 * @ctl: this run
 *
 * Nothing where the daemon never dialled.
 */
void status_servers(struct ctl *ctl)
{
	struct walk w = { .ctl = ctl };

	servers_each(count_one, &w);
	if (!w.up && !w.down)
		return;
	fprintf(ctl->out, "%-10s %u up, %u down\n", "servers", w.up, w.down);
	servers_each(down_one, &w);
}

static void json_one(char *const v[SERVER_FIELDS], void *arg)
{
	struct walk *w = arg;
	json_t *row;

	row = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s}",
			"federation", v[SERVER_FEDERATION], "peer", v[SERVER_NAME],
			"server", v[SERVER_ADDR], "state", v[SERVER_STATE],
			"since", (json_int_t)atoll(v[SERVER_SINCE]),
			"asked", (json_int_t)atoll(v[SERVER_ASKED]),
			"answered-in", (json_int_t)atoll(v[SERVER_TOOK]),
			"reason", v[SERVER_REASON], "text", v[SERVER_TEXT]);
	json_array_append_new(w->rows, row);
}

/**
 * servers_json() - every server
 *
 * Return: an array
 */
json_t *servers_json(void)
{
	struct walk w = { .rows = json_array() };

	servers_each(json_one, &w);
	return w.rows;
}
