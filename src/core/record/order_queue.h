/* order_queue.h - bans that wait: for their turn, or for what the firewall holds.
 *
 * Path:    order_history -> [order_queue] -> ban_rate -> io/run/apply_orders.   Pure.
 * Why:     a flood of bans, forged or by mistake, must not hold up the input, in which unbans and
 *          real bans come.
 * Order:   the ban that came last is carried out first, so that one behind a flood does not wait
 *          for it. Repeated bans come after all others: the root repeats many at a time.
 * Full:    the ban that came first makes room, a repeated one before others: it comes again.
 * Client:  a client has one place, which moves to the front with each order.
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

/* Takes out the next one: of ORDER_LINE_UNKNOWN the one that came first, of others in their order.
 * False when there is none. */
bool order_queue_next_unknown(struct order_queue *q, struct waiting_ban *out);
bool order_queue_next(struct order_queue *q, struct waiting_ban *out);

uint32_t order_queue_n(const struct order_queue *q, enum order_line line);

#endif
