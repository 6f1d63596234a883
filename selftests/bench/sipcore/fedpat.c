// SPDX-License-Identifier: GPL-2.0
/*
 * fedpat's own core, with all that the relay has it do: frame, parse, inspect,
 * route, rewrite with sealed tokens, and the result put together. The federation is
 * that of the unit tests.
 */
#include <stdlib.h>
#include <string.h>
#include <fedpat/frame.h>
#include "../../unit/relay_env.h"
#include "sipcore.h"

static struct env *env;

static void ours_init(void)
{
	const struct env_opts opts = { .flags = FP_REALM_ALLOW_MEDIA };

	bench_crypto_check();
	if (!env)
		env = env_new(&opts);
}

/**
 * bench_answer() - what a partner answers to a request that we sent it
 * @m: the request as it came from the node
 *
 * Return: the response.
 */
char *bench_answer(const struct bench_msg *m)
{
	ours_init();
	if (!env_pass(env, &env->node, &env->partner, m->text, m->len))
		abort();
	return env_response(env, 200, "Contact: <sip:edge.example.net:5061;transport=tls>\r\n",
			    "");
}

static bool ours_parse(const struct bench_msg *m)
{
	struct fp_framer framer;
	struct fp_frame frame;

	fp_framer_init(&framer, 0, 0, 0);
	fp_framer_next(&framer, (const u8 *)m->text, m->len, &frame);
	return frame.event == FP_FRAME_MSG &&
	       !fp_sip_parse(env->msg, (const u8 *)m->text, frame.len, 0);
}

static size_t put_out(char *out, size_t size)
{
	struct fp_slice whole = fp_slice(env->msg->buf, env->msg->len);
	s64 n = fp_edits_apply(&env->w->edits, whole, (u8 *)out, size);

	return n < 0 ? 0 : n;
}

static size_t ours_pass(const struct bench_msg *m, char *out, size_t size)
{
	const struct fp_leg_view *in = m->inwards ? &env->partner : &env->node;
	const struct fp_leg_view *to = m->inwards ? &env->node : &env->partner;
	struct fp_route route;

	if (!ours_parse(m) || fp_sip_inspect(env->realm, in, env->msg, env->w) ||
	    fp_sip_route(env->realm, in, env->msg, env->w, &route) ||
	    fp_sip_rewrite(env->realm, in, to, env->msg, &route, env->w))
		return 0;
	return put_out(out, size);
}

const struct bench_core bench_fedpat = {
	.name = "fedpat",
	.init = ours_init,
	.parse = ours_parse,
	.pass = ours_pass,
};
