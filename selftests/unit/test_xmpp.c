// SPDX-License-Identifier: GPL-2.0
/* The clear beginning of XMPP streams: events, refusals, and that no cut changes them. */
#include <stdio.h>
#include <string.h>

#include <fedpat/xmpp.h>

#include "kselftest.h"

#define HEAD	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' " \
		"xmlns:stream='http://etherx.jabber.org/streams' " \
		"xmlns:db='jabber:server:dialback' from='a.example' to='b.example' version='1.0'>"
#define PLAIN	"<stream:stream xmlns='jabber:server' " \
		"xmlns:stream='http://etherx.jabber.org/streams' "
#define TLS_NS	"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define HEADER	"header(a.example>b.example,1) "

struct result {
	char text[2048];
	size_t n;
	u32 used;
};

static void say(struct result *r, const struct fp_xmpp *x, const struct fp_xmpp_out *o)
{
	char *at = r->text + r->n;
	size_t room = sizeof(r->text) - r->n;

	if (o->event == FP_XMPP_HEADER)
		snprintf(at, room, "header(%.*s>%.*s,%u) ", (int)o->from.len, o->from.p,
			 (int)o->to.len, o->to.p, o->version);
	else if (o->event == FP_XMPP_START)
		snprintf(at, room, "start(%u:%.*s) ", o->ns, (int)o->name.len, o->name.p);
	else if (o->event == FP_XMPP_END)
		snprintf(at, room, "end(%u,%x%s%s) ", o->ns, x->features, x->is_error ? "," : "",
			 x->is_error ? x->word : "");
	else if (o->event == FP_XMPP_CLOSE)
		snprintf(at, room, "close ");
	else if (o->event == FP_XMPP_FATAL)
		snprintf(at, room, "fatal(%s) ", fp_reason_info(o->reason)->name);
	r->n += strlen(at);
}

/* All events of @p, of which the parser sees @len; true after a refusal. */
static bool pump(struct fp_xmpp *x, const char *p, u32 len, struct result *r)
{
	struct fp_xmpp_out o;

	do {
		fp_xmpp_next(x, (const u8 *)p + r->used, len - r->used, &o);
		say(r, x, &o);
		r->used += o.len;
	} while (o.event != FP_XMPP_MORE && o.event != FP_XMPP_FATAL);
	return o.event == FP_XMPP_FATAL;
}

/* The stream in two pieces. */
static const char *cut(const char *p, u32 len, u32 at)
{
	static struct result r;
	struct fp_xmpp x;

	memset(&r, 0, sizeof(r));
	fp_xmpp_init(&x);
	if (!pump(&x, p, at, &r))
		pump(&x, p, len, &r);
	return r.text;
}

/* Octet by octet. */
static const char *drip(const char *p, u32 len)
{
	static struct result r;
	struct fp_xmpp x;
	u32 i;

	memset(&r, 0, sizeof(r));
	fp_xmpp_init(&x);
	for (i = 1; i <= len; i++)
		if (pump(&x, p, i, &r))
			break;
	return r.text;
}

static const struct {
	const char *name;
	const char *stream;
	const char *events;
} cases[] = {
	{ "a header", HEAD, HEADER },
	{ "without declaration, with spaces",
	  "\r\n " PLAIN "\n\tfrom = \"a.example\" to='b.example'\n version='1.0' >", HEADER },
	{ "no version, no names", PLAIN ">", "header(>,0) " },
	{ "another prefix",
	  "<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' "
	  "from='a.example' to='b.example' version='1.0'><s:features/></s:stream>",
	  HEADER "start(2:features) end(2,0) close " },
	{ "features and STARTTLS",
	  HEAD "<stream:features><starttls " TLS_NS "><required/></starttls>"
	  "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>"
	  "<starttls " TLS_NS "/>",
	  HEADER "start(2:features) end(2,7) start(6:starttls) end(6,7) " },
	{ "SASL EXTERNAL",
	  HEAD "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
	  "<mechanism>PLAIN</mechanism><mechanism>EXTERNAL</mechanism></mechanisms>"
	  "</stream:features>", HEADER "start(2:features) end(2,8) " },
	{ "a mechanism that only begins like it",
	  HEAD "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
	  "<mechanism>EXTERNAL2</mechanism></mechanisms></stream:features>",
	  HEADER "start(2:features) end(2,0) " },
	{ "starttls of another namespace", HEAD "<stream:features><starttls xmlns='urn:x'/>"
	  "</stream:features>", HEADER "start(2:features) end(2,0) " },
	{ "dialback", HEAD "<db:result from='a.example' to='b.example'>k&amp;y</db:result> ",
	  HEADER "start(5:result) end(5,0) " },
	{ "a stanza", HEAD "<message to='u@b.example'><body>1 &lt; 2 &#x263A;</body></message>",
	  HEADER "start(3:message) end(3,0) " },
	{ "a stream error",
	  HEAD "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
	  "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>no</text></stream:error>"
	  "</stream:stream>", HEADER "start(2:error) end(2,0,host-unknown) close " },
	{ "> in a value", HEAD "<a b='>'/>", HEADER "start(3:a) end(3,0) " },
	{ "proceed", HEAD "<proceed " TLS_NS "/>", HEADER "start(6:proceed) end(6,0) " },

	{ "SIP", "OPTIONS sip:a SIP/2.0\r\n", "fatal(xmpp-not-xml) " },
	{ "TLS", "\x16\x03\x01\x02", "fatal(xmpp-direct-tls) " },
	{ "a NUL", "<stream:str\x01", "fatal(xmpp-not-xml) " },
	{ "HTML", "<html>", "fatal(xmpp-not-a-stream) " },
	{ "an empty stream", "<stream:stream xmlns='jabber:server' "
	  "xmlns:stream='http://etherx.jabber.org/streams'/>", "fatal(xmpp-not-a-stream) " },
	{ "a client", "<stream:stream xmlns='jabber:client' "
	  "xmlns:stream='http://etherx.jabber.org/streams'>", "fatal(xmpp-namespace) " },
	{ "a prefix without namespace", "<stream:stream xmlns='jabber:server'>",
	  "fatal(xmpp-malformed) " },
	{ "DOCTYPE", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "fatal(xmpp-restricted-xml) " },
	{ "DOCTYPE after the declaration", "<?xml version='1.0'?><!DOCTYPE a>",
	  "fatal(xmpp-restricted-xml) " },
	{ "an entity", HEAD "<a>&xxe;</a>", HEADER "start(3:a) fatal(xmpp-restricted-xml) " },
	{ "a comment", HEAD "<!-- -->", HEADER "fatal(xmpp-restricted-xml) " },
	{ "CDATA", HEAD "<a><![CDATA[x]]></a>", HEADER "start(3:a) fatal(xmpp-restricted-xml) " },
	{ "a processing instruction", HEAD "<?php ?>", HEADER "fatal(xmpp-restricted-xml) " },
	{ "another one first", "<?php ?>", "fatal(xmpp-restricted-xml) " },
	{ "UTF-16", "<?xml version='1.0' encoding='UTF-16'?>", "fatal(xmpp-encoding) " },
	{ "text between elements", HEAD "x", HEADER "fatal(xmpp-malformed) " },
	{ "a wrong end", HEAD "<a></b>", HEADER "start(3:a) fatal(xmpp-malformed) " },
	{ "an end before the begin", "</stream:stream>", "fatal(xmpp-malformed) " },
	{ "an attribute twice", PLAIN "to='a' to='b'>", "fatal(xmpp-malformed) " },
	{ "no space between attributes", PLAIN "to='a'from='b'>", "fatal(xmpp-malformed) " },
	{ "no quotes", PLAIN "to=a>", "fatal(xmpp-malformed) " },
	{ "< in a value", PLAIN "to='<'>", "fatal(xmpp-malformed) " },
	{ "behind the end", HEAD "</stream:stream><a/>", HEADER "close fatal(xmpp-malformed) " },
	{ "a second declaration", "<?xml version='1.0'?><?xml version='1.0'?>",
	  "fatal(xmpp-restricted-xml) " },
};

static bool every_cut(const char *stream, const char *want)
{
	u32 len = (u32)strlen(stream), at;

	for (at = 0; at <= len; at++) {
		if (!strcmp(cut(stream, len, at), want))
			continue;
		ksft_print_msg("cut at %u: %s\n", at, cut(stream, len, at));
		return false;
	}
	if (!strcmp(drip(stream, len), want))
		return true;
	ksft_print_msg("octet by octet: %s\n", drip(stream, len));
	return false;
}

static bool long_ones(void)
{
	static char s[40000];
	char *p;
	int i;

	/* a header of 10,000 octets */
	memset(s, 'a', 10000);
	memcpy(s, PLAIN "to='", strlen(PLAIN "to='"));
	s[10000] = 0;
	if (!every_cut(s, "fatal(xmpp-too-long) "))
		return false;
	p = s + sprintf(s, "%s", HEAD);
	for (i = 0; i < 20; i++)
		p += sprintf(p, "<a>");
	if (strcmp(drip(s, (u32)strlen(s)), HEADER "start(3:a) fatal(xmpp-too-long) "))
		return false;
	p = s + sprintf(s, "%s", HEAD);
	memset(p, ' ', 20000);
	p[20000] = 0;
	if (strcmp(drip(s, (u32)strlen(s)), HEADER "fatal(xmpp-too-long) "))
		return false;
	p = s + sprintf(s, "%s", "<a");
	for (i = 0; i < 30; i++)
		p += sprintf(p, " a%d=''", i);
	strcpy(p, ">");
	if (strcmp(drip(s, (u32)strlen(s)), "fatal(xmpp-too-long) "))
		return false;
	p = s + sprintf(s, "%s", HEAD "<a");
	for (i = 0; i < 20; i++)
		p += sprintf(p, " xmlns:a%d='b'", i);
	strcpy(p, ">");
	return !strcmp(drip(s, (u32)strlen(s)), HEADER "fatal(xmpp-too-long) ");
}

static bool domains(void)
{
	static const char * const good[] = { "a", "example.net", "xn--bcher-kva.example",
		"conference-2.cl1.example.com", "_x.example" };
	static const char * const bad[] = { "", ".", "a..b", "user@example.net", "a/b", "a b",
		"b\xc3\xbc" "cher.example", ".a", "[::1]",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		if (!fp_xmpp_is_domain(fp_slice(good[i], strlen(good[i]))))
			return false;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (fp_xmpp_is_domain(fp_slice(bad[i], strlen(bad[i]))))
			return false;
	return true;
}

int main(void)
{
	u32 i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(cases) + 2);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ksft_test_result(every_cut(cases[i].stream, cases[i].events), "%s\n",
				 cases[i].name);
	ksft_test_result(long_ones(), "limits\n");
	ksft_test_result(domains(), "names of domains\n");
	ksft_finished();
}
