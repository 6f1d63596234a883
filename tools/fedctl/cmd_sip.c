// SPDX-License-Identifier: GPL-2.0
/* fedctl sip parse and frame, and what all of fedctl sip needs. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fedpat/frame.h>
#include <fedpat/multipart.h>
#include <fedpat/sdp.h>
#include <fedpat/sip.h>
#include "cmd_sip.h"
#include "err.h"

#define MAX_FILE (64u << 20)

const char fp_cmd_sip_usage[] =
	"sip parse [--datagram] FILE|-\n"
	"sip frame [--max BYTES] FILE|-\n"
	"sip rewrite --from inside|outside [--public-fqdn NAME] [--public ADDR]...\n"
	"    [--row PUBLIC:PORT=NODE:PORT[,udp|tcp|tls]]... [--domain NAME]...\n"
	"    [--inside PREFIX]... [--inside-name NAME]... [--self ADDR|NAME]...\n"
	"    [--transport tls|tcp|udp] [--place asa|expressway] [--peer-domain NAME]...\n"
	"    [--source ADDR:PORT] [--dialled ADDR:PORT] [--key HEX] [--realm NAME]\n"
	"    [--allow-media] [--keep-software] [--edits] FILE|-\n";

int fp_sip_usage(const char *fmt, ...)
{
	va_list args;

	fputs("fedctl sip: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n", stderr);
	return FP_EXIT_USAGE;
}

bool fp_sip_read(const char *name, unsigned char **bytes, size_t *len)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;
	size_t room = 65536, n;
	unsigned char *more;

	*bytes = f ? malloc(room) : NULL;
	*len = 0;
	while (*bytes && (n = fread(*bytes + *len, 1, room - *len, f)) > 0) {
		*len += n;
		if (*len < room)
			continue;
		room *= 2;
		more = room > MAX_FILE ? NULL : realloc(*bytes, room);
		if (!more) {
			free(*bytes);
			errno = EFBIG;
		}
		*bytes = more;
	}
	if (*bytes && !ferror(f)) {
		if (f != stdin)
			fclose(f);
		return true;
	}
	fprintf(stderr, "fedctl sip: %s: %s\n", name, strerror(errno));
	if (f && f != stdin)
		fclose(f);
	free(*bytes);
	*bytes = NULL;
	return false;
}

json_t *fp_sip_json(struct fp_slice s)
{
	json_t *text = json_stringn((const char *)s.p, s.len);
	char *latin1, *p;
	u32 i;

	if (text || !s.len)
		return text ? text : json_string("");
	latin1 = malloc(2 * (size_t)s.len);
	if (!latin1)
		return NULL;
	for (i = 0, p = latin1; i < s.len; i++) {
		if (s.p[i] >= 0x80)
			*p++ = 0xc0 | s.p[i] >> 6;
		*p++ = s.p[i] < 0x80 ? s.p[i] : 0x80 | (s.p[i] & 0x3f);
	}
	text = json_stringn(latin1, p - latin1);
	free(latin1);
	return text;
}

int fp_sip_print_json(json_t *root, int status)
{
	json_dumpf(root, stdout, JSON_INDENT(2));
	puts("");
	json_decref(root);
	return status;
}

/* Line of an offset, from 1. */
static unsigned int line_of(struct fp_slice msg, unsigned int off)
{
	unsigned int line = 1, i;

	for (i = 0; i < off && i < msg.len; i++)
		line += msg.p[i] == '\n';
	return line;
}

json_t *fp_sip_reason_json(enum fp_reason reason, struct fp_slice msg, unsigned int off)
{
	const struct fp_reason_info *info = fp_reason_info(reason);

	return json_pack("{s:s, s:i, s:s, s:i, s:i}", "reason", info->name, "status", info->status,
			 "explanation", info->text, "offset", off, "line", line_of(msg, off));
}

int fp_sip_refused(enum fp_reason reason, struct fp_slice msg, unsigned int off, bool json)
{
	const struct fp_reason_info *info = fp_reason_info(reason);

	if (json)
		return fp_sip_print_json(fp_sip_reason_json(reason, msg, off), FP_EXIT_REFUSED);
	fprintf(stderr, "refused: %s, line %u, byte %u: %s\n", info->name, line_of(msg, off), off,
		info->text);
	return FP_EXIT_REFUSED;
}

/* --- parse --- */

static json_t *span_json(const struct fp_sip_msg *m, struct fp_span s)
{
	return fp_sip_json(fp_msg_at(m, s));
}

static void set_span(json_t *o, const char *key, const struct fp_sip_msg *m, struct fp_span s)
{
	if (s.len)
		json_object_set_new(o, key, span_json(m, s));
}

static json_t *uri_json(const struct fp_sip_msg *m, const struct fp_uri *uri)
{
	json_t *o = json_object();

	set_span(o, "uri", m, uri->whole);
	set_span(o, "scheme", m, uri->scheme_s);
	set_span(o, "user", m, uri->user);
	set_span(o, "host", m, uri->host.name);
	if (uri->host.port)
		json_object_set_new(o, "port", json_integer(uri->host.port));
	set_span(o, "parameters", m, uri->params);
	set_span(o, "headers", m, uri->headers);
	return o;
}

static json_t *headers_json(const struct fp_sip_msg *m)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < m->n_rows; i++) {
		const struct fp_hdr_row *row = &m->rows[i];
		json_t *o = json_object();

		set_span(o, "name", m, fp_row_name(row));
		if (row->id != FP_H_OTHER)
			json_object_set_new(o, "known", fp_sip_json(fp_hdr_name(row->id)));
		json_object_set_new(o, "value", span_json(m, row->value));
		json_object_set_new(o, "offset", json_integer(row->off));
		json_object_set_new(o, "length", json_integer(row->len));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *vias_json(const struct fp_sip_msg *m)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < m->n_vias; i++) {
		const struct fp_via *via = &m->vias[i];
		json_t *o = json_object();

		set_span(o, "transport", m, via->transport_s);
		set_span(o, "host", m, via->sent_by.name);
		if (via->sent_by.port)
			json_object_set_new(o, "port", json_integer(via->sent_by.port));
		set_span(o, "branch", m, via->branch);
		set_span(o, "received", m, via->received);
		set_span(o, "parameters", m, via->params);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *addresses_json(const struct fp_sip_msg *m)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < m->n_addrs; i++) {
		const struct fp_nameaddr *na = &m->addrs[i];
		json_t *o = na->star ? json_pack("{s:s}", "uri", "*") : uri_json(m, &na->uri);

		json_object_set_new(o, "header", fp_sip_json(fp_hdr_name(na->hdr)));
		set_span(o, "display", m, na->display);
		set_span(o, "header-parameters", m, na->params);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *body_json(const struct fp_sip_msg *m)
{
	json_t *o = json_pack("{s:i, s:i}", "offset", m->body.off, "length", m->body.len);
	struct fp_multipart mp;
	struct fp_part part;
	json_t *parts;

	set_span(o, "type", m, m->ctype.type);
	set_span(o, "subtype", m, m->ctype.subtype);
	if (!fp_ctype_is_multipart(m->buf, &m->ctype))
		return o;
	parts = json_array();
	fp_multipart_init(&mp, m->buf, m->body, &m->ctype, 1);
	while (fp_multipart_next(&mp, &part)) {
		json_t *p =
			json_pack("{s:i, s:i}", "offset", part.body.off, "length", part.body.len);

		set_span(p, "content-type", m, part.type_value);
		json_array_append_new(parts, p);
	}
	json_object_set_new(o, "parts", parts);
	return o;
}

static json_t *message_json(const struct fp_sip_msg *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(m->is_request ? "request" : "response"));
	if (m->is_request) {
		set_span(o, "method", m, m->method_s);
		json_object_set_new(o, "request-uri", uri_json(m, &m->ruri));
	} else {
		json_object_set_new(o, "status", json_integer(m->status));
		set_span(o, "phrase", m, m->reason);
	}
	set_span(o, "call-id", m, m->call_id);
	json_object_set_new(o, "cseq", json_integer(m->cseq));
	set_span(o, "from-tag", m, m->from_tag);
	set_span(o, "to-tag", m, m->to_tag);
	if (m->max_forwards >= 0)
		json_object_set_new(o, "max-forwards", json_integer(m->max_forwards));
	json_object_set_new(o, "vias", vias_json(m));
	json_object_set_new(o, "addresses", addresses_json(m));
	json_object_set_new(o, "headers", headers_json(m));
	json_object_set_new(o, "body", body_json(m));
	return o;
}

/* Folds become a space, and no terminal sees what it must not see. */
static void print_slice(const char *label, struct fp_slice s)
{
	u32 i;

	printf("%-16s ", label);
	for (i = 0; i < s.len; i++) {
		u8 c = s.p[i];

		if (c == '\r' && i + 1 < s.len && s.p[i + 1] == '\n')
			i++;
		else if (c < 0x20 || c == 0x7f || c >= 0x80)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static void print_message(const struct fp_sip_msg *m)
{
	u32 i;

	print_slice(m->is_request ? "request" : "response", fp_msg_at(m, m->start));
	for (i = 0; i < m->n_vias; i++)
		print_slice("via", fp_msg_at(m, m->vias[i].value));
	for (i = 0; i < m->n_addrs; i++) {
		struct fp_slice name = fp_hdr_name(m->addrs[i].hdr);
		char label[40];

		snprintf(label, sizeof(label), "%.*s", (int)name.len, name.p);
		print_slice(label, fp_msg_at(m, m->addrs[i].value));
	}
	print_slice("Call-ID", fp_msg_at(m, m->call_id));
	printf("%-16s %u %.*s\n", "CSeq", m->cseq, (int)m->cseq_method_s.len,
	       m->buf + m->cseq_method_s.off);
	for (i = 0; i < m->n_rows; i++)
		if (m->rows[i].id == FP_H_OTHER)
			print_slice("other",
				    fp_msg_at(m, fp_span(m->rows[i].off, m->rows[i].len - 2)));
	printf("%-16s %u bytes of %.*s/%.*s\n", "body", m->body.len, (int)m->ctype.type.len,
	       m->buf + m->ctype.type.off, (int)m->ctype.subtype.len,
	       m->buf + m->ctype.subtype.off);
}

static int parse_bytes(const unsigned char *bytes, size_t len, unsigned int flags, bool json)
{
	struct fp_sip_msg *m = malloc(sizeof(*m));
	int status = FP_EXIT_OK;

	if (!m)
		return fp_sip_usage("no memory");
	if (fp_sip_parse(m, bytes, len, flags))
		status = fp_sip_refused(m->err, fp_slice(bytes, len), m->err_off, json);
	else if (json)
		status = fp_sip_print_json(message_json(m), FP_EXIT_OK);
	else
		print_message(m);
	free(m);
	return status;
}

static int cmd_parse(int argc, char **argv, bool json)
{
	unsigned int flags = 0;
	unsigned char *bytes;
	size_t len;
	int status;

	if (argc == 2 && !strcmp(argv[0], "--datagram")) {
		flags = FP_PARSE_DATAGRAM;
		argc--;
		argv++;
	}
	if (argc != 1 || (argv[0][0] == '-' && argv[0][1]))
		return fp_sip_usage("parse takes [--datagram] and one FILE, or -");
	if (!fp_sip_read(argv[0], &bytes, &len))
		return FP_EXIT_USAGE;
	status = parse_bytes(bytes, len, flags, json);
	free(bytes);
	return status;
}

/* --- frame --- */

static const char *const event_names[] = {
	[FP_FRAME_MORE] = "incomplete",	  [FP_FRAME_MSG] = "message",
	[FP_FRAME_CRLF] = "keep-alive",	  [FP_FRAME_PING] = "ping",
	[FP_FRAME_OVERSIZE] = "oversize", [FP_FRAME_DRAIN] = "drain",
	[FP_FRAME_FATAL] = "lost",
};

/* One event; false at the end of what there is. */
static bool frame_event(const struct fp_frame *f, size_t at, size_t left, json_t *list)
{
	const char *name = event_names[f->event];
	size_t len = f->event == FP_FRAME_MORE ? left : f->len;
	json_t *o;

	if (f->event == FP_FRAME_MORE && !left)
		return false;
	if (list) {
		o = json_pack("{s:s, s:I, s:I, s:i, s:i}", "event", name, "offset", (json_int_t)at,
			      "length", (json_int_t)len, "head", f->head_len, "body", f->body_len);
		if (f->reason)
			json_object_set_new(o, "reason",
					    json_string(fp_reason_info(f->reason)->name));
		json_array_append_new(list, o);
	} else {
		printf("%-10s at %zu, %zu bytes", name, at, len);
		if (f->event == FP_FRAME_MSG)
			printf(" (head %u, body %u)", f->head_len, f->body_len);
		printf("%s%s\n", f->reason ? ": " : "",
		       f->reason ? fp_reason_info(f->reason)->name : "");
	}
	return f->event != FP_FRAME_MORE && f->event != FP_FRAME_FATAL;
}

static int frame_bytes(const unsigned char *bytes, size_t len, unsigned int max, bool json)
{
	json_t *list = json ? json_array() : NULL;
	enum fp_reason refused = FP_R_NONE;
	struct fp_framer framer;
	struct fp_frame f;
	size_t at = 0;

	fp_framer_init(&framer, max, 0, 0);
	do {
		fp_framer_next(&framer, bytes + at, len - at, &f);
		if (f.reason)
			refused = f.reason;
		if (!frame_event(&f, at, len - at, list))
			break;
		at += f.len;
	} while (at <= len);
	if (json)
		return fp_sip_print_json(list, refused ? FP_EXIT_REFUSED : FP_EXIT_OK);
	if (refused)
		fprintf(stderr, "refused: %s: %s\n", fp_reason_info(refused)->name,
			fp_reason_info(refused)->text);
	return refused ? FP_EXIT_REFUSED : FP_EXIT_OK;
}

static int cmd_frame(int argc, char **argv, bool json)
{
	unsigned int max = 0;
	unsigned char *bytes;
	char *end = NULL;
	size_t len;
	int status;

	if (argc == 3 && !strcmp(argv[0], "--max")) {
		max = strtoul(argv[1], &end, 10);
		if (*end || max < 1024)
			return fp_sip_usage("--max %s: a number of bytes, 1024 or more", argv[1]);
		argc -= 2;
		argv += 2;
	}
	if (argc != 1 || (argv[0][0] == '-' && argv[0][1]))
		return fp_sip_usage("frame takes [--max BYTES] and one FILE, or -");
	if (!fp_sip_read(argv[0], &bytes, &len))
		return FP_EXIT_USAGE;
	status = frame_bytes(bytes, len, max, json);
	free(bytes);
	return status;
}

int fp_cmd_sip(int argc, char **argv, bool json)
{
	if (argc < 1)
		return fp_sip_usage("parse, frame or rewrite?");
	if (!strcmp(argv[0], "parse"))
		return cmd_parse(argc - 1, argv + 1, json);
	if (!strcmp(argv[0], "frame"))
		return cmd_frame(argc - 1, argv + 1, json);
	if (!strcmp(argv[0], "rewrite"))
		return fp_sip_cmd_rewrite(argc - 1, argv + 1, json);
	return fp_sip_usage("%s: there is parse, frame and rewrite", argv[0]);
}
