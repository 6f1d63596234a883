/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live checks: does the federation stand, seen from the gateway?
 *
 * A check is a row of a table (check_table.c); what it is run against is a
 * probe: the gateway itself, one of our domains, a partner, a node, an XMPP
 * domain. The checks of a probe run one after the other in one thread, several
 * probes at a time; results are told in the order of the probes. Every wait
 * has a deadline, and every input a bound.
 */
#ifndef _FP_CHECK_H
#define _FP_CHECK_H

#include "model.h"

#define FP_CHECKS	16	/* C1 to C16 */

enum fp_check_state {
	FP_CHECK_OK,
	FP_CHECK_SKIP,
	FP_CHECK_WARN,
	FP_CHECK_FAIL,
};

#define FP_FINDINGS_OF_CHECK	8
#define FP_CHECK_TEXT		400

/**
 * struct fp_found - one thing that a check saw
 * @state: how bad it is
 * @text: what was seen, in words
 * @mend: what to do; empty where nothing is to be done
 */
struct fp_found {
	enum fp_check_state state;
	char text[FP_CHECK_TEXT];
	char mend[FP_CHECK_TEXT];
};

/**
 * struct fp_check_result - what a check found
 * @state: the worst of @found
 * @n: how many; those beyond the room are dropped, the worst is kept
 * @ms: how long it took
 * @found: in the order of discovery
 */
struct fp_check_result {
	enum fp_check_state state;
	u32 n;
	u32 ms;
	struct fp_found found[FP_FINDINGS_OF_CHECK];
};

/* What a probe is; bits, for the table. */
enum fp_probe_kind {
	FP_PROBE_GATEWAY	= 1 << 0,
	FP_PROBE_LOCAL		= 1 << 1,	/* a domain of ours */
	FP_PROBE_PEER		= 1 << 2,	/* a partner */
	FP_PROBE_NODE		= 1 << 3,	/* an inside server */
	FP_PROBE_XMPP		= 1 << 4,	/* an XMPP domain */
	FP_PROBE_XMPP_LOCAL	= 1 << 5,	/* an XMPP domain of ours */
};

struct fp_probe;

/**
 * struct fp_check - one row of the table
 * @id: its number: 9 is C9
 * @title: a few words
 * @explain: what it asks and why, for help
 * @kinds: FP_PROBE_* that it is made for
 * @needs: bits of checks of the same probe that must not have failed
 * @after: bits of checks whose findings it reads: they run first, even untold
 * @on_request: only when asked for
 * @run: does it
 */
struct fp_check {
	u8 id;
	const char *title;
	const char *explain;
	u32 kinds;
	u32 needs;
	u32 after;
	bool on_request;
	void (*run)(struct fp_probe *p, struct fp_check_result *r);
};

#define FP_CHECK_BIT(id)	(1u << (id))

/* In the order in which they run; ends with an empty one. */
extern const struct fp_check fp_checks[];

const struct fp_check *fp_check_find(u32 id);
/* "C5", "c5" or "5"; 0 when it is none. */
u32 fp_check_parse(const char *text);
const char *fp_check_state_word(enum fp_check_state state);

/**
 * struct fp_check_opts - what to check and how
 * @only: bits of checks; 0 = all but those on request
 * @scope: names of federations; n 0 = all
 * @owner: only partners of this workflow's federation, or NULL
 * @domain: only partners and domains of this name, or NULL
 * @timeout: of each wait, ms
 * @dns: address of the DNS server, or NULL for /etc/resolv.conf
 * @anchor: file of the DNSSEC trust anchor, or NULL: answers are taken as they come
 * @daemon: process of the daemon, 0 = it does not run
 * @from: user for C16, "alice@example.com", or NULL
 * @to: user for C16, or NULL
 * @pending: the policy of a file is not in force yet: so many steps are missing
 * @threads: probes at a time
 */
struct fp_check_opts {
	u32 only;
	struct fp_strs scope;
	const char *owner;
	const char *domain;
	u32 timeout;
	const char *dns;
	const char *anchor;
	int daemon;
	const char *from;
	const char *to;
	u32 pending;
	u32 threads;
};

#define FP_CHECK_TIMEOUT	5000	/* ms */
#define FP_CHECK_THREADS	8

/**
 * struct fp_check_ui - who listens; called from the thread that runs the checks
 * @begin: a check begins
 * @end: it ended
 * @arg: for both
 */
struct fp_check_ui {
	void (*begin)(void *arg, const char *probe, const struct fp_check *check);
	void (*end)(void *arg, const char *probe, const struct fp_check *check,
		    const struct fp_check_result *r);
	void *arg;
};

/**
 * struct fp_check_sum - how many checks ended how
 * @n: by enum fp_check_state
 */
struct fp_check_sum {
	u32 n[FP_CHECK_FAIL + 1];
};

int fp_checks_run(const struct fp_model *model, const struct fp_check_opts *opts,
		  const struct fp_check_ui *ui, struct fp_check_sum *sum);

#endif /* _FP_CHECK_H */
