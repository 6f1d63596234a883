// SPDX-License-Identifier: GPL-2.0
/*
 * Sofia-SIP: parses into structures of its own and builds the message anew. What
 * has not been changed since is copied, as it is on its way through a proxy.
 */
#include <string.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include "sipcore.h"

static const msg_mclass_t *mclass;

static void sofia_init(void)
{
	mclass = sip_default_mclass();
}

static msg_t *read_msg(const struct bench_msg *m)
{
	msg_t *msg = msg_make(mclass, 0, m->text, m->len);
	sip_t *sip = msg ? sip_object(msg) : NULL;

	if (sip && sip->sip_via && sip->sip_from && sip->sip_to && sip->sip_cseq &&
	    !sip->sip_error)
		return msg;
	msg_destroy(msg);
	return NULL;
}

static bool sofia_parse(const struct bench_msg *m)
{
	msg_t *msg = read_msg(m);

	msg_destroy(msg);
	return msg;
}

static bool session(msg_t *msg)
{
	const sip_payload_t *body = sip_object(msg)->sip_payload;
	char text[4096];
	sdp_parser_t *parser;
	bool ok = false;

	if (!body)
		return false;
	parser = sdp_parse(NULL, body->pl_data, body->pl_len, 0);
	if (sdp_session(parser)) {
		sdp_printer_t *printer = sdp_print(NULL, sdp_session(parser), text,
						   sizeof(text), 0);

		ok = sdp_message(printer);
		sdp_printer_free(printer);
	}
	sdp_parser_free(parser);
	return ok;
}

static size_t sofia_pass(const struct bench_msg *m, char *out, size_t size)
{
	msg_t *msg = read_msg(m);
	size_t n = 0;
	char *text;

	if (!msg)
		return 0;
	if (!m->sdp || session(msg)) {
		text = msg_as_string(msg_home(msg), msg, NULL, 0, &n);
		if (text && n <= size)
			memcpy(out, text, n);
		else
			n = 0;
	}
	msg_destroy(msg);
	return n;
}

const struct bench_core bench_sofia = {
	.name = "sofia-sip",
	.init = sofia_init,
	.parse = sofia_parse,
	.pass = sofia_pass,
};
