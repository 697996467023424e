/* apply_orders.h - carries out the bans and unbans that events order.
 *
 * Path:    core/record/order -> [apply_orders: order_history, order_queue, ban_rate] -> firewall.
 * Refused: an allowed client is not banned. A ban that the kernel refuses is retried once: 5 s
 *          later, or at the end of the input. By then, a full set may have room.
 * Longer:  if the sets already have a ban that ends later than the ordered ban, the later end
 *          stays, whoever made the ban. The kernel reports the end of an entry only in a listing of
 *          the whole set. So if the sets contain the client already, its ordered ban waits for the
 *          next listing. Each listing is compared with all bans that wait for it. There is at most
 *          one listing per second, and listings take at most about a tenth of the time. But if
 *          APPLY_ORDERS_COMPARED bans wait, the next listing is made immediately.
 * Many:    at most max_bans_per_minute bans are made per minute, spread over the minute. Further
 *          bans wait in a queue while the input is still read. An unban is carried out immediately,
 *          and removes the client's waiting ban.
 * Marker:  when many entries vanish together, a detector with the same sets assumes a flush and
 *          restores them. So an unban leaves a marker for the detector (io/firewall/firewall.h).
 * Time:    `now` is the wall clock, as in events; `steady` is the monotonic clock.
 */
#ifndef IO_RUN_APPLY_ORDERS_H
#define IO_RUN_APPLY_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/record/ban_rate.h"
#include "core/record/order.h"
#include "core/record/order_history.h"
#include "core/record/order_queue.h"
#include "io/firewall/firewall.h"
#include "io/config/option_groups.h"

/* Maximum number of refused bans that wait for a retry; these bans take 48 KB. Further bans are not
 * retried. */
#define APPLY_ORDERS_REFUSED_MAX 1000
/* A listing is due when this many bans wait for a comparison. A listing of a million entries then
 * costs 60 us per waiting ban. */
#define APPLY_ORDERS_COMPARED 16384

struct refused_ban {
	struct address entry;
	struct instant until; /* INSTANT_MAX: permanent */
	struct instant due;
	uint32_t lines; /* number of lines that ordered this ban */
};

struct apply_orders {
	const struct ban_options *options; /* must live as long as this struct */
	struct firewall *firewall;         /* owned by the caller; set before the first order */
	const struct allow *allow;         /* owned by the caller; set before the first order */
	/* A list like `allow`, but without brokers: when a client is new on this list, its ban is
	 * lifted. Owned by the caller; set before apply_orders_set_allow. */
	const struct allow *lifting;
	struct order_counters counters;
	struct order_history *history;
	struct order_queue *queue;
	struct ban_rate rate;
	struct instant marked; /* when the last marker for a detector was added */
	struct span list_due;  /* earliest time of the next listing */
	size_t refused_n;
	/* Sorted by the time of their retry. */
	struct refused_ban refused[APPLY_ORDERS_REFUSED_MAX];
};

/* The result of an order. */
enum apply_result {
	APPLY_DONE = 0, /* carried out, or waiting */
	APPLY_ALLOWED,  /* the client is on the allow-list */
	APPLY_OLDER,    /* a newer event of this client was obeyed before */
	APPLY_REFUSED,  /* the firewall refused; firewall_why has the reason */
};

/* Until apply_orders_open, only apply_orders_entry and apply_orders_set_allow may be called. */
void apply_orders_init(struct apply_orders *o, const struct ban_options *options);
/* Call it before the first order. False when memory is short. Call apply_orders_fini even after a
 * failure. */
bool apply_orders_open(struct apply_orders *o, struct hash_key key, struct span steady);
void apply_orders_fini(struct apply_orders *o);

/* Replaces the allow-list, and the list `lifting` of the allowed clients whose bans are lifted (see
 * exemptions_lifting). Unbans each client that is on the new list `lifting` and was not on the old
 * list `lifting`. A client that was on the old list, too, may have been banned on purpose. False
 * when an unban failed; both new lists are in use even then. The caller may free the old lists
 * afterwards. */
bool apply_orders_set_allow(
	struct apply_orders *o, const struct allow *allow, const struct allow *lifting);
/* Unbans each client in `hosts` that is in the sets. False when an unban failed. */
bool apply_orders_lift(struct apply_orders *o, const struct address *hosts, size_t n);

/* Returns the address that the sets store for a client. The result may be a network. The caller
 * checks that no address in this network is allowed, because a ban applies to the whole network. */
struct address apply_orders_entry(const struct apply_orders *o, const struct address *client);

/* Carries out the order that one line contains. */
enum apply_result apply_orders_take(
	struct apply_orders *o, const struct order *order, struct instant now, struct span steady);

/* Carries out as many waiting bans as max_bans_per_minute allows now. False when the firewall
 * refused. */
bool apply_orders_step(struct apply_orders *o, struct instant now, struct span steady);

/* Retries refused bans that are due; if `end`, retries all of them. False when a ban was refused
 * again. */
bool apply_orders_retry(struct apply_orders *o, struct instant now, bool end);

/* Call it at the end of the input: carries out waiting bans and retries refused bans without delay.
 * Bans that max_bans_per_minute does not allow now are dropped. False when the firewall refused. */
bool apply_orders_end(struct apply_orders *o, struct instant now, struct span steady);

/* Number of waiting bans. */
uint32_t apply_orders_waiting(const struct apply_orders *o);

/* Time until apply_orders_step or apply_orders_retry has work; SPAN_MAX: nothing waits. */
struct span apply_orders_idle(struct apply_orders *o, struct instant now, struct span steady);

#endif
