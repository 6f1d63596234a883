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
#include "text.h"

#define LOG_LINES	100	/* lines of one kind that are logged ... */
#define LOG_SECONDS	10	/* ... in this time */

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

/**
 * fpd_log_rate() - may one more line of its kind be logged?
 * @r: what was logged of that kind, zeroes at first
 * @what: the kind, for the line that tells how many were left out
 *
 * A flood is counted whole and logged in part: a line costs more than the
 * refusal that it tells of.
 *
 * Context: main thread.
 * Return: true for the first hundred in ten seconds.
 */
bool fpd_log_rate(struct fpd_log_rate *r, const char *what)
{
	time_t now = time(NULL);

	if (now >= r->begun + LOG_SECONDS || now < r->begun) {
		if (r->kept)
			fpd_log("%s: %u more were not logged", what, r->kept);
		r->begun = now;
		r->lines = 0;
		r->kept = 0;
	}
	if (r->lines++ < LOG_LINES)
		return true;
	r->kept++;
	return false;
}

static bool may_log(const struct fp_reason_info *info, enum fp_reason reason)
{
	static struct fpd_log_rate of[__FP_R_COUNT];
	char what[80];

	snprintf(what, sizeof(what), "refused %s", info->name);
	return fpd_log_rate(&of[reason], what);
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
	char remote_text[FPD_ADDR_TEXT], local_text[FPD_ADDR_TEXT];

	if (may_log(info, conn->reason))
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

	fpd_log("%s %s: federation '%s', target '%s': %s. %s",
		is_warning(reason) ? "warning" : "refused", info->name,
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
	char remote[FP_TXT_ENDPOINT], local[FP_TXT_ENDPOINT];

	if (!n->text || !words || strcmp(n->text, words))
		return;
	fpd_log("refused %s: %s from %s to %s, federation '%s', peer '%s', %u times: %s",
		n->reason, n->leg ? "message" : "packet", fp_endpoint_str(&n->remote, remote),
		fp_endpoint_str(&n->local, local), n->federation ? n->federation : "",
		n->peer ? n->peer : "", n->count > 1 ? n->count : 1, words);
}
