/* SPDX-License-Identifier: GPL-2.0 */
/* How the servers that the daemon dials fare, from the file that it keeps. */
#ifndef _CTL_SERVERS_H
#define _CTL_SERVERS_H

#include <jansson.h>

struct ctl;

/* Fields of a line of the file; the text is the last. */
enum server_field {
	SERVER_FEDERATION,
	SERVER_NAME,
	SERVER_ADDR,
	SERVER_STATE,	/* up, down */
	SERVER_SINCE,
	SERVER_NEXT,	/* end of its pause */
	SERVER_ASKED,	/* when its health was asked last, 0 = never */
	SERVER_TOOK,	/* ms until it answered */
	SERVER_REASON,	/* empty while it is up */
	SERVER_TEXT,
	SERVER_FIELDS
};

typedef void (*server_fn)(char *const v[SERVER_FIELDS], void *arg);
void servers_each(server_fn fn, void *arg);
void servers_show(struct ctl *ctl, const char *name);
void status_servers(struct ctl *ctl);
json_t *servers_json(void);

#endif /* _CTL_SERVERS_H */
