// SPDX-License-Identifier: GPL-2.0
/* The gateway itself: C13, C14. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "fpnl.h"
#include "check_probe.h"
#include "text.h"

#define LISTEN_STATE	0x0a	/* TCP_LISTEN in /proc/net/tcp */

static bool listens_in(const char *file, u16 port)
{
	FILE *in = fopen(file, "re");
	unsigned int local, state;
	bool found = false;
	char line[512];

	if (!in)
		return false;
	while (!found && fgets(line, sizeof(line), in))
		found = sscanf(line, "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local,
			       &state) == 2 &&
			local == port && state == LISTEN_STATE;
	fclose(in);
	return found;
}

static bool listens(u16 port)
{
	return listens_in("/proc/self/net/tcp", port) || listens_in("/proc/self/net/tcp6", port);
}

static bool in_scope(const struct fp_probe *p, const char *federation)
{
	for (u32 i = 0; i < p->opts->scope.n; i++)
		if (federation && !strcmp(p->opts->scope.v[i], federation))
			return true;
	return !p->opts->scope.n;
}

static void check_listeners(struct fp_probe *p, struct fp_check_result *r)
{
	const struct fp_obj_tls_proxy *t;
	u32 i;

	if (p->opts->pending)
		return;
	fp_model_each(p->model, FP_K_TLS_PROXY, i, t)
		if (in_scope(p, t->federation) && t->listener_port && !listens(t->listener_port))
			fp_found(r, FP_CHECK_FAIL,
				 "look into its log (journalctl -u fedpatd); fedctl reload",
				 "nobody listens on port %u of tls-proxy %s: connections are dropped (no-listener)",
				 t->listener_port, t->o.name);
}

static void check_module(struct fp_probe *p, u32 *generation, struct fp_check_result *r)
{
	struct fp_obj_status *s;
	struct fpnl *nl = NULL;

	if (fpnl_open(&nl, NULL) || fp_get_status(nl, &s, NULL)) {
		fp_found(r, FP_CHECK_FAIL, FP_REMEDY_NO_MODULE, "the module is not loaded");
	} else {
		*generation = s->generation;
		fp_obj_free(&s->o);
	}
	fpnl_close(nl);
	if (p->opts->pending)
		fp_found(r, FP_CHECK_FAIL, "fedctl federation apply FILE",
			 "the file is not applied: the policy in force differs by %u steps",
			 p->opts->pending);
}

/* C13: who shakes hands is there, and knows the policy. */
void fp_check_c13(struct fp_probe *p, struct fp_check_result *r)
{
	u32 generation = 0;

	check_module(p, &generation, r);
	if (!p->opts->daemon)
		fp_found(r, FP_CHECK_FAIL, "systemctl start fedpatd",
			 "the daemon fedpatd does not run: no new connection is taken");
	else
		check_listeners(p, r);
	if (!r->n)
		fp_found(r, FP_CHECK_OK, NULL,
			 "fedpatd runs as %d and listens; policy generation %u",
			 p->opts->daemon, generation);
}

#define MINUTE_US	60000000L

/* C14: certificates are judged by the clock. */
void fp_check_c14(struct fp_probe *p, struct fp_check_result *r)
{
	static const char mend[] = "run chrony or systemd-timesyncd; timedatectl shows the state";
	struct timex t = { 0 };
	int state = adjtimex(&t);
	long offset = labs(t.offset) / (t.status & STA_NANO ? 1000 : 1);
	char when[40] = "?";
	struct tm tm;
	time_t now = time(NULL);

	(void)p;
	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	if (tm.tm_year + 1900 < 2024)
		fp_found(r, FP_CHECK_FAIL, mend,
			 "the clock says %s: every certificate is not valid yet",
			 when);
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		fp_found(r, FP_CHECK_WARN, mend,
			 "the clock is not synchronised (it says %s); certificates are judged by it",
			 when);
	else if (offset > MINUTE_US || t.esterror > MINUTE_US)
		fp_found(r, FP_CHECK_FAIL, mend, "the clock is off by more than a minute");
	else
		fp_found(r, FP_CHECK_OK, NULL, "synchronised, off by %ld us", offset);
}
