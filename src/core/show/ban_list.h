/* ban_list.h - the list of banned clients in the kernel, for people and for programs.
 *
 * Path:    the kernel's sets + state -> [ban_list] -> anomban --list.   Pure.
 * Promise: the output is printable ASCII, whatever bytes the logged requests contain.
 */
#ifndef CORE_SHOW_BAN_LIST_H
#define CORE_SHOW_BAN_LIST_H

#include <stddef.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/record/lift.h"
#include "core/record/state.h"

/* Enough for the output of any call below: a ban with every rule and the longest request. */
#define BAN_LIST_BYTES_MAX 2048

/* One ban in the kernel. */
struct ban_list_row {
	struct address client;
	struct span left;              /* SPAN_MAX: permanent */
	const struct state_ban *known; /* the ban in the state; NULL: it is not in the state */
	bool by_others;                /* the detector did not make the ban */
};

struct ban_list {
	struct lift_sets sets;
	struct instant now;
	size_t client_width; /* width of the column CLIENT: the longest client as a text */
};

/* A table: its heading, one line per ban, and the command that lifts a ban. */
void ban_list_put_heading(struct buf *out, const struct ban_list *l);
void ban_list_put_line(struct buf *out, const struct ban_list *l, const struct ban_list_row *row);
void ban_list_put_advice(struct buf *out, const struct ban_list *l);

/* One JSON object, as anomban(8) describes it: its beginning, one call per ban, its end. */
void ban_list_put_begin(struct buf *out, const struct ban_list *l);
void ban_list_put_object(
	struct buf *out, const struct ban_list *l, const struct ban_list_row *row, bool is_first);
void ban_list_put_end(struct buf *out);

#endif
