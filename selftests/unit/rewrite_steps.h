/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One message through the rewriting of one environment, and what is asked of the
 * result. Each says what it saw when it is not what was wanted.
 */
#ifndef _FEDPAT_SELFTEST_REWRITE_STEPS_H
#define _FEDPAT_SELFTEST_REWRITE_STEPS_H

#include "relay_env.h"

#define VIA_IN "Via: SIP/2.0/TLS 192.0.2.11:5062;branch=z9hG4bKnode1\r\n"
#define EDGE_SENT "SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bKedge1"
#define VIA_EDGE "Via: " EDGE_SENT "\r\n"
#define FROM_IN "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
#define TO_OUT "To: <sip:bob@example.net>\r\n"
#define FROM_OUT "From: \"Bob\" <sip:bob@example.net>;tag=b1\r\n"
#define TO_IN "To: <sip:alice@example.com>\r\n"
#define REST_ "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
#define REST "Call-ID: c1\r\n" REST_
#define END "Content-Length: 0\r\n\r\n"
#define REQ_OUT "INVITE sip:bob@example.net SIP/2.0\r\n" VIA_IN FROM_IN TO_OUT REST
#define REQ_IN "INVITE sip:alice@example.com SIP/2.0\r\n" VIA_EDGE FROM_OUT TO_IN REST

/* Where messages go through; the test makes and frees it. */
extern struct env *e;

/* Nothing of the inside is in the result. */
bool clean(const struct env *env);
/* A request of the routing node to the partner; never leaks. */
bool out(const char *text);
bool in(const char *text);
/* @passed is false, and for that reason. */
bool refused(bool passed, const char *reason);
bool has(const char *text);
bool hasnt(const char *text);
/* A header of the last result; @want is NULL where there must be none. */
bool header_is(const char *name, const char *want);
/* The same to keep; the caller frees it. */
char *header(const char *name);
bool length_right(void);

#endif /* _FEDPAT_SELFTEST_REWRITE_STEPS_H */
