/* order_queue.h - queues of bans that wait for their turn, or until the caller has read from the
 * firewall when the client's present ban ends.
 *
 * Path:    order_history -> [order_queue] -> ban_rate -> io/run/apply_orders.   Pure.
 * Why:     a flood of bans, forged or by mistake, must not block the input, because unbans and real
 *          bans also arrive on the input.
 * Turns:   a repeated ban is one that its host announces again. The turns go to the newest ban, the
 *          oldest ban, the newest ban, the oldest repeated ban, and so on. If no repeated ban
 *          waits, the fourth turn goes to the oldest ban. So a ban after a flood, a ban in the
 *          middle of a flood and a ban that the root repeats are all carried out.
 * Bound:   n is the number of bans that wait when a new ban comes; r bans per second are carried
 *          out. The new ban is carried out within 2 n / r seconds, or within 4 n / r seconds if
 *          repeated bans wait, too. A repeated ban is carried out within 4 n / r seconds. Later
 *          bans do not change these bounds. But if ORDER_QUEUE_MAX bans wait, a ban may be evicted
 *          before its turn.
 * Full:    the repeated ban that came first is evicted, because its host repeats it again. If no
 *          repeated ban waits, the ban that came first is evicted.
 * Client:  a client has one place in the queues. A new order moves the client to the newest place
 *          of a queue; a repeated order does not.
 * Memory:  fixed: ORDER_QUEUE_MAX entries of 72 bytes; pages are touched as the queue fills.
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
	uint32_t lines;       /* number of input lines that ordered the ban */
	bool repeated;
	bool compared; /* `until` is known to be later than the end in the firewall */
};

/* The queues. */
enum order_line {
	ORDER_LINE_FRESH,
	ORDER_LINE_REPEATED,
	ORDER_LINE_UNKNOWN, /* the end of the client's ban in the firewall must be read first */
	ORDER_LINES
};

/* The queues have room for `max` bans. Returns NULL if memory is short. */
struct order_queue *order_queue_new(uint32_t max, struct hash_key key);
void order_queue_free(struct order_queue *q);

/* Inserts a ban, into ORDER_LINE_UNKNOWN if `unknown` is true. The ban replaces a waiting ban of
 * the same client, whose `lines` are added to the new ban. Returns true if another ban was evicted;
 * it is copied to *dropped. */
bool order_queue_put(struct order_queue *q, const struct waiting_ban *ban, bool unknown,
	struct waiting_ban *dropped);

/* Removes the client's ban and copies it to *out. Returns false if no ban of the client waits. */
bool order_queue_remove(
	struct order_queue *q, const struct address *entry, struct waiting_ban *out);

/* The client's ban in ORDER_LINE_UNKNOWN, or NULL. */
const struct waiting_ban *order_queue_find_unknown(
	const struct order_queue *q, const struct address *entry);

/* order_queue_next_unknown removes the ban that came first to ORDER_LINE_UNKNOWN. order_queue_next
 * removes the next ban of the other queues, by turns. Both return false if no ban waits. */
bool order_queue_next_unknown(struct order_queue *q, struct waiting_ban *out);
bool order_queue_next(struct order_queue *q, struct waiting_ban *out);

uint32_t order_queue_n(const struct order_queue *q, enum order_line line);

#endif
