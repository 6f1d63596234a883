// SPDX-License-Identifier: GPL-2.0
/* What fedctl makes of events: one line each, in words; nothing of it harms a terminal. */
#include <jansson.h>
#include <kselftest.h>
#include <string.h>

#include "../../tools/fedctl/ctl.h"

static struct fp_obj_notice *notice(u32 event)
{
	struct fp_obj *obj = fp_obj_alloc(FP_K_NOTICE, NULL);

	fp_obj_set_num(obj, FEDPAT_A_NOTICE_EVENT, event);
	return (struct fp_obj_notice *)obj;
}

static void endpoint(struct fp_obj_notice *n, u16 id, u8 last, u16 port)
{
	struct fp_endpoint e = { .addr = { .family = 4, .b = { 198, 51, 100, last } },
				 .port = port };

	fp_obj_set_endpoint(&n->o, id, &e);
}

/* Frees the notice. */
static char *printed(struct fp_obj_notice *n, bool json)
{
	struct ctl ctl = { .json = json, .numeric = true };
	char *text = NULL;
	size_t size;

	ctl.out = open_memstream(&text, &size);
	print_notice(&ctl, n);
	fclose(ctl.out);
	fp_obj_free(&n->o);
	return text;
}

static void is(struct fp_obj_notice *n, const char *want)
{
	char *text = printed(n, false);

	if (!ksft_test_result(!strcmp(text, want), "%s", want))
		ksft_print_msg("got: %s", text);
	free(text);
}

int main(void)
{
	struct fp_obj_notice *n;
	json_t *j;
	char *text;
	bool ok;

	ksft_print_header();
	ksft_set_plan(8);

	n = notice(FEDPAT_EVENT_COMMIT);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_GENERATION, 7);
	is(n, "policy generation 7 is in force\n");

	n = notice(FEDPAT_EVENT_LEG_WANTED);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_FEDERATION, "contoso");
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_WANT, FEDPAT_WANT_DOMAIN);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_WANTED, 3);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_DEADLINE, 8000);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_TARGET, "example.net");
	is(n, "contoso: a leg to domain example.net is wanted (3) within 8000 ms\n");

	n = notice(FEDPAT_EVENT_LEG_UP);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_LEG, 4);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_PEER, "edge");
	endpoint(n, FEDPAT_A_NOTICE_REMOTE, 20, 5061);
	is(n, "leg 4 of edge at 198.51.100.20:5061 is up\n");

	n = notice(FEDPAT_EVENT_LEG_DOWN);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_LEG, 4);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_REASON, "idle-timeout");
	is(n, "leg 4 is down: idle-timeout\n");

	n = notice(FEDPAT_EVENT_REFUSED);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_REASON, "not-sip");
	endpoint(n, FEDPAT_A_NOTICE_REMOTE, 66, 1024);
	endpoint(n, FEDPAT_A_NOTICE_LOCAL, 1, 5061);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_COUNT, 9);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_TEXT, "\033[2J");
	is(n, "refused not-sip from 198.51.100.66:1024 to 198.51.100.1:5061, 9 times: \\x1b[2J\n");

	n = notice(FEDPAT_EVENT_ACL_LOG);
	fp_obj_set_str(&n->o, FEDPAT_A_NOTICE_ACL, "in");
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_LINE, 2);
	endpoint(n, FEDPAT_A_NOTICE_REMOTE, 66, 1024);
	is(n, "access list in line 2 was hit by 198.51.100.66:1024\n");

	is(notice(99), "event 99\n");

	n = notice(FEDPAT_EVENT_COMMIT);
	fp_obj_set_num(&n->o, FEDPAT_A_NOTICE_GENERATION, 7);
	text = printed(n, true);
	j = json_loads(text, 0, NULL);
	ok = !strcmp(json_string_value(json_object_get(j, "event")), "commit");
	ok &= strchr(text, '\n') == text + strlen(text) - 1;
	ksft_test_result(ok, "an event in JSON is one line\n");
	json_decref(j);
	free(text);
	ksft_finished();
}
