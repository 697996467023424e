/* order_history.h - decides the effect of an order from the client's earlier orders.
 *
 * Path:    order -> [order_history] -> io/run/apply_orders.   Pure.
 * Why:     brokers deliver an event again, or late, and several hosts give orders. So the last
 *          order to arrive may not be the last one given.
 * Rule:    a client is banned until the latest end of all bans that are newer than its newest
 *          unban. At the same millisecond the unban wins: first, do no harm. The result does not
 *          depend on the order in which events arrive, nor on how often.
 * Older:   an event that changes nothing, because newer events were obeyed, is ignored.
 * Ahead:   an event with a time in the future counts as given now. Otherwise a clock that is ahead
 *          could give bans that no unban lifts. From then on, a ban lasts no longer than its own
 *          length. If the event is delivered again, the time of its first delivery counts. A ban
 *          over one second ahead counts as given at the beginning of the current second, because
 *          the time of an unban may be a whole second.
 * Unknown: an unban of a client that is not stored is ignored if it is no newer than the newest
 *          order of any evicted client: it may have been obeyed before.
 * Memory:  fixed: ORDER_HISTORY_CLIENTS of 288 bytes; pages are touched as the table fills. The
 *          client whose last order came longest ago is evicted. If a client has ORDER_HISTORY_BANS,
 *          its oldest ban is evicted, but not the one that ends last. Both evictions are counted.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_ORDER_HISTORY_H
#define CORE_RECORD_ORDER_HISTORY_H

#include "core/base/hash.h"
#include "core/record/order.h"

#define ORDER_HISTORY_CLIENTS 65536
/* Only bans that end later than every newer ban are stored. If bans get longer with each strike,
 * one is enough. */
#define ORDER_HISTORY_BANS 8
/* Unbans that were ahead of the clock, by at most 5 s (order.h); people give few unbans in that
 * time. */
#define ORDER_HISTORY_UNBANS 4

struct order_history;

/* The effect of an order. */
enum order_effect {
	ORDER_NO_EFFECT, /* newer events were obeyed */
	ORDER_BANS,      /* the client is banned until `until`, also if it was before */
	ORDER_UNBANS,
	ORDER_BANS_LESS /* a late unban: only newer bans remain, which end at `until` */
};

/* Has room for `clients`. Returns NULL if memory is short. */
struct order_history *order_history_new(uint32_t clients, struct hash_key key);
void order_history_free(struct order_history *h);

/* Obeys `order`, parsed by order_parse, for the client `entry`. *until is set for ORDER_BANS and
 * ORDER_BANS_LESS. */
enum order_effect order_history_take(struct order_history *h, const struct address *entry,
	const struct order *order, struct instant now, struct instant *until);

/* note_end stores the end that the caller has written to the firewall for a client.
 * order_history_end returns this end; 0 if it is not known, or if an unban was obeyed
 * afterwards. */
void order_history_note_end(
	struct order_history *h, const struct address *entry, struct instant until);
struct instant order_history_end(const struct order_history *h, const struct address *entry);

/* The number of evicted clients, and of evicted bans and unbans of clients. */
uint64_t order_history_forgotten(const struct order_history *h);

#endif
