// SPDX-License-Identifier: GPL-2.0
/* SDP: every address and port is found, and what is refused where. */
#include <stdlib.h>

#include <fedpat/sdp.h>

#include "corpus.h"
#include "kselftest.h"
#include "sip_check.h"

#define HEAD	"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

struct sdp_case {
	const char *what;
	const char *text;
	/* kind:media[addr port]... of each line with an address or a port; NULL: refused */
	const char *refs;
	enum fp_reason reason;
	u32 err_off;
};

#define OK(what, text, refs)		{ what, text, refs, FP_R_NONE, 0 }
#define BAD(what, text, reason, off)	{ what, text, NULL, FP_R_##reason, off }

static const struct sdp_case sdp_cases[] = {
	OK("the smallest", "v=0\r\n", ""),
	OK("LF and no end", "v=0\no=- 1 1 IN IP4 192.0.2.1", "o-1[192.0.2.1 ]\n"),
	OK("empty lines at the end", HEAD "\r\n\r\n", "o-1[192.0.2.1 ]\n"),
	OK("addresses at both levels", HEAD
	   "c=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170/2 RTP/AVP 0\r\n"
	   "c=IN IP6 2001:db8::1\r\nm=video 0 RTP/AVP 31\r\n",
	   "o-1[192.0.2.1 ]\nc-1[192.0.2.2 ]\nm0(audio,49170/2,RTP/AVP,0)\nc0[2001:db8::1 ]\n"
	   "m1(video,0/1,RTP/AVP,31)\n"),
	OK("multicast", HEAD "c=IN IP4 233.252.0.1/127/3\r\n",
	   "o-1[192.0.2.1 ]\nc-1[233.252.0.1 ]\n"),
	OK("host names",
	   "v=0\r\no=bob 1 1 IN IP4 host.example.com\r\nc=IN IP6 host.example.com\r\n",
	   "o-1[host.example.com ]\nc-1[host.example.com ]\n"),
	OK("other networks", "v=0\r\no=- 1 1 ATM NSAP x\r\nc=TN RFC2543 +1-201-406-4090\r\n",
	   "o-1\nc-1\n"),
	OK("unknown lines and attributes", HEAD "z=0 1\r\nX=?\r\na=x-y\r\na=x-z:10.0.0.1\r\n",
	   "o-1[192.0.2.1 ]\n"),
	OK("IM of Communicator", HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 5060 sip null\r\n"
	   "a=accept-types:text/plain\r\n",
	   "o-1[192.0.2.1 ]\nc-1[192.0.2.1 ]\nm0(message,5060/1,sip,null)\n"),
	OK("IM of RTC 1.2", HEAD "m=x-ms-message 5060 sip sip:peer@example.com\r\n",
	   "o-1[192.0.2.1 ]\nm0(message,5060/1,sip,sip:peer@example.com)\n"),
	OK("MSRP", HEAD "m=message 7394 TCP/MSRP *\r\na=accept-wrapped-types:text/plain\r\n"
	   "a=path:msrp://relay.example:2855/a;tcp msrps://[2001:db8::1]:9/b msrp://10.0.0.1/c\r\n",
	   "o-1[192.0.2.1 ]\nm0(message,7394/1,TCP/MSRP,*)\n"
	   "p0[relay.example 2855][[2001:db8::1] 9][10.0.0.1 ]\n"),
	OK("RTCP", HEAD
	   "m=audio 1 RTP/AVP 0\r\na=rtcp:53020\r\na=rtcp:53021 IN IP6 2001:db8::2\r\n",
	   "o-1[192.0.2.1 ]\nm0(audio,1/1,RTP/AVP,0)\nr0[ 53020]\nr0[2001:db8::2 53021]\n"),
	OK("ICE", HEAD "a=ice-ufrag:x\r\nm=audio 9 RTP/AVP 0\r\n"
	   "a=candidate:1 1 UDP 2130706431 10.0.0.1 8998 typ host\r\n"
	   "a=candidate:2 1 UDP 16 192.0.2.3 45664 typ srflx raddr 10.0.0.1 rport 8998 x y\r\n"
	   "a=candidate:3 1 TCP 16 2001:db8::9 9 typ host tcptype active generation 0\r\n"
	   "a=candidate:4 1 udp 16 4f5c.local 5 typ host\r\n"
	   "a=remote-candidates:1 192.0.2.3 45664 2 192.0.2.4 45665\r\n",
	   "o-1[192.0.2.1 ]\nm0(audio,9/1,RTP/AVP,0)\na0[10.0.0.1 8998]\n"
	   "a0[192.0.2.3 45664][10.0.0.1 8998]\na0[2001:db8::9 9]\na0[4f5c.local 5]\n"
	   "R0[192.0.2.3 45664][192.0.2.4 45665]\n"),
	OK("ICE of Communicator", HEAD "m=audio 9 RTP/AVP 0\r\n"
	   "a=candidate:aBcD 1 pAsS UDP 0.830 10.0.0.1 5000\r\n"
	   "a=candidate:aBcD 2 pAsS TCP-PASS 0.830 192.0.2.9 5001\r\n"
	   "a=x-candidate-ipv6:1 1 UDP 2 2001:db8::5 6 typ host\r\n",
	   "o-1[192.0.2.1 ]\nm0(audio,9/1,RTP/AVP,0)\na0[10.0.0.1 5000]\na0[192.0.2.9 5001]\n"
	   "a0[2001:db8::5 6]\n"),
	OK("source filter", HEAD "a=source-filter: incl IN IP4 233.252.0.2 192.0.2.7 192.0.2.8\r\n"
	   "a=source-filter:excl IN * * 192.0.2.9\r\n",
	   "o-1[192.0.2.1 ]\nf-1[233.252.0.2 ][192.0.2.7 ][192.0.2.8 ]\nf-1[192.0.2.9 ]\n"),
	OK("generous spaces", "v=0 \r\no=-  1 1 IN IP4  192.0.2.1 \r\nm=audio 1  RTP/AVP 0 8 \r\n",
	   "o-1[192.0.2.1 ]\nm0(audio,1/1,RTP/AVP,0 8)\n"),
	OK("crypto", HEAD "m=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
	   "o-1[192.0.2.1 ]\nm0(audio,1/1,RTP/SAVP,0)\n"),

	BAD("nothing", "", SDP_ORDER, 0),
	BAD("only empty lines", "\r\n\r\n", SDP_ORDER, 0),
	BAD("no version", "o=- 1 1 IN IP4 192.0.2.1\r\n", SDP_ORDER, 0),
	BAD("version 1", "v=1\r\n", SDP_ORDER, 0),
	BAD("two versions", "v=0\r\nv=0\r\n", SDP_ORDER, 5),
	BAD("no equals sign", "v=0\r\nfoo\r\n", SDP_LINE, 5),
	BAD("one letter", "v=0\r\na\r\n", SDP_LINE, 5),
	BAD("no letter", "v=0\r\n1=x\r\n", SDP_LINE, 5),
	BAD("an empty line", "v=0\r\n\r\ns=-\r\n", SDP_LINE, 5),
	BAD("a control character", "v=0\r\ns=\001\r\n", SDP_LINE, 7),
	BAD("bare CR", "v=0\r\ns=a\rc=IN IP4 10.0.0.1\r\n", SDP_LINE, 8),
	BAD("o= with five fields", "v=0\r\no=- 1 IN IP4 192.0.2.1\r\n", SDP_ORIGIN, 27),
	BAD("o= with seven fields", "v=0\r\no=- 1 1 IN IP4 192.0.2.1 x\r\n", SDP_ORIGIN, 30),
	BAD("a source filter without addresses", HEAD "a=source-filter: incl IN IP4\r\n",
	    SDP_ATTR, 64),
	BAD("c= without address", HEAD "c=IN IP4\r\n", SDP_CONNECTION, 44),
	BAD("c= with more", HEAD "c=IN IP4 192.0.2.1 x\r\n", SDP_CONNECTION, 55),
	BAD("an unknown address type", HEAD "c=IN IP7 192.0.2.1\r\n", SDP_ADDRESS, 45),
	BAD("IPv6 as IP4", HEAD "c=IN IP4 2001:db8::1\r\n", SDP_ADDRESS, 45),
	BAD("IPv4 as IP6", HEAD "c=IN IP6 192.0.2.1\r\n", SDP_ADDRESS, 45),
	BAD("an octal address", HEAD "c=IN IP4 010.0.0.1\r\n", SDP_ADDRESS, 45),
	BAD("brackets", HEAD "c=IN IP6 [2001:db8::1]\r\n", SDP_ADDRESS, 45),
	BAD("an address with a port", HEAD "c=IN IP4 192.0.2.1:5060\r\n", SDP_ADDRESS, 45),
	BAD("m= without formats", HEAD "m=audio 1 RTP/AVP\r\n", SDP_MEDIA, 53),
	BAD("m= with port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", SDP_MEDIA, 44),
	BAD("m= with a word for a port", HEAD "m=audio x RTP/AVP 0\r\n", SDP_MEDIA, 44),
	BAD("m= with a count that is none", HEAD "m=audio 1/x RTP/AVP 0\r\n", SDP_MEDIA, 44),
	BAD("RTCP without a port", HEAD "a=rtcp:x\r\n", SDP_RTCP, 43),
	BAD("RTCP with half an address", HEAD "a=rtcp:1 IN IP4\r\n", SDP_RTCP, 51),
	BAD("a candidate that ends early", HEAD "a=candidate:1 1 UDP 1 10.0.0.1\r\n", SDP_CANDIDATE,
	    48),
	BAD("a candidate with half a raddr", HEAD
	    "a=candidate:1 1 UDP 1 10.0.0.1 1 typ srflx raddr 10.0.0.2\r\n", SDP_CANDIDATE, 48),
	BAD("a candidate with an odd extension", HEAD
	    "a=candidate:1 1 UDP 1 10.0.0.1 1 typ host x\r\n",
	    SDP_CANDIDATE, 79),
	BAD("a candidate with a bad address", HEAD "a=candidate:1 1 UDP 1 10.0.1 1 typ host\r\n",
	    SDP_ADDRESS, 58),
	BAD("a path that is no URI", HEAD "a=path:x\r\n", SDP_PATH, 44),
	BAD("a path without a host", HEAD "a=path:urn:x\r\n", SDP_PATH, 43),
	BAD("more addresses than a line may have", HEAD
	    "a=source-filter: incl IN IP4 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 a b c d e\r\n",
	    SDP_TOO_MANY, 109),
};

static const char kind_letters[] = "?vocmraRptkfA";

static u32 line_text(const u8 *base, const struct fp_sdp_line *l, char *out, size_t size)
{
	u32 i, n;

	if (!strchr("ocmraRpf", kind_letters[l->kind]))
		return 0;
	n = snprintf(out, size, "%c%d", kind_letters[l->kind], l->media);
	if (l->kind == FP_SDP_MEDIA)
		n += snprintf(out + n, size - n, "(%s,%u/%u,%.*s,%.*s)",
			      l->m.kind == FP_SDP_M_AUDIO ? "audio" :
			      l->m.kind == FP_SDP_M_VIDEO ? "video" :
			      l->m.kind == FP_SDP_M_MESSAGE ? "message" : "other",
			      l->m.port, l->m.nports, (int)l->m.proto.len, base + l->m.proto.off,
			      (int)l->m.fmts.len, base + l->m.fmts.off);
	for (i = 0; i < l->n_refs; i++)
		n += snprintf(out + n, size - n, "[%.*s %.*s]", (int)l->ref[i].addr_s.len,
			      base + l->ref[i].addr_s.off, (int)l->ref[i].port_s.len,
			      base + l->ref[i].port_s.off);
	n += snprintf(out + n, size - n, "\n");
	return n;
}

static enum fp_reason walk(const u8 *p, u32 len, char *out, size_t size, u32 *err_off)
{
	const char *bad = check_sdp(p, fp_span(0, len));
	struct fp_sdp_iter it;
	struct fp_sdp_line line;
	u32 n = 0;

	if (bad)
		ksft_print_msg("invariant: %s\n", bad);
	out[0] = 0;
	fp_sdp_init(&it, p, fp_span(0, len));
	while (fp_sdp_next(&it, &line))
		n += line_text(p, &line, out + n, size - n);
	*err_off = it.err_off;
	return bad ? __FP_R_COUNT : it.err;
}

static bool sdp_case(const struct sdp_case *c)
{
	u32 len = strlen(c->text), off, cut;
	u8 *copy = exact_copy(c->text, len);
	char got[1024];
	enum fp_reason r = walk(copy, len, got, sizeof(got), &off);
	bool ok = r == c->reason && (r ? off == c->err_off : !strcmp(got, c->refs));

	if (!ok)
		ksft_print_msg("got %s at %u: %s\n", fp_reason_info(r)->name, off, got);
	free(copy);
	for (cut = 0; cut < len; cut++) {
		copy = exact_copy(c->text, cut);
		ok = walk(copy, cut, got, sizeof(got), &off) != __FP_R_COUNT && ok;
		free(copy);
	}
	return ok;
}

static void test_info(void)
{
	static const char text[] = HEAD "m=message 5060 sip null\r\nm=audio 0 RTP/AVP 0\r\n"
				   "m=video 5 RTP/AVP 31\r\n";
	struct fp_sdp_info info;
	u8 *copy = exact_copy(text, sizeof(text) - 1);

	ksft_test_result(!fp_sdp_check(copy, fp_span(0, sizeof(text) - 1), &info, NULL) &&
			 info.n_media == 3 &&
			 info.any == (1 << FP_SDP_M_MESSAGE | 1 << FP_SDP_M_AUDIO |
				      1 << FP_SDP_M_VIDEO) &&
			 info.live == (1 << FP_SDP_M_MESSAGE | 1 << FP_SDP_M_VIDEO),
			 "an offer of audio or video is seen, port 0 is not an offer\n");
	free(copy);
}

static void test_limit(void)
{
	static char text[4096];
	struct fp_sdp_info info;
	u32 i, n = sprintf(text, HEAD);

	for (i = 0; i < FP_SDP_MAX_MEDIA; i++)
		n += sprintf(text + n, "m=audio 1 RTP/AVP 0\r\n");
	ksft_test_result(!fp_sdp_check((u8 *)text, fp_span(0, n), &info, NULL) &&
			 info.n_media == FP_SDP_MAX_MEDIA, "64 m= lines\n");
	n += sprintf(text + n, "m=audio 1 RTP/AVP 0\r\n");
	ksft_test_result(fp_sdp_check((u8 *)text, fp_span(0, n), &info, NULL) == FP_R_SDP_TOO_MANY,
			 "and one too many\n");
}

/* --- third-party descriptions ---------------------------------------------------- */

/* What is refused of the folders, and why; everything else is accepted. */
static const struct {
	const char *file;
	enum fp_reason reason;
} refused[] = {
	/* c=IN IP7 */
	{ "sdp/pjsip/157_err_sdp_bad_addr_type-1.sdp", FP_R_SDP_ADDRESS },
	/* o=IN IP4 fe80:: */
	{ "sdp/sdp-transform/alac.sdp", FP_R_SDP_ADDRESS },
	/* a=rtcp:1 IN IP7 X */
	{ "sdp/sdp-transform/invalid.sdp", FP_R_SDP_ADDRESS },
	/* v=1 */
	{ "sdp/sofia-sip/message-1.sdp", FP_R_SDP_ORDER },
	/* comments between the lines */
	{ "sdp/webrtc-sdp/03.sdp", FP_R_SDP_LINE },
	{ "sdp/webrtc-sdp/11.sdp", FP_R_SDP_LINE },
	/* m=application 0 * without a format */
	{ "sdp-rewrite/rtpengine/179.in.sdp", FP_R_SDP_MEDIA },
	{ "sdp-rewrite/rtpengine/180.in.sdp", FP_R_SDP_MEDIA },
};

struct tally {
	unsigned int files;
	unsigned int refs;
	unsigned int wrong;
};

static void sdp_file(const struct corpus_file *f, void *ctx)
{
	enum fp_reason want = FP_R_NONE, r;
	struct tally *t = ctx;
	char text[16384];
	unsigned int i;
	u32 off;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		if (!strcmp(refused[i].file, f->path))
			want = refused[i].reason;
	r = walk(f->p, f->len, text, sizeof(text), &off);
	t->files++;
	for (i = 0; text[i]; i++)
		t->refs += text[i] == '[';
	if (r == want)
		return;
	ksft_print_msg("%s: got %s at %u\n", f->path, fp_reason_info(r)->name, off);
	t->wrong++;
}

static void test_folder(const char *folder, const char *suffix)
{
	struct tally t = { 0, 0, 0 };

	if (!corpus_has(folder)) {
		ksft_test_result_skip("no %s\n", folder);
		return;
	}
	corpus_walk(folder, suffix, sdp_file, &t);
	ksft_test_result(t.files && !t.wrong && t.refs > t.files,
			 "%s: %u descriptions, %u addresses and ports, %u unlike expected\n",
	  folder,
			 t.files, t.refs, t.wrong);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(sdp_cases) + 6);
	for (i = 0; i < ARRAY_SIZE(sdp_cases); i++)
		ksft_test_result(sdp_case(&sdp_cases[i]), "%s: %s\n", sdp_cases[i].what,
				 fp_reason_info(sdp_cases[i].reason)->name);
	test_info();
	test_limit();
	test_folder("sdp", ".sdp");
	test_folder("sip-microsoft/ms-sdp", ".sdp");
	/* The other half of the pairs has placeholders for ports. */
	test_folder("sdp-rewrite/rtpengine", ".in.sdp");
	ksft_finished();
}
