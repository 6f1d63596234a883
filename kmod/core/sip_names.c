// SPDX-License-Identifier: GPL-2.0
/* Names of headers, methods and transports. */
#include <fedpat/sip.h>

struct fp_name {
	const char *p;
	u8 len;
};

static const struct fp_name fp_hdr_names[__FP_H_COUNT] = {
	[FP_H_OTHER] = { "", 0 },
#define FP_HDR(id, name, compact, first, third, last, flags) \
	[FP_H_##id] = { name, sizeof(name) - 1 },
#include <fedpat/sip_headers.def>
#undef FP_HDR
};

const u8 fp_hdr_flag_table[__FP_H_COUNT] = {
#define FP_HDR(id, name, compact, first, third, last, flags) \
	[FP_H_##id] = flags,
#include <fedpat/sip_headers.def>
#undef FP_HDR
};

/*
 * A perfect hash, made by the compiler. Two headers in one slot would be a
 * slot that is initialised twice, which -Woverride-init (-Wextra, W=1)
 * reports: other multipliers are needed then, any that are quiet will do.
 */
#define FP_HASH(len, first, third, last) \
	(((len) * 106 + (first) * 9 + (third) * 69 + (last) * 59) & 511)

static const u8 fp_hdr_slots[512] = {
#define FP_HDR(id, name, compact, first, third, last, flags) \
	[FP_HASH(sizeof(name) - 1, first, third, last)] = FP_H_##id,
#include <fedpat/sip_headers.def>
#undef FP_HDR
};

/* Compact forms by letter; headers without one go behind, where nobody looks. */
static const u8 fp_hdr_letters[26 + __FP_H_COUNT] = {
#define FP_HDR(id, name, compact, first, third, last, flags) \
	[(compact) ? (compact) - 'a' : 26 + FP_H_##id] = FP_H_##id,
#include <fedpat/sip_headers.def>
#undef FP_HDR
};

static enum fp_hdr_id fp_hdr_compact(u8 c)
{
	return fp_is_alpha(c) ? fp_hdr_letters[fp_lower(c) - 'a'] : FP_H_OTHER;
}

/**
 * fp_hdr_lookup() - which header is this?
 * @name: its name as written, long or compact
 *
 * Return: its id, FP_H_OTHER when nobody here knows it.
 */
enum fp_hdr_id fp_hdr_lookup(struct fp_slice name)
{
	const struct fp_name *row;
	enum fp_hdr_id id;
	u8 last;

	if (name.len < 2)
		return name.len ? fp_hdr_compact(name.p[0]) : FP_H_OTHER;
	last = fp_lower(name.p[name.len - 1]);
	id = fp_hdr_slots[FP_HASH(name.len, fp_lower(name.p[0]),
				  name.len > 2 ? fp_lower(name.p[2]) : last, last)];
	row = &fp_hdr_names[id];
	return fp_slice_ieq(name, fp_slice(row->p, row->len)) ? id : FP_H_OTHER;
}

/**
 * fp_hdr_name() - name of a header
 * @id: which
 *
 * Return: the long name as RFCs write it, empty for FP_H_OTHER.
 */
struct fp_slice fp_hdr_name(enum fp_hdr_id id)
{
	if ((unsigned int)id >= __FP_H_COUNT)
		id = FP_H_OTHER;
	return fp_slice(fp_hdr_names[id].p, fp_hdr_names[id].len);
}

#define FP_NAME(s) { s, sizeof(s) - 1 }

static const struct fp_name fp_method_names[__FP_M_COUNT] = {
	[FP_M_OTHER] = FP_NAME(""),
	[FP_M_INVITE] = FP_NAME("INVITE"),
	[FP_M_ACK] = FP_NAME("ACK"),
	[FP_M_BYE] = FP_NAME("BYE"),
	[FP_M_CANCEL] = FP_NAME("CANCEL"),
	[FP_M_OPTIONS] = FP_NAME("OPTIONS"),
	[FP_M_REGISTER] = FP_NAME("REGISTER"),
	[FP_M_MESSAGE] = FP_NAME("MESSAGE"),
	[FP_M_SUBSCRIBE] = FP_NAME("SUBSCRIBE"),
	[FP_M_NOTIFY] = FP_NAME("NOTIFY"),
	[FP_M_PUBLISH] = FP_NAME("PUBLISH"),
	[FP_M_INFO] = FP_NAME("INFO"),
	[FP_M_PRACK] = FP_NAME("PRACK"),
	[FP_M_UPDATE] = FP_NAME("UPDATE"),
	[FP_M_REFER] = FP_NAME("REFER"),
	[FP_M_SERVICE] = FP_NAME("SERVICE"),
	[FP_M_BENOTIFY] = FP_NAME("BENOTIFY"),
	[FP_M_NEGOTIATE] = FP_NAME("NEGOTIATE"),
};

/**
 * fp_method_lookup() - which method is this?
 * @name: its name; methods are case-sensitive (RFC 3261 section 7.1)
 *
 * Return: its id, FP_M_OTHER when nobody here knows it.
 */
enum fp_method fp_method_lookup(struct fp_slice name)
{
	unsigned int i;

	for (i = FP_M_OTHER + 1; i < __FP_M_COUNT; i++)
		if (name.len == fp_method_names[i].len &&
		    name.p[0] == fp_method_names[i].p[0] &&
		    !memcmp(name.p, fp_method_names[i].p, name.len))
			return i;
	return FP_M_OTHER;
}

/**
 * fp_method_name() - name of a method
 * @method: which
 *
 * Return: its name, empty for FP_M_OTHER.
 */
struct fp_slice fp_method_name(enum fp_method method)
{
	if ((unsigned int)method >= __FP_M_COUNT)
		method = FP_M_OTHER;
	return fp_slice(fp_method_names[method].p, fp_method_names[method].len);
}

/**
 * fp_transport_lookup() - which transport is this?
 * @name: as in a Via or in a transport parameter, case ignored
 *
 * Return: its id, FP_TRANSPORT_OTHER when nobody here knows it.
 */
enum fp_transport fp_transport_lookup(struct fp_slice name)
{
	static const struct fp_name names[] = {
		[FP_TRANSPORT_OTHER] = FP_NAME(""),
		[FP_TRANSPORT_UDP] = FP_NAME("UDP"),
		[FP_TRANSPORT_TCP] = FP_NAME("TCP"),
		[FP_TRANSPORT_TLS] = FP_NAME("TLS"),
		[FP_TRANSPORT_SCTP] = FP_NAME("SCTP"),
		[FP_TRANSPORT_TLS_SCTP] = FP_NAME("TLS-SCTP"),
		[FP_TRANSPORT_WS] = FP_NAME("WS"),
		[FP_TRANSPORT_WSS] = FP_NAME("WSS"),
	};
	unsigned int i;

	for (i = FP_TRANSPORT_OTHER + 1; i < ARRAY_SIZE(names); i++)
		if (name.len == names[i].len && !((name.p[1] ^ names[i].p[1]) & 31) &&
		    fp_bytes_ieq(name.p, (const u8 *)names[i].p, name.len))
			return i;
	return FP_TRANSPORT_OTHER;
}
