/* view.h - the state in formats for other programs and for a browser.
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

/* Enough for the largest output of any format. */
#define VIEW_BYTES_MAX (2 * STATE_BYTES_MAX)

/* The members of the state file, unchanged, and then the members that status.h derives. */
void view_json(const struct state *s, struct instant now, struct buf *out);

/* A complete page for a browser, which reloads itself every 3 s and loads nothing else. */
void view_html(const struct state *s, struct instant now, struct buf *out);

/* Prometheus' text format 0.0.4, for node_exporter's textfile collector. */
void view_prometheus(const struct state *s, struct instant now, struct buf *out);

/* One line in the format of monitoring plugins. Returns the exit status that fits the line. */
enum status_check view_check(const struct state *s, struct instant now, struct buf *out);

/* Like view_check, for the case that there is no state. `why` is the reason, and may contain any
 * bytes. */
void view_check_unknown(const char *why, struct buf *out);

/* Shows everything known about one client, for people. `remembered` is its entry in the memory
 * file, or NULL. `memory_why` is the reason why that file could not be used, or NULL. */
void view_client(const struct state *s, struct instant now, const struct address *client,
	const struct memory_client *remembered, const char *memory_why, struct buf *out);

#endif
