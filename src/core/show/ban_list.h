/* ban_list.h - who is banned in the kernel, for people and for programs.
 *
 * Path:    the kernel's sets + state -> [ban_list] -> anomban --list.   Pure.
 * Promise: nothing but printable ASCII, whatever visitors asked for.
 */
#ifndef CORE_SHOW_BAN_LIST_H
#define CORE_SHOW_BAN_LIST_H

#include <stddef.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/record/lift.h"
#include "core/record/state.h"

/* Room for any of the calls below: a ban with every rule and the longest request. */
#define BAN_LIST_BYTES_MAX 2048

/* One ban that the kernel has. */
struct ban_list_row {
	struct address client;
	struct span left;              /* SPAN_MAX: permanent */
	const struct state_ban *known; /* what the detector knows of it; NULL: nothing */
	bool by_others;                /* the detector did not decide it */
};

struct ban_list {
	struct lift_sets sets;
	struct instant now;
	size_t client_width; /* columns; of the longest client */
};

/* A table: its heading, a line for each ban, and how to lift one. */
void ban_list_put_heading(struct buf *out, const struct ban_list *l);
void ban_list_put_line(struct buf *out, const struct ban_list *l, const struct ban_list_row *row);
void ban_list_put_advice(struct buf *out, const struct ban_list *l);

/* One object, as anomban(8) describes it: its beginning, each ban, its end. */
void ban_list_put_begin(struct buf *out, const struct ban_list *l);
void ban_list_put_object(
	struct buf *out, const struct ban_list *l, const struct ban_list_row *row, bool is_first);
void ban_list_put_end(struct buf *out);

#endif
