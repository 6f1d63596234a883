// SPDX-License-Identifier: GPL-2.0
/*
 * C9: SIP over the connection that C5 made, read with the parser of the relay,
 * so that an answer that the gateway would refuse is refused here, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "check_sip.h"
#include "text.h"

static void random_word(char *out, size_t digits)
{
	unsigned char raw[16];

	RAND_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < digits && i / 2 < sizeof(raw); i++)
		sprintf(out + i, "%x", raw[i / 2] >> (i & 1 ? 4 : 0) & 15);
}

/**
 * fp_ua_fresh() - begin a new dialog
 * @ua: the user agent
 */
void fp_ua_fresh(struct fp_ua *ua)
{
	random_word(ua->call, 24);
	random_word(ua->tag, 10);
	ua->to_tag[0] = 0;
	ua->cseq = 0;
}

/* The name that the certificate proves outside, the address inside. */
static void set_via(struct fp_ua *ua)
{
	const struct fp_probe *p = ua->p;
	char buf[FP_TXT_ADDR] = "preflight.invalid";
	u16 port = p->transport == FEDPAT_TRANSPORT_TLS ? 5061 : 5060;
	const char *fqdn = p->fed->public_fqdn;

	if (p->source.family)
		fp_addr_str(&p->source, buf);
	if (p->role == FEDPAT_ROLE_OUTSIDE && p->transport == FEDPAT_TRANSPORT_TLS && fqdn && *fqdn)
		snprintf(ua->via, sizeof(ua->via), "%s:%u", fqdn, port);
	else
		snprintf(ua->via, sizeof(ua->via), p->source.family == 6 ? "[%s]:%u" : "%s:%u", buf,
			 port);
	ua->proto = p->transport == FEDPAT_TRANSPORT_TLS ? "TLS" :
		p->transport == FEDPAT_TRANSPORT_TCP ? "TCP" : "UDP";
}

static int udp_socket(const struct fp_probe *p)
{
	struct sockaddr_storage to = { 0 }, from = { 0 };
	bool v4 = p->up_addr.family == 4;
	socklen_t len = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	to.ss_family = v4 ? AF_INET : AF_INET6;
	from.ss_family = to.ss_family;
	((struct sockaddr_in *)&to)->sin_port = htons(p->port);
	memcpy(v4 ? (void *)&((struct sockaddr_in *)&to)->sin_addr :
	       (void *)&((struct sockaddr_in6 *)&to)->sin6_addr, p->up_addr.b, v4 ? 4 : 16);
	memcpy(v4 ? (void *)&((struct sockaddr_in *)&from)->sin_addr :
	       (void *)&((struct sockaddr_in6 *)&from)->sin6_addr, p->source.b, v4 ? 4 : 16);
	if ((p->source.family == p->up_addr.family && bind(fd, (struct sockaddr *)&from, len)) ||
	    connect(fd, (struct sockaddr *)&to, len)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int make_connection(struct fp_probe *p)
{
	if (p->fd >= 0)
		return 0;
	if (p->transport == FEDPAT_TRANSPORT_UDP)
		p->fd = udp_socket(p);
	else
		p->fd = fp_dial(&p->source, &p->up_addr, p->port, fp_now_ms() + p->opts->timeout);
	return p->fd < 0 ? p->fd : 0;
}

/**
 * fp_ua_open() - a user agent on the probe's connection
 * @p: the probe
 * @r: is told what is wrong
 *
 * Return: the user agent, or NULL
 */
struct fp_ua *fp_ua_open(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_ua *ua;
	int err;

	if (p->transport == FEDPAT_TRANSPORT_TLS && !p->ssl) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no TLS connection stands");
		return NULL;
	}
	err = make_connection(p);
	if (err) {
		p->fd = -1;
		fp_found(r, FP_CHECK_FAIL, NULL, "a connection fails: %s", strerror(-err));
		return NULL;
	}
	ua = calloc(1, sizeof(*ua));
	if (!ua)
		return NULL;
	ua->p = p;
	ua->deadline = fp_now_ms() + p->opts->timeout;
	fp_framer_init(&ua->framer, FP_UA_BUF - 1024, 0, 0);
	set_via(ua);
	fp_ua_fresh(ua);
	return ua;
}

/**
 * fp_ua_free() - free a user agent; the connection stays the probe's
 * @ua: the user agent, or NULL
 */
void fp_ua_free(struct fp_ua *ua)
{
	free(ua);
}

/**
 * fp_ua_send() - send a request
 * @ua: the user agent
 * @req: the request
 *
 * Return: 0, negative errno
 */
int fp_ua_send(struct fp_ua *ua, const struct fp_ua_req *req)
{
	char branch[FP_UA_WORD], *text;
	int len, err;

	if (!req->ack)
		ua->cseq++;
	random_word(branch, 16);
	len = asprintf(&text,
		       "%s %s SIP/2.0\r\n"
		       "Via: SIP/2.0/%s %s;branch=z9hG4bK%s\r\n"
		       "Max-Forwards: 70\r\n"
		       "From: <%s>;tag=%s\r\nTo: <%s>%s%s\r\n"
		       "Call-ID: %s@%s\r\nCSeq: %u %s\r\n"
		       "Contact: <sip:%s;transport=%s>\r\n"
		       "%sContent-Length: %zu\r\n\r\n%s",
		       req->method, req->uri, ua->proto, ua->via, branch, req->from, ua->tag,
		       req->uri, ua->to_tag[0] ? ";tag=" : "", ua->to_tag, ua->call,
		       "preflight.invalid", ua->cseq,
		       req->method, ua->via, ua->proto, req->extra, strlen(req->body), req->body);
	if (len < 0)
		return -ENOMEM;
	err = fp_send_all(ua->p->fd, ua->p->ssl, text, (size_t)len, ua->deadline);
	free(text);
	return err;
}

static bool receive(struct fp_ua *ua)
{
	int n;

	if (ua->len == FP_UA_BUF) {
		ua->err = -EMSGSIZE;
		return false;
	}
	n = fp_recv_some(ua->p->fd, ua->p->ssl, ua->buf + ua->len, FP_UA_BUF - ua->len,
			 ua->deadline);
	if (n <= 0) {
		ua->err = n;
		return false;
	}
	ua->len += (u32)n;
	return true;
}

static void consume(struct fp_ua *ua, u32 n)
{
	memmove(ua->buf, ua->buf + n, ua->len - n);
	ua->len -= n;
}

/**
 * fp_ua_next() - the next message
 * @ua: the user agent
 *
 * Return: the message, valid until the next call; NULL: none came, or what came
 * is not SIP (@ua->err is -EPROTO)
 */
const struct fp_sip_msg *fp_ua_next(struct fp_ua *ua)
{
	struct fp_frame f;

	consume(ua, ua->used);
	ua->used = 0;
	for (;;) {
		fp_framer_next(&ua->framer, ua->buf, ua->len, &f);
		switch (f.event) {
		case FP_FRAME_MSG:
			ua->used = f.len;
			ua->err = fp_sip_parse(&ua->msg, ua->buf, f.len, 0) ? -EPROTO : 0;
			return ua->err ? NULL : &ua->msg;
		case FP_FRAME_MORE:
			if (!receive(ua))
				return NULL;
			break;
		case FP_FRAME_OVERSIZE:
		case FP_FRAME_FATAL:
			ua->msg.err = f.reason;
			ua->err = -EPROTO;
			return NULL;
		default:
			consume(ua, f.len);
		}
	}
}

static void copy_row(const struct fp_sip_msg *m, enum fp_hdr_id id, FILE *out)
{
	const struct fp_hdr_row *row;

	fp_for_each_row(m, row, id)
		fwrite(m->buf + row->off, 1, row->len, out);
}

/* 200 to a request of the peer's, so that it does not repeat it. */
static void answer(struct fp_ua *ua, const struct fp_sip_msg *m)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (m->method == FP_M_ACK || m->method == FP_M_BENOTIFY)
		return;
	out = open_memstream(&text, &len);
	if (!out)
		return;
	fputs("SIP/2.0 200 OK\r\n", out);
	copy_row(m, FP_H_VIA, out);
	copy_row(m, FP_H_RECORD_ROUTE, out);
	copy_row(m, FP_H_FROM, out);
	copy_row(m, FP_H_TO, out);
	copy_row(m, FP_H_CALL_ID, out);
	copy_row(m, FP_H_CSEQ, out);
	fprintf(out, "Contact: <sip:%s;transport=%s>\r\nContent-Length: 0\r\n\r\n", ua->via,
		ua->proto);
	if (!fclose(out))
		fp_send_all(ua->p->fd, ua->p->ssl, text, len, ua->deadline);
	free(text);
}

static void keep_tag(struct fp_ua *ua, const struct fp_sip_msg *m)
{
	struct fp_slice tag = fp_msg_at(m, m->to_tag);

	if (tag.len && tag.len < sizeof(ua->to_tag) && m->status > 100) {
		memcpy(ua->to_tag, tag.p, tag.len);
		ua->to_tag[tag.len] = 0;
	}
}

static bool is_ours(const struct fp_ua *ua, const struct fp_sip_msg *m)
{
	struct fp_slice id = fp_msg_at(m, m->call_id);

	return m->cseq == ua->cseq &&
	       fp_slice_starts(id, fp_slice(ua->call, (u32)strlen(ua->call)));
}

/**
 * fp_ua_final() - the final response to our last request
 * @ua: the user agent
 * @fn: is shown requests of the peer that come meanwhile, or NULL
 * @arg: its argument
 *
 * Return: the response, or NULL
 */
const struct fp_sip_msg *fp_ua_final(struct fp_ua *ua, fp_ua_fn fn, void *arg)
{
	const struct fp_sip_msg *m;

	while ((m = fp_ua_next(ua))) {
		if (m->is_request) {
			if (fn)
				fn(m, arg);
			answer(ua, m);
			ua->strays++;
		} else if (m->status >= 200 && is_ours(ua, m)) {
			keep_tag(ua, m);
			return m;
		}
	}
	return NULL;
}

/**
 * fp_ua_silence() - why no answer came, as a finding
 * @ua: the user agent
 * @method: what was asked
 * @r: gets it
 */
void fp_ua_silence(struct fp_ua *ua, const char *method, struct fp_check_result *r)
{
	const struct fp_shake *s = &ua->p->shake;

	if (s->sent_alert)
		fp_found(r, FP_CHECK_FAIL, fp_alert_words(s->sent_alert),
			 "refused with TLS alert \"%s\" after the handshake",
			 fp_alert_name(s->sent_alert));
	else if (ua->err == -ETIMEDOUT)
		fp_found(r, FP_CHECK_FAIL, ua->len ? "it is too slow, or not SIP that it sends" :
			 "the connection stands and nobody speaks SIP on it: is it the SIP port, does its proxy run?",
			 "no answer to %s within %u ms%s", method, ua->p->opts->timeout,
			 ua->len ? ", only a part of one" : "");
	else if (ua->err == -EPROTO)
		fp_found(r, FP_CHECK_FAIL, "another service listens there, or it is broken",
			 "what it answers to %s is not valid SIP (%s)", method,
			 fp_reason_info(ua->msg.err)->name);
	else if (ua->err == -ECONNREFUSED)
		fp_found(r, FP_CHECK_FAIL, NULL, "nothing listens on UDP port %u", ua->p->port);
	else
		fp_found(r, FP_CHECK_FAIL, "look into its log: it may not trust us",
			 "it closes the connection instead of answering %s", method);
}

static const struct fp_hdr_row *diagnostics(const struct fp_sip_msg *m)
{
	static const char *const names[] = { "ms-diagnostics", "ms-diagnostics-public" };

	for (u32 i = 0; i < m->n_rows; i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			if (fp_slice_ieq(fp_msg_at(m, fp_row_name(&m->rows[i])),
					 fp_slice(names[j], (u32)strlen(names[j]))))
				return &m->rows[i];
	return NULL;
}

static void keep_server(struct fp_ua *ua)
{
	struct fp_slice s = fp_msg_at(&ua->msg, fp_hdr_value(&ua->msg, FP_H_SERVER));
	size_t n = 0;

	for (u32 i = 0; i < s.len && n + 1 < sizeof(ua->p->server); i++)
		ua->p->server[n++] = s.p[i] >= 32 && s.p[i] < 127 ? (char)s.p[i] : '?';
	ua->p->server[n] = 0;
}

/**
 * fp_ua_judge() - what the response means, as a finding
 * @ua: the user agent; its message is the response
 * @method: what was asked
 * @r: gets it
 */
void fp_ua_judge(struct fp_ua *ua, const char *method, struct fp_check_result *r)
{
	const struct fp_sip_msg *m = &ua->msg;
	const struct fp_hdr_row *row = diagnostics(m);
	struct fp_sip_verdict v;
	char reason[160] = "";
	u32 code = 0;

	if (row)
		code = fp_ms_diagnostics(m->buf + row->value.off, row->value.len, reason,
					 sizeof(reason));
	keep_server(ua);
	v = fp_sip_judge(m->status, code);
	if (code)
		fp_found(r, v.state, v.mend, "%s is answered %u, ms-diagnostics %u%s%s%s: %s",
			 method, m->status, code, reason[0] ? " \"" : "", reason,
			 reason[0] ? "\"" : "", v.words);
	else
		fp_found(r, v.state, v.mend, "%s is answered %u: %s%s%s%s", method, m->status,
			 v.words, ua->p->server[0] ? " (" : "", ua->p->server,
			 ua->p->server[0] ? ")" : "");
}

static void ask_options(struct fp_ua *ua, struct fp_check_result *r)
{
	const char *local = ua->p->fed->local_domain.n ? ua->p->fed->local_domain.v[0] :
		"preflight.invalid";
	char uri[FEDPAT_FQDN_MAX + 8], from[FEDPAT_FQDN_MAX + 8];
	const struct fp_ua_req req = {
		"OPTIONS", uri, from, "Accept: application/sdp\r\n", "", false };

	snprintf(uri, sizeof(uri), "sip:%s", ua->p->domain[0] ? ua->p->domain : ua->p->host);
	/* A node knows requests of partners, a partner those of ours. */
	snprintf(from, sizeof(from), "sip:%s", local);
	if (fp_ua_send(ua, &req) || !fp_ua_final(ua, NULL, NULL))
		fp_ua_silence(ua, "OPTIONS", r);
	else
		fp_ua_judge(ua, "OPTIONS", r);
}

/* C9: any final response proves that SIP is spoken; its status says the rest. */
void fp_check_c9(struct fp_probe *p, struct fp_check_result *r)
{
	struct fp_ua *ua;

	if (!p->up_addr.family) {
		fp_found(r, FP_CHECK_SKIP, NULL, "no address is known");
		return;
	}
	ua = fp_ua_open(p, r);
	if (!ua)
		return;
	ask_options(ua, r);
	fp_ua_free(ua);
	if (r->state == FP_CHECK_FAIL)
		fp_drop_connection(p);
}
