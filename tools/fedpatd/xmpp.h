/* SPDX-License-Identifier: GPL-2.0 */
/* One XMPP stream on its way to become a pair of raw legs. */
#ifndef _FPD_XMPP_H
#define _FPD_XMPP_H

#include <fedpat/xmpp.h>

#include "daemon.h"

#define FPD_XMPP_SECONDS	30	/* from the header to the hand-over: dialback asks DNS */
#define FPD_XMPP_VERIFY_SECONDS	60	/* dialback's second connection, from its first element */
#define FPD_XMPP_LINGER		2	/* for a refused caller to read why */
#define FPD_XMPP_IN		(FP_XMPP_MAX_TOTAL + 4096)
#define FPD_XMPP_OUT		(3 * FPD_XMPP_IN)

enum fpd_xmpp_state {
	FPD_XMPP_HEAD,		/* the caller's header is awaited */
	FPD_XMPP_CONNECT,	/* the other side is dialled */
	FPD_XMPP_OPEN,		/* both talk in clear */
	FPD_XMPP_ASKED,		/* <starttls/> was passed on; the caller is held */
	FPD_XMPP_PROCEED,	/* <proceed/> was passed on; the first TLS record is awaited */
	FPD_XMPP_VERIFY,	/* dialback's second connection, element by element */
	FPD_XMPP_SETTLED,	/* bytes that were read are sent, then both sockets go */
	FPD_XMPP_ENDING,	/* what was read is sent, then both are closed */
	FPD_XMPP_REFUSED,	/* the caller reads why */
};

/**
 * struct fpd_xmpp_end - one end of a stream
 * @fd: its socket; that of the caller is the connection's
 * @rd: event for reading
 * @wr: event for writing
 * @parser: of what it sends
 * @in: bytes that it sent and that were not passed on
 * @in_len: how many
 * @out: bytes for it
 * @out_len: how many
 * @out_off: of these, sent
 */
struct fpd_xmpp_end {
	int fd;
	struct event *rd;
	struct event *wr;
	struct fp_xmpp parser;
	uint8_t in[FPD_XMPP_IN];
	uint32_t in_len;
	uint8_t out[FPD_XMPP_OUT];
	uint32_t out_len;
	uint32_t out_off;
};

/**
 * struct fpd_xmpp - a stream; its connection's worker owns it
 * @conn: connection of the caller
 * @state: enum fpd_xmpp_state
 * @end: [0] the caller, [1] the called
 * @from: domain that the stream comes from, in lower case
 * @to: domain that it is for
 * @version: major version of the caller's header
 * @tls: enum fedpat_stream_tls, never default
 * @starttls: both went on to TLS
 * @verify_only: the direction is closed but for dialback's second connection
 * @theirs: name of the domain object, or the domain itself where none lists it
 * @node: name of our node
 * @other_zone: zone of the called
 * @target: address of the called
 * @source: address to dial from, family 0 for any
 */
struct fpd_xmpp {
	struct fpd_conn *conn;
	enum fpd_xmpp_state state;
	struct fpd_xmpp_end end[2];
	char from[FEDPAT_FQDN_MAX + 1];
	char to[FEDPAT_FQDN_MAX + 1];
	uint32_t version;
	uint32_t tls;
	bool starttls;
	bool verify_only;
	char theirs[FEDPAT_FQDN_MAX + 1];
	char node[FEDPAT_NAME_MAX + 1];
	char other_zone[FEDPAT_NAME_MAX + 1];
	union fpd_addr target;
	union fpd_addr source;
};

/* xmpp_policy.c: any thread. 0, or the reason is noted in the connection. */
int fpd_xmpp_decide(struct fpd_xmpp *x);
const char *fpd_xmpp_condition(enum fp_reason reason);

#endif /* _FPD_XMPP_H */
