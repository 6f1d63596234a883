// SPDX-License-Identifier: GPL-2.0
/* GNU oSIP: parses every header that it knows, and builds the message anew. */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>
#include "sipcore.h"

static void osip_init(void)
{
	parser_init();
}

static bool osip_parse(const struct bench_msg *m)
{
	osip_message_t *msg;
	bool ok;

	if (osip_message_init(&msg))
		return false;
	ok = !osip_message_parse(msg, m->text, m->len);
	osip_message_free(msg);
	return ok;
}

/* Its length, 0 when it is none. */
static size_t session(const osip_message_t *msg)
{
	osip_body_t *body = osip_list_get(&msg->bodies, 0);
	sdp_message_t *sdp;
	char *text = NULL;
	size_t n = 0;

	if (!body || sdp_message_init(&sdp))
		return 0;
	if (!sdp_message_parse(sdp, body->body) && !sdp_message_to_str(sdp, &text))
		n = strlen(text);
	osip_free(text);
	sdp_message_free(sdp);
	return n;
}

static size_t osip_pass(const struct bench_msg *m, char *out, size_t size)
{
	osip_message_t *msg;
	char *text = NULL;
	size_t n = 0;

	if (osip_message_init(&msg))
		return 0;
	if (!osip_message_parse(msg, m->text, m->len) && (!m->sdp || session(msg))) {
		/* Else it gives back the bytes that it was given. */
		osip_message_force_update(msg);
		if (!osip_message_to_str(msg, &text, &n) && n <= size)
			memcpy(out, text, n);
		osip_free(text);
	}
	osip_message_free(msg);
	return n;
}

const struct bench_core bench_osip = {
	.name = "libosip2",
	.init = osip_init,
	.parse = osip_parse,
	.pass = osip_pass,
};
