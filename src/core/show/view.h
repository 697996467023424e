/* view.h - the state in other formats than the screen's, for other programs and for a browser.
 *
 * Path:    state_read -> status -> [view] -> anomstat's standard output.   Pure.
 * Promise: each format reports when the state is stale or the run has stopped. Text comes only from
 *          a state that state_read accepted, and is escaped as the format requires.
 */
#ifndef CORE_SHOW_VIEW_H
#define CORE_SHOW_VIEW_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/record/memory.h"
#include "core/record/state.h"
#include "core/show/status.h"

/* What the largest of them takes. */
#define VIEW_BYTES_MAX (2 * STATE_BYTES_MAX)

/* The state's own members, as they are in its file, and then what follows from them. */
void view_json(const struct state *s, struct instant now, struct buf *out);

/* One page for a browser, whole and by itself, that loads itself anew every 3 s. */
void view_html(const struct state *s, struct instant now, struct buf *out);

/* Prometheus' text format 0.0.4, for node_exporter's textfile collector. */
void view_prometheus(const struct state *s, struct instant now, struct buf *out);

/* One line as monitoring plugins print it; returns their exit status. */
enum status_check view_check(const struct state *s, struct instant now, struct buf *out);

/* The line for when there is no state to look at, and why, which may hold any bytes. */
void view_check_unknown(const char *why, struct buf *out);

/* What is known of one client, for people. `remembered` is its entry in the memory file, or NULL;
 * `memory_why` says why that file could not be used, or is NULL. */
void view_client(const struct state *s, struct instant now, const struct address *client,
	const struct memory_client *remembered, const char *memory_why, struct buf *out);

#endif
