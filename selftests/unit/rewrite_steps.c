// SPDX-License-Identifier: GPL-2.0
/* Steps of the tests of rewriting; see rewrite_steps.h. */
#include <stdlib.h>
#include <string.h>
#include "kselftest.h"
#include "rewrite_steps.h"

struct env *e;

bool clean(const struct env *env)
{
	const char *leak = leak_find(&env_secrets, env->out, env->len);

	if (leak)
		ksft_print_msg("leak %s\n", leak);
	return !leak;
}

bool out(const char *text)
{
	if (!env_pass_str(e, &e->node, &e->partner, text)) {
		ksft_print_msg("refused: %s\n", env_reason(e));
		return false;
	}
	return clean(e);
}

bool in(const char *text)
{
	if (env_pass_str(e, &e->partner, &e->node, text))
		return true;
	ksft_print_msg("refused: %s\n", env_reason(e));
	return false;
}

bool refused(bool passed, const char *reason)
{
	if (!passed && !strcmp(env_reason(e), reason))
		return true;
	ksft_print_msg("%s instead of %s\n", passed ? "passed" : env_reason(e), reason);
	return false;
}

bool has(const char *text)
{
	if (env_has(e, text))
		return true;
	ksft_print_msg("no %s in:\n%s\n", text, e->out);
	return false;
}

bool hasnt(const char *text)
{
	return !env_has(e, text);
}

bool header_is(const char *name, const char *want)
{
	char *value = env_header(e->out, e->len, name, 0);
	bool ok = value ? want && !strcmp(value, want) : !want;

	if (!ok)
		ksft_print_msg("%s is %s, not %s\n", name, value, want);
	free(value);
	return ok;
}

char *header(const char *name)
{
	return env_header(e->out, e->len, name, 0);
}

bool length_right(void)
{
	char *value = header("Content-Length");
	const char *body = strstr((char *)e->out, "\r\n\r\n");
	bool ok = value && body && (size_t)atoi(value) == strlen(body + 4);

	free(value);
	return ok;
}
