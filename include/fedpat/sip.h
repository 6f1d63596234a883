/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIP, parsed once into tables of spans (RFC 3261 and what is deployed).
 *
 * fp_sip_parse() fills one caller-supplied struct fp_sip_msg. Every span in
 * it is relative to the start of the message, so it can go straight into an
 * edit list. Nothing is copied, nothing is changed, nothing is unescaped.
 *
 * Bare LF and bare CR are refused everywhere in the head, in streams and in
 * datagrams: RFC 3261 section 7 says CRLF, and two elements that disagree
 * about where a header ends are how unseen headers are smuggled past one.
 */
#ifndef _FEDPAT_SIP_H
#define _FEDPAT_SIP_H

#include <fedpat/reasons.h>
#include <fedpat/slice.h>

/* Limits; a message that exceeds one is refused under a reason of its own. */
#define FP_SIP_MAX_ROWS		256	/* header rows */
#define FP_SIP_MAX_ADDRS	64	/* name-addrs in all FP_HF_ADDR headers together */
#define FP_SIP_MAX_VIAS		72	/* Via values; Max-Forwards starts at 70 */
#define FP_SIP_MAX_URI		(8 * 1024 + 512)	/* bytes of one URI */
#define FP_SIP_MAX_METHOD	64	/* bytes of a method name */
#define FP_SIP_NONE		0xffff	/* "no row", "no entry" */

#define FP_HF_ONE	0x01
#define FP_HF_LIST	0x02
#define FP_HF_ADDR	0x04

/* Known headers; FP_H_OTHER is every other. */
enum fp_hdr_id {
	FP_H_OTHER,
#define FP_HDR(id, name, compact, first, third, last, flags) FP_H_##id,
#include <fedpat/sip_headers.def>
#undef FP_HDR
	__FP_H_COUNT
};

/* Known methods; FP_M_OTHER is every other token. */
enum fp_method {
	FP_M_OTHER,
	FP_M_INVITE,
	FP_M_ACK,
	FP_M_BYE,
	FP_M_CANCEL,
	FP_M_OPTIONS,
	FP_M_REGISTER,
	FP_M_MESSAGE,
	FP_M_SUBSCRIBE,
	FP_M_NOTIFY,
	FP_M_PUBLISH,
	FP_M_INFO,
	FP_M_PRACK,
	FP_M_UPDATE,
	FP_M_REFER,
	FP_M_SERVICE,		/* Microsoft */
	FP_M_BENOTIFY,		/* Microsoft: NOTIFY without a response */
	FP_M_NEGOTIATE,		/* Microsoft: asks for compression */
	__FP_M_COUNT
};

enum fp_scheme {
	FP_SCHEME_NONE,
	FP_SCHEME_SIP,
	FP_SCHEME_SIPS,
	FP_SCHEME_TEL,
	FP_SCHEME_IM,
	FP_SCHEME_PRES,
	FP_SCHEME_XMPP,
	FP_SCHEME_MSRP,		/* msrp: and msrps: */
	FP_SCHEME_HTTP,		/* http: and https: */
	FP_SCHEME_CID,
	FP_SCHEME_OTHER,
};

enum fp_host_kind {
	FP_HOST_NONE,
	FP_HOST_NAME,
	FP_HOST_IPV4,
	FP_HOST_IPV6,
};

enum fp_transport {
	FP_TRANSPORT_OTHER,
	FP_TRANSPORT_UDP,
	FP_TRANSPORT_TCP,
	FP_TRANSPORT_TLS,
	FP_TRANSPORT_SCTP,
	FP_TRANSPORT_TLS_SCTP,
	FP_TRANSPORT_WS,
	FP_TRANSPORT_WSS,
};

/**
 * struct fp_host - a host and perhaps a port, as on the wire
 * @name: host without port; an IPv6 reference keeps its brackets
 * @port_s: the digits of the port, without the colon; empty when absent
 * @whole: host, colon and port: what a rewrite replaces
 * @port: value of @port_s, 0 when absent
 * @kind: what @name is
 * @addr: its value when it is an address literal, else family 0
 */
struct fp_host {
	struct fp_span name;
	struct fp_span port_s;
	struct fp_span whole;
	u16 port;
	u8 kind;
	struct fp_addr addr;
};

/**
 * struct fp_uri - a URI and its parts
 * @whole: all of it, without angle brackets
 * @scheme_s: scheme without the colon
 * @user: user part (sip, sips, im, pres, xmpp, msrp), or the number of a tel URI; escapes kept
 * @password: after the colon in the user info
 * @params: between the first semicolon after the host (not included) and the question mark
 * @headers: after the question mark
 * @opaque: all after the scheme's colon
 * @host: host and port; kind is FP_HOST_NONE where the scheme has none or is not known
 * @scheme: enum fp_scheme
 * @has_user: a user part is there, even an empty one ("@" seen)
 */
struct fp_uri {
	struct fp_span whole;
	struct fp_span scheme_s;
	struct fp_span user;
	struct fp_span password;
	struct fp_span params;
	struct fp_span headers;
	struct fp_span opaque;
	struct fp_host host;
	u8 scheme;
	bool has_user;
};

/**
 * struct fp_nameaddr - one value of an address header
 * @value: the whole value, white space at its ends removed
 * @display: display name; a quoted one keeps its quotes
 * @params: header parameters, after the first semicolon
 * @uri: the URI; empty for "*"
 * @row: index of its header row
 * @hdr: enum fp_hdr_id of that row
 * @star: the value is "*" (Contact only)
 * @brackets: the URI stands in angle brackets
 */
struct fp_nameaddr {
	struct fp_span value;
	struct fp_span display;
	struct fp_span params;
	struct fp_uri uri;
	u16 row;
	u8 hdr;
	bool star:1;
	bool brackets:1;
};

/**
 * struct fp_via - one Via value
 * @value: the whole value, white space at its ends removed
 * @transport_s: transport as written
 * @sent_by: host and port
 * @params: after the first semicolon
 * @branch: value of branch, empty when absent
 * @received: value of received; an IPv6 address may stand in brackets
 * @maddr: value of maddr
 * @rport_s: whole rport parameter, name included; empty when absent
 * @fpv_s: whole fpv parameter, the first one: our token; empty when absent
 * @fpv: its value
 * @rport: its value, 0 when it has none
 * @row: index of its header row
 * @transport: enum fp_transport
 * @magic: @branch begins with z9hG4bK and has more
 */
struct fp_via {
	struct fp_span value;
	struct fp_span transport_s;
	struct fp_host sent_by;
	struct fp_span params;
	struct fp_span branch;
	struct fp_span received;
	struct fp_span maddr;
	struct fp_span rport_s;
	struct fp_span fpv_s;
	struct fp_span fpv;
	u16 rport;
	u16 row;
	u8 transport;
	bool magic;
};

/**
 * struct fp_hdr_row - one header row as it stands on the wire
 * @off: offset of its first byte
 * @len: its full extent: name, colon, folded lines and the final CRLF
 * @value: value without white space at its ends; inner folds are still there
 * @name_len: length of the name, which starts at @off
 * @next: next row of the same known header, FP_SIP_NONE at the end
 * @id: enum fp_hdr_id
 * @folded: the value has a CRLF in it
 * @compact: the name is the one-letter form
 */
struct fp_hdr_row {
	u32 off;
	u32 len;
	struct fp_span value;
	u16 name_len;
	u16 next;
	u8 id;
	bool folded:1;
	bool compact:1;
};

/* What a media type says; the boundary is unquoted, RFC 2046 allows 70 bytes. */
#define FP_BOUNDARY_MAX 70

/**
 * struct fp_ctype - a media type
 * @type: left of the slash
 * @subtype: right of it
 * @params: after the first semicolon
 * @boundary: value of boundary, without quotes and escapes
 * @boundary_len: its length, 0 when absent
 */
struct fp_ctype {
	struct fp_span type;
	struct fp_span subtype;
	struct fp_span params;
	u8 boundary_len;
	u8 boundary[FP_BOUNDARY_MAX];
};

/* How fp_sip_parse() is to look at the bytes. */
enum fp_parse_flags {
	/* One datagram: octets after Content-Length are ignored, too few are refused. */
	FP_PARSE_DATAGRAM	= 1 << 0,
	/* message/sipfrag (RFC 3420): start line and any header may be missing. */
	FP_PARSE_FRAG		= 1 << 1,
};

/**
 * struct fp_sip_msg - one parsed message
 * @buf: first byte of the message; base of every span
 * @len: bytes of the message: head and body, without trailing octets of a datagram
 * @head_len: bytes of the head, the empty line included; 0 when its end was not found
 * @body: the body
 * @err: reason of the refusal, FP_R_NONE when there is none
 * @err_off: offset of the byte that the refusal is about
 * @err_row: its header row, FP_SIP_NONE for the start line or the whole
 * @is_request: request or response; meaningless when @start is empty
 * @start: start line without its CRLF
 * @method_s: method of a request as written
 * @method: the same as enum fp_method
 * @ruri: Request-URI
 * @version: SIP-Version as written
 * @status: status code of a response
 * @reason: its reason phrase, may be empty
 * @n_rows: entries of @rows
 * @n_vias: entries of @vias, topmost first
 * @n_addrs: entries of @addrs, in the order of the rows
 * @from: index in @addrs, FP_SIP_NONE when absent
 * @to: the same
 * @from_tag: value of the tag parameter, empty when absent
 * @to_tag: the same
 * @call_id: value of Call-ID
 * @cseq_s: digits of the sequence number
 * @cseq_method_s: method in CSeq as written
 * @cseq: sequence number
 * @cseq_method: method in CSeq
 * @max_forwards: value, -1 when absent
 * @content_length: value; valid when @has_content_length
 * @expires: value (0xffffffff when it overflows); valid when @has_expires
 * @ctype: Content-Type; type is empty when absent
 * @first: first row of each known header, FP_SIP_NONE when absent
 * @last: the parser's own
 * @rows: header rows in the order of the wire
 * @vias: Via values, topmost first
 * @addrs: values of all address headers
 *
 * After a refusal everything that was understood up to there is valid, and
 * rows are collected to the end of the head where lines can still be told
 * apart: enough to build the error response when Via, From, To, Call-ID and
 * CSeq were fine.
 */
struct fp_sip_msg {
	const u8 *buf;
	u32 len;
	u32 head_len;
	struct fp_span body;

	enum fp_reason err;
	u32 err_off;
	u16 err_row;

	bool is_request;
	bool has_content_length;
	bool has_expires;
	u8 method;
	u8 cseq_method;
	u16 status;
	s16 max_forwards;
	u16 n_rows;
	u16 n_vias;
	u16 n_addrs;
	u16 from;
	u16 to;
	u32 cseq;
	u32 content_length;
	u32 expires;

	struct fp_span start;
	struct fp_span method_s;
	struct fp_span version;
	struct fp_span reason;
	struct fp_uri ruri;
	struct fp_span from_tag;
	struct fp_span to_tag;
	struct fp_span call_id;
	struct fp_span cseq_s;
	struct fp_span cseq_method_s;
	struct fp_ctype ctype;

	u16 first[__FP_H_COUNT];
	u16 last[__FP_H_COUNT];
	struct fp_hdr_row rows[FP_SIP_MAX_ROWS];
	struct fp_via vias[FP_SIP_MAX_VIAS];
	struct fp_nameaddr addrs[FP_SIP_MAX_ADDRS];
};

/**
 * struct fp_param - one parameter
 * @whole: name, equals sign and value
 * @name: its name
 * @value: its value; a quoted one keeps its quotes; empty when absent
 * @has_value: an equals sign is there
 */
struct fp_param {
	struct fp_span whole;
	struct fp_span name;
	struct fp_span value;
	bool has_value;
};

/**
 * struct fp_warning - one value of a Warning header
 * @value: the whole value
 * @code: three digits
 * @agent: host[:port] or pseudonym of who added it
 * @text: quoted text with its quotes
 */
struct fp_warning {
	struct fp_span value;
	u16 code;
	struct fp_span agent;
	struct fp_span text;
};

/*
 * Parse one message. FP_R_NONE, or the reason of the refusal (also in m->err).
 * Structure only: what a header asks for (Require, schemes, Max-Forwards 0,
 * identities) is for the caller to judge.
 */
enum fp_reason fp_sip_parse(struct fp_sip_msg *m, const u8 *buf, u32 len, unsigned int flags);

/* Of a parsed message (dialect.c). */
bool fp_sip_is_microsoft(const struct fp_sip_msg *m);

/* --- names (sip_names.c) --- */

enum fp_hdr_id fp_hdr_lookup(struct fp_slice name);
/* Long name of a known header as RFCs write it; "" for FP_H_OTHER. */
struct fp_slice fp_hdr_name(enum fp_hdr_id id);

extern const u8 fp_hdr_flag_table[__FP_H_COUNT];

/* FP_HF_* of a header. */
static inline unsigned int fp_hdr_flags(enum fp_hdr_id id)
{
	return (unsigned int)id < __FP_H_COUNT ? fp_hdr_flag_table[id] : 0;
}

enum fp_method fp_method_lookup(struct fp_slice name);
struct fp_slice fp_method_name(enum fp_method method);
enum fp_transport fp_transport_lookup(struct fp_slice name);

/* --- parts: usable on a parsed message and on any other buffer --- */

/*
 * @base is what spans are relative to; @s is the span to parse. All return
 * FP_R_NONE or a reason and set *@err_off (which may be NULL).
 */
enum fp_reason fp_uri_parse(const u8 *base, struct fp_span s, struct fp_uri *uri, u32 *err_off);
enum fp_reason fp_host_parse(const u8 *base, struct fp_span s, struct fp_host *host, u32 *err_off);
enum fp_reason fp_ctype_parse(const u8 *base, struct fp_span s, struct fp_ctype *ct, u32 *err_off);
/* Take the next value off the front of *@rest (which shrinks); see fp_list_next(). */
enum fp_reason fp_nameaddr_parse(const u8 *base, struct fp_span *rest, struct fp_nameaddr *na,
				 u32 *err_off);
enum fp_reason fp_via_parse(const u8 *base, struct fp_span *rest, struct fp_via *via,
			    u32 *err_off);

/*
 * Walk through what lies in *@rest, which shrinks; false at the end.
 * Quoted strings are respected, white space at the ends of an item is cut.
 */
bool fp_list_next(const u8 *base, struct fp_span *rest, struct fp_span *item);	/* , */
bool fp_param_next(const u8 *base, struct fp_span *rest, struct fp_param *p);	/* ; */
bool fp_uri_header_next(const u8 *base, struct fp_span *rest, struct fp_param *p);	/* & */
bool fp_warning_next(const u8 *base, struct fp_span *rest, struct fp_warning *w);
/* Find a parameter by name, case ignored. */
bool fp_param_find(const u8 *base, struct fp_span params, struct fp_slice name,
		   struct fp_param *p);

/* --- reading a parsed message --- */

static inline struct fp_slice fp_msg_at(const struct fp_sip_msg *m, struct fp_span s)
{
	return fp_at(m->buf, s);
}

/* First row of a known header, NULL when absent. */
static inline const struct fp_hdr_row *fp_row_first(const struct fp_sip_msg *m, enum fp_hdr_id id)
{
	return m->first[id] == FP_SIP_NONE ? NULL : &m->rows[m->first[id]];
}

static inline const struct fp_hdr_row *fp_row_next(const struct fp_sip_msg *m,
						   const struct fp_hdr_row *row)
{
	return row->next == FP_SIP_NONE ? NULL : &m->rows[row->next];
}

/* for (row = each row of @id) */
#define fp_for_each_row(m, row, id) \
	for ((row) = fp_row_first(m, id); (row); (row) = fp_row_next(m, row))

/* Value of the first row of a header; empty when absent. */
static inline struct fp_span fp_hdr_value(const struct fp_sip_msg *m, enum fp_hdr_id id)
{
	const struct fp_hdr_row *row = fp_row_first(m, id);

	return row ? row->value : fp_span(0, 0);
}

static inline struct fp_span fp_row_name(const struct fp_hdr_row *row)
{
	return fp_span(row->off, row->name_len);
}

/* Values of one header, or of all address headers (@id = __FP_H_COUNT); *@pos starts at 0. */
const struct fp_nameaddr *fp_nameaddr_next(const struct fp_sip_msg *m, unsigned int id,
					   unsigned int *pos);

static inline const struct fp_nameaddr *fp_from(const struct fp_sip_msg *m)
{
	return m->from == FP_SIP_NONE ? NULL : &m->addrs[m->from];
}

static inline const struct fp_nameaddr *fp_to(const struct fp_sip_msg *m)
{
	return m->to == FP_SIP_NONE ? NULL : &m->addrs[m->to];
}

#endif /* _FEDPAT_SIP_H */
