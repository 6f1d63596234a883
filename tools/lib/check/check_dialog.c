// SPDX-License-Identifier: GPL-2.0
/*
 * C16: what two people would do by hand: see each other, write, hang up. The
 * gateway speaks for a test user of ours with a test user of the partner.
 */
#include <string.h>

#include "check_sip.h"

struct talk {
	struct fp_ua *ua;
	struct fp_check_result *r;
	char uri[FEDPAT_FQDN_MAX + 72];
	char from[FEDPAT_FQDN_MAX + 72];
	bool notified;
};

static void see_notify(const struct fp_sip_msg *m, void *arg)
{
	struct talk *t = arg;

	t->notified |= m->method == FP_M_NOTIFY || m->method == FP_M_BENOTIFY;
}

/* A request and its final response; false: told. */
static bool step(struct talk *t, const char *method, const char *extra, const char *body)
{
	struct fp_ua_req req = { method, t->uri, t->from, extra, body, false };

	t->ua->deadline = fp_now_ms() + t->ua->p->opts->timeout;
	if (fp_ua_send(t->ua, &req) || !fp_ua_final(t->ua, see_notify, t)) {
		fp_ua_silence(t->ua, method, t->r);
		return false;
	}
	if (t->ua->msg.status < 300)
		return true;
	fp_ua_judge(t->ua, method, t->r);
	/* what is fine for OPTIONS is not for a user that exists */
	if (t->r->state == FP_CHECK_OK)
		fp_found(t->r, FP_CHECK_FAIL, "does the test user exist and accept ours?",
			 "%s is answered %u", method, t->ua->msg.status);
	return false;
}

/* The NOTIFY may come on a connection of its own, which the daemon takes, not we. */
static void await_notify(struct talk *t)
{
	const struct fp_sip_msg *m;

	t->ua->deadline = fp_now_ms() + 1000;
	while (!t->notified && (m = fp_ua_next(t->ua)))
		if (m->is_request)
			see_notify(m, t);
}

static void presence(struct talk *t)
{
	fp_ua_fresh(t->ua);
	if (!step(t, "SUBSCRIBE", "Event: presence\r\nExpires: 0\r\n"
		  "Accept: application/pidf+xml\r\n", ""))
		return;
	if (!t->notified)
		await_notify(t);
	if (t->notified)
		fp_found(t->r, FP_CHECK_OK, NULL, "presence: SUBSCRIBE %u and NOTIFY",
			 t->ua->msg.status);
	else
		fp_found(t->r, FP_CHECK_OK, NULL,
			 "presence: SUBSCRIBE accepted; NOTIFY did not come on this connection");
}

static void session(struct talk *t)
{
	struct fp_ua_req ack = { "ACK", t->uri, t->from, "", "", true };
	static const char sdp[] =
		"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=session\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
		"m=message 5060 sip null\r\na=accept-types:text/plain\r\n";

	fp_ua_fresh(t->ua);
	if (!step(t, "INVITE", "Content-Type: application/sdp\r\n", sdp))
		return;
	fp_ua_send(t->ua, &ack);
	if (step(t, "MESSAGE", "Content-Type: text/plain\r\n", "fedpat preflight") &&
	    step(t, "BYE", "", ""))
		fp_found(t->r, FP_CHECK_OK, NULL, "session: INVITE, MESSAGE and BYE accepted");
}

static void user_uri(char *out, size_t size, const char *user)
{
	snprintf(out, size, "%s%s", strncmp(user, "sip:", 4) ? "sip:" : "", user);
}

/* C16: presence and a session with a test user. */
void fp_check_c16(struct fp_probe *p, struct fp_check_result *r)
{
	struct talk t = { .r = r };

	if (!p->opts->from || !p->opts->to) {
		fp_found(r, FP_CHECK_SKIP,
			 "fedctl preflight ... check C16 from USER@OURS to USER@THEIRS",
			 "no test users are given");
		return;
	}
	t.ua = fp_ua_open(p, r);
	if (!t.ua)
		return;
	user_uri(t.uri, sizeof(t.uri), p->opts->to);
	user_uri(t.from, sizeof(t.from), p->opts->from);
	presence(&t);
	if (r->state != FP_CHECK_FAIL || t.ua->err >= 0)
		session(&t);
	fp_ua_free(t.ua);
}
