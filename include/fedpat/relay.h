/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the gateway does with a parsed SIP message: inspect, route, rewrite,
 * refuse. Everything here is a function of (policy, leg, message): no state, no
 * allocation, no clock.
 *
 * The way of one message, in the relay:
 *
 *	reason = fp_sip_inspect(realm, in, msg, w);
 *	if (!reason)
 *		reason = fp_sip_route(realm, in, msg, w, &route);
 *	if (reason)                       -> fp_sip_refuse(), count reason
 *	switch (route.kind)
 *	FP_ROUTE_SELF                     -> fp_sip_answer_options()
 *	FP_ROUTE_ABSORB                   -> forget it
 *	FP_ROUTE_RESPONSE, _NODE, _DOMAIN -> find leg `out`; none: hold the message
 *	reason = fp_sip_rewrite(realm, in, out, msg, &route, w);
 *	send the pieces of w->edits
 *
 * fp_sip_rewrite() goes on where fp_sip_route() stopped and needs the same
 * @w, untouched in between. A message that was held is inspected and routed
 * again when its leg is there: the policy may have changed meanwhile.
 */
#ifndef _FEDPAT_RELAY_H
#define _FEDPAT_RELAY_H

#include <fedpat/edit.h>
#include <fedpat/realm.h>
#include <fedpat/reasons.h>
#include <fedpat/types.h>

struct fp_sip_msg;

/* The leg may speak for every domain (inside legs; policy said "any"). */
#define FP_LEG_ANY_DOMAIN	0x01

/**
 * struct fp_leg_view - what the core knows of the leg a message came from or goes to
 * @id: number of the leg; comes back in struct fp_route of a response
 * @side: enum fp_side
 * @tp: enum fp_tp as the peer sees it (a leg whose TLS ends in the daemon is TLS)
 * @flags: FP_LEG_*
 * @local: our end of the connection
 * @remote: the peer's end
 * @orig_dst: what the peer dialled before any redirection. Outside legs: the
 *	public endpoint, whose static-PAT row gets requests that name no dialog.
 *	port 0 where we dialled
 * @peer: proved name of the peer, empty where it is bound by address
 * @domains: domains it may speak for; looked at on outside legs only
 * @self_host: our own name or address on this leg: Via sent-by. Outside over
 *	TLS the public FQDN, otherwise the public address; inside the gateway's
 *	inside address or name
 * @self_port: port that goes with it; 0 leaves it out
 */
struct fp_leg_view {
	u32 id;
	u8 side;
	u8 tp;
	u8 flags;
	struct fp_endpoint local;
	struct fp_endpoint remote;
	struct fp_endpoint orig_dst;
	struct fp_slice peer;
	const struct fp_nameset *domains;
	struct fp_slice self_host;
	u16 self_port;
};

enum fp_route_kind {
	FP_ROUTE_REFUSE,	/* see @reason: answer requests, drop responses and ACK */
	FP_ROUTE_RESPONSE,	/* to leg @leg_id, else by @endpoint or @host */
	FP_ROUTE_NODE,		/* to the inside: @endpoint over @tp */
	FP_ROUTE_DOMAIN,	/* to the outside: @host, @port name the next hop */
	FP_ROUTE_SELF,		/* for the gateway: fp_sip_answer_options() */
	FP_ROUTE_ABSORB,	/* ACK to a refusal of ours: done */
};

#define FP_ROUTE_HAS_PORT	0x01	/* @port was written in the message */
#define FP_ROUTE_BY_ROUTE	0x02	/* next hop from a Route header */
#define FP_ROUTE_BY_TOKEN	0x04	/* in a dialog: a token named the target */

/**
 * struct fp_route - where a message goes
 * @kind: enum fp_route_kind
 * @reason: why it is refused, FP_R_NONE otherwise
 * @flags: FP_ROUTE_*
 * @leg_id: RESPONSE: leg that the request came from. Use it only if its remote
 *	end still is @endpoint or it belongs to the same node or peer
 * @endpoint: NODE: target. RESPONSE: remote end of the leg when the request came
 * @reply: RESPONSE: where to connect when that leg is gone (RFC 3261 18.2.2);
 *	family 0 where only @host is known
 * @tp: transport towards the target, FP_TP_NONE when the message does not say
 * @host: DOMAIN: host of the next hop (topmost Route, else Request-URI), in the
 *	message: a federated domain, a partner's server name or an IP literal.
 *	RESPONSE: sent-by host of the next Via, may be empty
 * @port: port of @host, 0 when none is written
 * @alt: DOMAIN: domain of the remote user (To), to be looked up when @host is
 *	no domain or peer that the policy knows. After that: orig_dst of the leg
 * @row: NODE: static-PAT row of the node; @endpoint always is one of a row
 */
struct fp_route {
	u8 kind;
	u8 tp;
	u8 flags;
	enum fp_reason reason;
	u32 leg_id;
	struct fp_endpoint endpoint;
	struct fp_endpoint reply;
	struct fp_slice host;
	u16 port;
	struct fp_slice alt;
	s32 row;
};

/* What the rewrite left alone or noticed; for counters. */
#define FP_NOTE_USER_TEXT	0x0001	/* text for people: not looked into */
#define FP_NOTE_SIGNED		0x0002	/* signed or encrypted part: not looked into */
#define FP_NOTE_OPAQUE_BODY	0x0004	/* body of a type nobody knows, or encoded */
#define FP_NOTE_MEDIA		0x0008	/* audio, video ... in a response's session description */
#define FP_NOTE_OLD_KEY		0x0010	/* a token was made with the previous key */
#define FP_NOTE_FOREIGN		0x0020	/* partner uses an address that looks like ours: wrapped */
#define FP_NOTE_MASKED		0x0040	/* User-Agent or Server masked */
#define FP_NOTE_TOKENS		0x0080	/* something was sealed or unsealed */

#define FP_WORK_EDITS		768
#define FP_WORK_SCRATCH		(20 * 1024)
#define FP_WORK_TMP		(10 * 1024)
#define FP_WORK_SUB		2048

/**
 * struct fp_sip_work - memory of one rewrite; one per CPU will do
 * @edits: the result of fp_sip_rewrite()
 * @notes: FP_NOTE_*, valid after fp_sip_rewrite()
 * @refused_at: offset in the message of what was refused, where one is known
 *
 * The rest is the core's. About 62 KiB: never on a stack.
 */
struct fp_sip_work {
	struct fp_edits edits;
	u32 notes;
	u32 refused_at;
	/* private */
	struct fp_edit edit[FP_WORK_EDITS];
	u8 scratch[FP_WORK_SCRATCH];
	u8 tmp[FP_WORK_TMP];		/* plaintext and tokens in the making */
	u8 via[FP_WORK_TMP];		/* opened Via token, from route to rewrite */
	u32 via_len;
	u32 via_vias;			/* where the inside Vias begin in @via */
	u32 own_routes;			/* topmost Route values that are ours */
	u8 sub_in[FP_WORK_SUB];		/* text without its escapes */
	u32 sub_map[FP_WORK_SUB + 1];	/* where its bytes stand */
};

enum fp_reason __must_check
fp_sip_inspect(const struct fp_realm *realm, const struct fp_leg_view *in,
	       const struct fp_sip_msg *msg, struct fp_sip_work *w);

enum fp_reason __must_check
fp_sip_route(const struct fp_realm *realm, const struct fp_leg_view *in,
	     const struct fp_sip_msg *msg, struct fp_sip_work *w,
	     struct fp_route *route);

enum fp_reason __must_check
fp_sip_rewrite(const struct fp_realm *realm, const struct fp_leg_view *in,
	       const struct fp_leg_view *out, const struct fp_sip_msg *msg,
	       const struct fp_route *route, struct fp_sip_work *w);

/*
 * UDP: rewriting by static-PAT rows only, no Via of our own. @from is the side
 * the packet came from; @node the inside end of the flow (it decides which of
 * several nodes behind one public address is meant). What has no row is refused.
 */
enum fp_reason __must_check
fp_sip_rewrite_alg(const struct fp_realm *realm, enum fp_side from,
		   const struct fp_endpoint *node,
		   const struct fp_sip_msg *msg, struct fp_sip_work *w);

/*
 * Responses of our own. Both return the length of the response in @buf, 0 where
 * none may be sent (a response, an ACK, nothing to answer to), -ENOSPC.
 * @retry_after: seconds, 0 for none.
 */
s32 __must_check
fp_sip_refuse(const struct fp_realm *realm, const struct fp_leg_view *in,
	      const struct fp_sip_msg *msg, enum fp_reason reason,
	      u32 retry_after, u8 *buf, u32 size);
s32 __must_check
fp_sip_answer_options(const struct fp_realm *realm, const struct fp_leg_view *in,
		      const struct fp_sip_msg *msg, u8 *buf, u32 size);

#endif /* _FEDPAT_RELAY_H */
