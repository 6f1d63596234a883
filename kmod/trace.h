/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: commits, verdicts, states of legs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fedpat

#if !defined(_FP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _FP_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <fedpat/acl.h>
#include <fedpat/reasons.h>
#include <fedpat/sip.h>

TRACE_EVENT(fedpat_commit,
	TP_PROTO(u32 netns, u32 generation, u32 objects, u32 aces, u64 usecs, int err),
	TP_ARGS(netns, generation, objects, aces, usecs, err),
	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, generation)
		__field(u32, objects)
		__field(u32, aces)
		__field(u64, usecs)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->netns = netns;
		__entry->generation = generation;
		__entry->objects = objects;
		__entry->aces = aces;
		__entry->usecs = usecs;
		__entry->err = err;
	),
	TP_printk("netns=%u generation=%u objects=%u aces=%u usecs=%llu err=%d",
		  __entry->netns, __entry->generation, __entry->objects,
		  __entry->aces, __entry->usecs, __entry->err)
);

/* A verdict of the packet plane: @what names the list, class or rule. */
TRACE_EVENT(fedpat_verdict,
	TP_PROTO(u32 netns, const struct fp_acl_key *key, const char *verdict,
		 const char *what, u32 line),
	TP_ARGS(netns, key, verdict, what, line),
	TP_STRUCT__entry(
		__field(u32, netns)
		__array(u8, src, 16)
		__array(u8, dst, 16)
		__field(u8, family)
		__field(u8, proto)
		__field(u16, sport)
		__field(u16, dport)
		__field(u32, line)
		__array(char, verdict, 16)
		__array(char, what, 64)
	),
	TP_fast_assign(
		__entry->netns = netns;
		memcpy(__entry->src, key->src.b, 16);
		memcpy(__entry->dst, key->dst.b, 16);
		__entry->family = key->src.family;
		__entry->proto = key->proto;
		__entry->sport = key->sport;
		__entry->dport = key->dport;
		__entry->line = line;
		strscpy(__entry->verdict, verdict, sizeof(__entry->verdict));
		strscpy(__entry->what, what, sizeof(__entry->what));
	),
	TP_printk("netns=%u proto=%u family=%u src=%*phC dst=%*phC sport=%u dport=%u verdict=%s by=%s line=%u",
		  __entry->netns, __entry->proto, __entry->family,
		  __entry->family == 4 ? 4 : 16, __entry->src,
		  __entry->family == 4 ? 4 : 16, __entry->dst,
		  __entry->sport, __entry->dport, __entry->verdict,
		  __entry->what, __entry->line)
);

TRACE_EVENT(fedpat_leg,
	TP_PROTO(u32 netns, u32 id, const char *state, const char *reason),
	TP_ARGS(netns, id, state, reason),
	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, id)
		__array(char, state, 16)
		__array(char, reason, 64)
	),
	TP_fast_assign(
		__entry->netns = netns;
		__entry->id = id;
		strscpy(__entry->state, state, sizeof(__entry->state));
		strscpy(__entry->reason, reason, sizeof(__entry->reason));
	),
	TP_printk("netns=%u leg=%u state=%s reason=%s", __entry->netns,
		  __entry->id, __entry->state, __entry->reason)
);

/* A message of the stream plane: sent from leg to leg, or refused. */
TRACE_EVENT(fedpat_message,
	TP_PROTO(u32 netns, u32 in, u32 out, const struct fp_sip_msg *msg, u32 reason),
	TP_ARGS(netns, in, out, msg, reason),
	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, in)
		__field(u32, out)
		__field(u32, len)
		__field(u16, status)
		__array(char, method, 16)
		__array(char, reason, 64)
	),
	TP_fast_assign(
		struct fp_slice m = fp_method_name(msg->cseq_method);

		__entry->netns = netns;
		__entry->in = in;
		__entry->out = out;
		__entry->len = msg->len;
		__entry->status = msg->is_request ? 0 : msg->status;
		m.len = min_t(u32, m.len, sizeof(__entry->method) - 1);
		memcpy(__entry->method, m.p, m.len);
		__entry->method[m.len] = 0;
		strscpy(__entry->reason, fp_reason_info(reason)->name,
			sizeof(__entry->reason));
	),
	TP_printk("netns=%u in=%u out=%u method=%s status=%u len=%u reason=%s",
		  __entry->netns, __entry->in, __entry->out, __entry->method,
		  __entry->status, __entry->len, __entry->reason)
);

#endif /* _FP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
