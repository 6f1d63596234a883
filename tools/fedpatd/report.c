// SPDX-License-Identifier: GPL-2.0
/*
 * One line for each refusal: who, why, what to do. The kernel counts it under
 * the same name and tells those who watch, so that one place has them all.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "lograte.h"
#include "text.h"

/**
 * fpd_log() - one line for the operator
 * @fmt: without a line end
 *
 * Context: any thread. Goes to standard error; the journal adds the time.
 */
void fpd_log(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fp_txt_clean(line);
	fprintf(stderr, "fedpatd: %s\n", line);
}

/**
 * fpd_log_errs() - log a list of faults and free it
 * @what: what could not be done
 * @errs: the list
 */
void fpd_log_errs(const char *what, struct fp_errs *errs)
{
	for (unsigned int i = 0; i < errs->n; i++) {
		char *line = fp_err_line(&errs->v[i]);

		fpd_log("error: %s: %s", what, line ? line : "out of memory");
		free(line);
	}
	if (!errs->n)
		fpd_log("error: %s", what);
	fp_errs_free(errs);
}

static void put_str(struct nlmsghdr *nlh, uint16_t attr, const char *s)
{
	if (s && *s)
		mnl_attr_put_strz(nlh, attr, s);
}

static void put_addr(struct nlmsghdr *nlh, uint16_t attr, const union fpd_addr *a)
{
	struct fp_endpoint ep;
	struct nlattr *nest;

	fpd_addr_to(&ep, a);
	if (!ep.addr.family)
		return;
	nest = mnl_attr_nest_start(nlh, attr);
	mnl_attr_put(nlh, FEDPAT_A_ENDPOINT_ADDR, ep.addr.family == 4 ? 4 : 16, ep.addr.b);
	mnl_attr_put_u16(nlh, FEDPAT_A_ENDPOINT_PORT, ep.port);
	mnl_attr_nest_end(nlh, nest);
}

static void send_report(struct fpd *d, enum fp_reason reason, const char *federation,
			const char *peer, const char *zone, const char *text,
			const union fpd_addr *remote, const union fpd_addr *local)
{
	static __attribute__((aligned(4))) char buf[FPNL_MSG];	/* main thread only */
	struct nlmsghdr *nlh = fpnl_msg(d->nl, buf, FEDPAT_CMD_REFUSAL_REPORT, 0);
	struct fp_errs errs = { 0 };

	put_str(nlh, FEDPAT_A_NOTICE_REASON, fp_reason_info(reason)->name);
	put_str(nlh, FEDPAT_A_NOTICE_FEDERATION, federation);
	put_str(nlh, FEDPAT_A_NOTICE_PEER, peer);
	put_str(nlh, FEDPAT_A_NOTICE_ZONE, zone);
	put_str(nlh, FEDPAT_A_NOTICE_TEXT, text);
	if (remote)
		put_addr(nlh, FEDPAT_A_NOTICE_REMOTE, remote);
	if (local)
		put_addr(nlh, FEDPAT_A_NOTICE_LOCAL, local);
	if (fpnl_call(d->nl, nlh, NULL, NULL, &errs))
		fpd_log_errs("refusal could not be counted", &errs);
	else
		fp_errs_free(&errs);
}

static struct fp_lograte rate;
static struct event *closes;

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static void tell_kept(const char *what, const char *who, u32 kept, void *arg)
{
	(void)arg;
	fpd_log("%s%s%s%s: %u more in %u s were not logged; fedctl counters has all", what,
		*who ? " '" : "", who, *who ? "'" : "", kept, FP_LOGRATE_MS / 1000);
}

static void close_windows(evutil_socket_t fd, short what, void *arg)
{
	u64 wait = fp_lograte_close(&rate, now_ms(), tell_kept, NULL) + 1;
	struct timeval tv = { (time_t)(wait / 1000), (suseconds_t)(wait % 1000) * 1000 };

	(void)fd, (void)what, (void)arg;
	if (wait > 1)
		evtimer_add(closes, &tv);
}

/**
 * fpd_log_start() - tell what is left out of the log, in time
 * @base: loop of the main thread
 *
 * Return: 0 or -1.
 */
int fpd_log_start(struct event_base *base)
{
	closes = evtimer_new(base, close_windows, NULL);
	return closes ? 0 : -1;
}

/**
 * fpd_log_stop() - tell what was left out, now
 */
void fpd_log_stop(void)
{
	fp_lograte_close(&rate, UINT64_MAX, tell_kept, NULL);
	if (closes)
		event_free(closes);
	closes = NULL;
}

/**
 * fpd_may_log() - may one more line of its kind be logged?
 * @what: the kind, for the line that tells how many were left out
 * @who: peer or address that it is about, or ""
 *
 * A flood is counted whole and logged in part: a line costs more than the
 * refusal that it tells of.
 *
 * Context: main thread.
 * Return: true for the first FP_LOGRATE_ONE in FP_LOGRATE_MS.
 */
bool fpd_may_log(const char *what, const char *who)
{
	if (fp_lograte_take(&rate, what, who, now_ms()))
		return true;
	if (closes && !evtimer_pending(closes, NULL))
		close_windows(-1, 0, NULL);
	return false;
}

static bool may_tell(const char *verb, const char *reason, const char *who)
{
	char what[64];

	snprintf(what, sizeof(what), "%s %s", verb, reason);
	return fpd_may_log(what, who);
}

/* One source may come from many ports. */
static const char *source(const struct fp_endpoint *ep, char text[FPD_ADDR_TEXT])
{
	union fpd_addr a;

	fpd_addr_from(&a, ep);
	return a.sa.sa_family ? fpd_addr_text_noport(&a, text, FPD_ADDR_TEXT) : "";
}

/**
 * fpd_report() - log and count why a connection was refused
 * @conn: connection whose @reason and @text are set
 *
 * Context: main thread.
 */
void fpd_report(struct fpd_conn *conn)
{
	const struct fp_reason_info *info = fp_reason_info(conn->reason);
	const union fpd_addr *local = conn->original.sa.sa_family ?
		&conn->original : &conn->local;
	char remote_text[FPD_ADDR_TEXT], local_text[FPD_ADDR_TEXT], who[FPD_ADDR_TEXT];

	if (may_tell("refused", info->name, conn->peer[0] ? conn->peer :
		     fpd_addr_text_noport(&conn->remote, who, sizeof(who))))
		fpd_log("refused %s: %s %s %s %s, federation '%s'%s%s%s: %s. %s",
			info->name, conn->dialled ? "dialling" : "connection from",
			fpd_addr_text(&conn->remote, remote_text, sizeof(remote_text)),
			conn->dialled ? "from" : "to",
			fpd_addr_text(local, local_text, sizeof(local_text)),
			conn->federation, conn->peer[0] ? ", peer '" : "", conn->peer,
			conn->peer[0] ? "'" : "", conn->text, info->text);
	send_report(conn->d, conn->reason, conn->federation, conn->peer, conn->zone,
		    conn->text, &conn->remote, local);
}

/* Nobody was refused. */
static bool is_warning(enum fp_reason reason)
{
	return reason == FP_R_REVOCATION_SOFT || reason == FP_R_SERVER_DOWN ||
		reason == FP_R_SERVER_UP;
}

/**
 * fpd_report_text() - log and count a refusal that has no connection
 * @d: the daemon
 * @reason: the reason
 * @federation: name, may be NULL
 * @peer: peer, node or domain, may be NULL
 * @text: more about it
 *
 * Context: main thread.
 */
void fpd_report_text(struct fpd *d, enum fp_reason reason, const char *federation,
		     const char *peer, const char *text)
{
	const struct fp_reason_info *info = fp_reason_info(reason);
	const char *verb = is_warning(reason) ? "warning" : "refused";

	if (may_tell(verb, info->name, peer ? peer : ""))
		fpd_log("%s %s: federation '%s', target '%s': %s. %s", verb, info->name,
			federation ? federation : "", peer ? peer : "", text, info->text);
	send_report(d, reason, federation, peer, NULL, text, NULL, NULL);
}

/**
 * fpd_report_notice() - log what the kernel refused
 * @n: its event
 *
 * Its text is that of the reason. Reports of ours come back as events with a text
 * of their own: those are in the log already.
 *
 * Context: main thread.
 */
void fpd_report_notice(const struct fp_obj_notice *n)
{
	const char *words = fp_txt_reason(n->reason);
	char remote[FP_TXT_ENDPOINT], local[FP_TXT_ENDPOINT], who[FPD_ADDR_TEXT];

	if (!n->text || !words || strcmp(n->text, words) ||
	    !may_tell("refused", n->reason, n->peer && *n->peer ? n->peer :
		      source(&n->remote, who)))
		return;
	fpd_log("refused %s: %s from %s to %s, federation '%s', peer '%s', %u times: %s",
		n->reason, n->leg ? "message" : "packet", fp_endpoint_str(&n->remote, remote),
		fp_endpoint_str(&n->local, local), n->federation ? n->federation : "",
		n->peer ? n->peer : "", n->count > 1 ? n->count : 1, words);
}
