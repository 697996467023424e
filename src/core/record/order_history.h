/* order_history.h - what the earlier orders of a client make of the next one.
 *
 * Path:    order -> [order_history] -> io/run/apply_orders.   Pure.
 * Why:     brokers deliver an event again, or late, and several hosts give orders. So an order
 *          cannot be carried out just as it comes: the last one to come is not the last one given.
 * Rule:    a client is banned until the latest end of all bans that are newer than its newest
 *          unban. At the same millisecond the unban counts: first, do no harm. This does not depend
 *          on the order in which events come, nor on how often.
 * Older:   an event that changes nothing, because newer ones were obeyed, does nothing.
 * Ahead:   an event counts as given now at the latest, or a clock that is ahead could give bans
 *          that no unban lifts; a ban lasts no longer than its own length from then. Delivered
 *          again, it counts as given when it came first. A ban that is over a second ahead counts
 *          as given when this second began: the time of an unban may be a whole second.
 * Unknown: an unban of a client that is not held does nothing when it is no newer than the newest
 *          order of a client that made room: it may have been obeyed before.
 * Memory:  fixed: ORDER_HISTORY_CLIENTS of 288 bytes, touched as they fill. The client whose last
 *          order came longest ago makes room; so does the oldest ban of a client that has
 *          ORDER_HISTORY_BANS, but not its longest. Both are counted.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_ORDER_HISTORY_H
#define CORE_RECORD_ORDER_HISTORY_H

#include "core/base/hash.h"
#include "core/record/order.h"

#define ORDER_HISTORY_CLIENTS 65536
/* Only bans are held that are longer than each newer one: a schedule that gets longer with each
 * strike needs one. */
#define ORDER_HISTORY_BANS 8
/* Unbans that were ahead, which order.h bounds by 5 s: people give few in that time. */
#define ORDER_HISTORY_UNBANS 4

struct order_history;

/* What is to be done. */
enum order_effect {
	ORDER_NO_EFFECT, /* newer events were obeyed */
	ORDER_BANS,      /* banned until `until` at least; also when it was so before */
	ORDER_UNBANS,
	ORDER_BANS_LESS /* a late unban: only newer bans are left, which end at `until` */
};

/* Room for `clients`. NULL when memory is short. */
struct order_history *order_history_new(uint32_t clients, struct hash_key key);
void order_history_free(struct order_history *h);

/* Obeys `order`, of order_parse, for the client `entry`. *until is set for ORDER_BANS and
 * ORDER_BANS_LESS. */
enum order_effect order_history_take(struct order_history *h, const struct address *entry,
	const struct order *order, struct instant now, struct instant *until);

/* Notes the end that the caller has put into the firewall for a client, and gives it; 0 when it is
 * not known, or an unban was obeyed since. */
void order_history_note_end(
	struct order_history *h, const struct address *entry, struct instant until);
struct instant order_history_end(const struct order_history *h, const struct address *entry);

/* Clients, and bans and unbans of clients, that made room. */
uint64_t order_history_forgotten(const struct order_history *h);

#endif
