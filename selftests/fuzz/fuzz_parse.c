// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a message of a stream, as a datagram and as a fragment. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/corpus.h"
#include "../unit/sip_check.h"

/* seeds: sip-torture sip-messages sip-microsoft sip-rfc-examples sip-xmpp-interworking */

static struct fp_sip_msg msg;

static void must(const char *bad)
{
	if (!bad)
		return;
	fprintf(stderr, "does not hold: %s\n", bad);
	abort();
}

static void one(const u8 *p, u32 len, unsigned int flags)
{
	enum fp_reason r;

	/* What was there before must not matter. */
	memset(&msg, 0xa5, sizeof(msg));
	r = fp_sip_parse(&msg, p, len, flags);
	must(r == msg.err ? NULL : "result and err are the same");
	must(check_msg(&msg, len, flags));
	if (r || !msg.ctype.type.len)
		return;
	if (fp_ctype_is_multipart(msg.buf, &msg.ctype))
		must(check_multipart(msg.buf, msg.body, &msg.ctype, 1));
	if (fp_ctype_is(msg.buf, &msg.ctype, FP_LIT("application"), FP_LIT("sdp")))
		must(check_sdp(msg.buf, msg.body));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *copy = exact_copy(data, size);

	one(copy, size, 0);
	one(copy, size, FP_PARSE_DATAGRAM);
	one(copy, size, FP_PARSE_FRAG);
	free(copy);
	return 0;
}
