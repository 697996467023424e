/* order_history.h - decides the effect of an order from the client's earlier orders.
 *
 * Path:    order -> [order_history] -> io/run/apply_orders.   Pure.
 * Why:     brokers may deliver an event twice or late, and several hosts give orders. So the order
 *          that arrives last may not be the order that was given last.
 * Rule:    a client is banned until the latest end of all bans that are newer than its newest
 *          unban. If a ban and an unban are of the same millisecond, the unban wins, because a
 *          missing ban does less harm than a wrong ban. The result does not depend on the sequence
 *          in which events arrive, nor on how often they arrive.
 * Older:   an event that changes nothing, because newer events were obeyed, is ignored.
 * Ahead:   an event with a time in the future counts as given now. Otherwise a host whose clock is
 *          ahead could give bans that no unban lifts. The length of a ban with a time in the future
 *          is counted from now. If the event is delivered again, the time of its first delivery is
 *          used. Exception: a ban over one second ahead counts as given at the beginning of the
 *          current second, because the time of an unban may be a whole second.
 * Unknown: the unban of a client that is not stored may have been obeyed before the client was
 *          evicted. So this unban is ignored unless it is newer than all orders of evicted clients.
 * Memory:  fixed: ORDER_HISTORY_CLIENTS entries of 288 bytes; pages are touched as the table fills.
 *          If the table is full, the client whose last order is the oldest is evicted. If a client
 *          has ORDER_HISTORY_BANS bans, its oldest ban is evicted, but not the ban that ends last.
 *          Both evictions are counted.
 * Cost:    O(1).
 */
#ifndef CORE_RECORD_ORDER_HISTORY_H
#define CORE_RECORD_ORDER_HISTORY_H

#include "core/base/hash.h"
#include "core/record/order.h"

#define ORDER_HISTORY_CLIENTS 65536
/* Maximum number of stored bans per client. Only bans that end later than every newer ban are
 * stored. If bans get longer with each strike, one stored ban is enough. */
#define ORDER_HISTORY_BANS 8
/* Maximum number of stored unbans per client that were ahead of the clock. They are ahead by at
 * most 5 s (order.h), and people give only a few unbans in 5 s. */
#define ORDER_HISTORY_UNBANS 4

struct order_history;

/* The effect of an order. */
enum order_effect {
	ORDER_NO_EFFECT, /* newer events were obeyed */
	ORDER_BANS,      /* the client is banned until `until`; it may have been banned before */
	ORDER_UNBANS,
	ORDER_BANS_LESS /* a late unban: only newer bans remain, which end at `until` */
};

/* The history has room for `clients` clients. Returns NULL if memory is short. */
struct order_history *order_history_new(uint32_t clients, struct hash_key key);
void order_history_free(struct order_history *h);

/* Obeys `order`, which order_parse has returned. `entry`: the order's client, masked as in the
 * sets. *until is set for ORDER_BANS and ORDER_BANS_LESS. */
enum order_effect order_history_take(struct order_history *h, const struct address *entry,
	const struct order *order, struct instant now, struct instant *until);

/* order_history_note_end stores the end that the caller has written to the firewall for a client.
 * order_history_end returns the stored end. It returns 0 if no end is stored, or if an unban was
 * obeyed afterwards. */
void order_history_note_end(
	struct order_history *h, const struct address *entry, struct instant until);
struct instant order_history_end(const struct order_history *h, const struct address *entry);

/* The number of evicted clients, and of evicted bans and unbans of clients. */
uint64_t order_history_forgotten(const struct order_history *h);

#endif
