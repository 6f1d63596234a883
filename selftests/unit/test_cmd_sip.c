// SPDX-License-Identifier: GPL-2.0
/* fedctl sip as people call it: exit status, and JSON that says what happened. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "kselftest.h"
#include "relay_env.h"
#include "../../tools/fedctl/cmd_sip.h"

#define REALM                                                                                   \
	"--public-fqdn", "imp-public.example.com", "--public", "203.0.113.10", "--row",         \
		"203.0.113.10:5061=192.0.2.11:5062,tls", "--domain", "example.com", "--inside", \
		"192.0.2.0/24"

static const char message[] = "MESSAGE sip:bob@example.net SIP/2.0\r\n"
			      "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bK1\r\n"
			      "From: <sip:alice@example.com>;tag=1\r\n"
			      "To: <sip:bob@example.net>\r\n"
			      "Call-ID: 1@192.0.2.11\r\n"
			      "CSeq: 1 MESSAGE\r\n"
			      "Contact: <sip:alice@192.0.2.11:5062;transport=tls>\r\n"
			      "X-Latin: \xe9\r\n"
			      "Content-Type: text/plain\r\n"
			      "Content-Length: 2\r\n"
			      "\r\n"
			      "hi";

static char file[40];
static int status;

/* Run it with stdout and stderr caught; what stdout got as JSON. */
static json_t *run_args(bool json, va_list args)
{
	int out = dup(1), err = dup(2), argc = 0;
	FILE *got = tmpfile();
	char *argv[40];
	json_t *root;

	do {
		argv[argc] = va_arg(args, char *);
	} while (argv[argc++]);
	fflush(stdout);
	dup2(fileno(got), 1);
	if (!freopen("/dev/null", "w", stderr))
		abort();
	status = fp_cmd_sip(argc - 1, argv, json);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	rewind(got);
	root = json_loadf(got, JSON_ALLOW_NUL, NULL);
	fclose(got);
	return root;
}

static json_t *run(bool json, ...)
{
	json_t *root;
	va_list args;

	va_start(args, json);
	root = run_args(json, args);
	va_end(args);
	return root;
}

/* Exit status alone. */
#define status_of(...) (json_decref(run(false, __VA_ARGS__)), status)

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void write_file(const char *bytes, size_t len)
{
	FILE *f = fopen(file, "w");

	if (!f || fwrite(bytes, 1, len, f) != len)
		abort();
	fclose(f);
}

static void test_parse(void)
{
	json_t *o = run(true, "parse", file, NULL);

	expect(!status);
	expect(!strcmp(text(o, "method"), "MESSAGE"));
	expect(!strcmp(text(o, "call-id"), "1@192.0.2.11"));
	expect(json_array_size(json_object_get(o, "headers")) == 9);
	result("parse\n");
	json_decref(o);
	write_file(message, 60);
	o = run(true, "parse", file, NULL);
	expect(status == 1);
	expect(*text(o, "reason"));
	expect(*text(o, "explanation"));
	result("parse of half a message names the reason and fails\n");
	json_decref(o);
	write_file(message, sizeof(message) - 1);
}

static void test_frame(void)
{
	json_t *o = run(true, "frame", file, NULL);

	expect(!status);
	expect(json_array_size(o) == 1);
	expect(!strcmp(text(json_array_get(o, 0), "event"), "message"));
	result("frame\n");
	json_decref(o);
	write_file("GET / HTTP/1.1\r\n\r\n", 18);
	expect(status_of("frame", file, NULL) == 1);
	result("frame of something else fails\n");
	write_file(message, sizeof(message) - 1);
}

static void test_rewrite(void)
{
	json_t *o = run(true, "rewrite", "--from", "inside", REALM, "--edits", file, NULL);
	const char *sent = text(o, "message");

	expect(!status);
	expect(strstr(sent, "Contact: <sip:alice@imp-public.example.com:5061;transport=tls>\r\n"));
	expect(!leak_find(&env_secrets, sent, strlen(sent)));
	expect(!strcmp(text(json_object_get(o, "route"), "host"), "example.net"));
	expect(json_array_size(json_object_get(o, "edits")) > 3);
	result("rewrite\n");
	json_decref(o);
	o = run(true, "rewrite", "--from", "outside", REALM, file, NULL);
	expect(status == 1);
	expect(!strcmp(text(o, "reason"), "not-our-domain"));
	expect(json_integer_value(json_object_get(o, "status")) == 404);
	result("rewrite of what is refused names the reason and fails\n");
	json_decref(o);
}

static void test_usage(void)
{
	expect(status_of(NULL) == 2);
	expect(status_of("eat", NULL) == 2);
	expect(status_of("rewrite", file, NULL) == 2);
	expect(status_of("rewrite", "--from", "inside", "--sauce", file, NULL) == 2);
	expect(status_of("rewrite", "--from", "inside", REALM, "--row", "1=2", file, NULL) == 2);
	expect(status_of("rewrite", "--from", "inside", REALM, "--key", "12", file, NULL) == 2);
	result("wrong usage is 2\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(7);
	strcpy(file, "/tmp/test_cmd_sip.XXXXXX");
	if (mkstemp(file) < 0)
		ksft_exit_skip_all("no temporary file");
	write_file(message, sizeof(message) - 1);
	test_parse();
	test_frame();
	test_rewrite();
	test_usage();
	unlink(file);
	ksft_finished();
}
