/* order_queue.h - bans that wait: for their turn, or for what the firewall holds.
 *
 * Path:    order_history -> [order_queue] -> ban_rate -> io/run/apply_orders.   Pure.
 * Why:     a flood of bans, forged or by mistake, must not hold up the input, in which unbans and
 *          real bans come.
 * Order:   turns: the newest, the oldest, the newest, the oldest repeated one; the oldest in place
 *          of a repeated one when none waits. So a ban behind a flood, one in its middle and the
 *          bans that the root repeats all go on.
 * Bound:   of the n bans that wait when a ban comes, and at r bans per second: it is carried out
 *          within 2 n / r seconds, or 4 n / r when repeated ones wait, too, whatever comes after;
 *          a repeated one within 4 n / r. Unless ORDER_QUEUE_MAX wait, and it makes room.
 * Full:    the ban that came first makes room, a repeated one before others: it comes again.
 * Client:  a client has one place. It becomes the newest with each order, but not with a repeated
 *          one.
 * Memory:  fixed: ORDER_QUEUE_MAX of 72 bytes, touched as they fill.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_ORDER_QUEUE_H
#define CORE_RECORD_ORDER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/base/instant.h"

#define ORDER_QUEUE_MAX 65536

struct order_queue;

struct waiting_ban {
	struct address entry;
	struct instant until; /* INSTANT_MAX: permanent */
	uint32_t lines;       /* of input that ordered it */
	bool repeated;
	bool compared; /* with the end that the firewall holds, which is earlier */
};

enum order_line {
	ORDER_LINE_FRESH,
	ORDER_LINE_REPEATED,
	ORDER_LINE_UNKNOWN, /* the firewall has the client, and until when must be looked up */
	ORDER_LINES
};

/* Room for `max`. NULL when memory is short. */
struct order_queue *order_queue_new(uint32_t max, struct hash_key key);
void order_queue_free(struct order_queue *q);

/* Puts a ban in, instead of one that waits for its client, whose lines it takes over. `unknown`:
 * into ORDER_LINE_UNKNOWN. True: *dropped is the ban that made room. */
bool order_queue_put(struct order_queue *q, const struct waiting_ban *ban, bool unknown,
	struct waiting_ban *dropped);

/* Takes the client's ban out. False when none waits. */
bool order_queue_remove(
	struct order_queue *q, const struct address *entry, struct waiting_ban *out);

/* Finds the client's ban in ORDER_LINE_UNKNOWN. */
const struct waiting_ban *order_queue_find_unknown(
	const struct order_queue *q, const struct address *entry);

/* Takes out the next one: of ORDER_LINE_UNKNOWN the one that came first, of others by turns.
 * False when there is none. */
bool order_queue_next_unknown(struct order_queue *q, struct waiting_ban *out);
bool order_queue_next(struct order_queue *q, struct waiting_ban *out);

uint32_t order_queue_n(const struct order_queue *q, enum order_line line);

#endif
