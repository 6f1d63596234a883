// SPDX-License-Identifier: GPL-2.0
/* Any bytes as the beginning of an XMPP stream: cut anywhere, the events are the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fedpat/xmpp.h>

/* seeds: xmpp-stream xmpp-stanza */

struct result {
	u32 hash;
	u32 used;
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void mix(struct result *r, u32 v)
{
	r->hash = (r->hash ^ v) * 16777619;
}

static void mix_text(struct result *r, struct fp_slice s)
{
	mix(r, s.p ? s.len : ~0u);
	for (u32 i = 0; i < s.len; i++)
		mix(r, s.p[i]);
}

static void inside(struct fp_slice s, const u8 *p, u32 len)
{
	must(!s.p || (s.p >= p && s.p + s.len <= p + len), "slices lie in the buffer");
}

static bool pump(struct fp_xmpp *x, const u8 *p, u32 len, struct result *r)
{
	struct fp_xmpp_out o;

	do {
		fp_xmpp_next(x, p + r->used, len - r->used, &o);
		must(o.len <= len - r->used, "consumes no more than there is");
		must(o.event == FP_XMPP_MORE || o.event == FP_XMPP_FATAL ||
		     o.event == FP_XMPP_END || o.len, "every event goes on");
		inside(o.name, p + r->used, o.len);
		inside(o.from, p + r->used, o.len);
		inside(o.to, p + r->used, o.len);
		must(x->depth <= FP_XMPP_MAX_DEPTH && x->n_ns <= FP_XMPP_MAX_NS, "limits");
		r->used += o.len;
		if (o.event == FP_XMPP_SKIP || o.event == FP_XMPP_MORE)
			continue;
		mix(r, o.event);
		mix(r, o.reason);
		mix(r, o.ns);
		mix(r, o.version);
		mix(r, x->features);
		mix_text(r, o.name);
		mix_text(r, o.from);
		mix_text(r, o.to);
		if (o.event != FP_XMPP_FATAL)
			mix(r, r->used);
	} while (o.event != FP_XMPP_MORE && o.event != FP_XMPP_FATAL);
	return o.event == FP_XMPP_FATAL;
}

/* In pieces of @step octets; each copied to its size, so that no byte behind it is read. */
static u32 run(const u8 *p, u32 len, u32 step)
{
	struct result r = { 0 };
	struct fp_xmpp x;
	bool fatal = false;

	fp_xmpp_init(&x);
	for (u32 n = 0; n < len && !fatal; ) {
		u8 *copy;

		n = len - n > step ? n + step : len;
		copy = malloc(n);
		must(copy, "memory");
		memcpy(copy, p, n);
		fatal = pump(&x, copy, n, &r);
		free(copy);
	}
	return r.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 len = size > 6000 ? 6000 : (u32)size, want = run(data, len, len);

	if (!len)
		return 0;
	must(run(data, len, 1 + len / 2) == want, "cut in the middle");
	must(run(data, len, 7) == want, "pieces of seven");
	if (len < 600)
		must(run(data, len, 1) == want, "octet by octet");
	return 0;
}
