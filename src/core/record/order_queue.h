/* order_queue.h - queues of bans that wait for their turn, or for the end of a ban in the firewall.
 *
 * Path:    order_history -> [order_queue] -> ban_rate -> io/run/apply_orders.   Pure.
 * Why:     a flood of bans, forged or by mistake, must not block the input, because unbans and real
 *          bans arrive there.
 * Order:   in turns: the newest ban, the oldest, the newest, the oldest repeated one. If no
 *          repeated ban waits, its turn goes to the oldest ban. So a ban after a flood, a ban in
 *          the middle of it and the bans that the root repeats are all carried out.
 * Bound:   n bans wait when a ban comes, and r bans per second are carried out. Then this ban is
 *          carried out within 2 n / r seconds, or within 4 n / r if repeated bans wait, too. A
 *          repeated ban is carried out within 4 n / r seconds. Later bans do not change this. But a
 *          ban may be evicted if ORDER_QUEUE_MAX bans wait.
 * Full:    the ban that came first is evicted. Repeated bans are evicted before others, because
 *          they come again.
 * Client:  a client has one place. Every order makes it the newest, except for a repeated order.
 * Memory:  fixed: ORDER_QUEUE_MAX of 72 bytes; pages are touched as the queue fills.
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
	uint32_t lines;       /* number of input lines that ordered it */
	bool repeated;
	bool compared; /* `until` is known to be later than the end in the firewall */
};

enum order_line {
	ORDER_LINE_FRESH,
	ORDER_LINE_REPEATED,
	ORDER_LINE_UNKNOWN, /* the firewall has the client, and its end there must be read first */
	ORDER_LINES
};

/* Has room for `max` bans. Returns NULL if memory is short. */
struct order_queue *order_queue_new(uint32_t max, struct hash_key key);
void order_queue_free(struct order_queue *q);

/* Inserts a ban. It replaces a waiting ban of its client and adds that ban's `lines` to its own.
 * `unknown`: inserts it into ORDER_LINE_UNKNOWN. Returns true if a ban was evicted, which is then
 * *dropped. */
bool order_queue_put(struct order_queue *q, const struct waiting_ban *ban, bool unknown,
	struct waiting_ban *dropped);

/* Removes the client's ban. Returns false if none waits. */
bool order_queue_remove(
	struct order_queue *q, const struct address *entry, struct waiting_ban *out);

/* The client's ban in ORDER_LINE_UNKNOWN, or NULL. */
const struct waiting_ban *order_queue_find_unknown(
	const struct order_queue *q, const struct address *entry);

/* order_queue_next_unknown removes the first ban that came to ORDER_LINE_UNKNOWN. order_queue_next
 * removes the next ban of the other queues, by turns. Both return false if none waits. */
bool order_queue_next_unknown(struct order_queue *q, struct waiting_ban *out);
bool order_queue_next(struct order_queue *q, struct waiting_ban *out);

uint32_t order_queue_n(const struct order_queue *q, enum order_line line);

#endif
