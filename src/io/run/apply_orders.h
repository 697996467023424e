/* apply_orders.h - carries out the bans and unbans that events order.
 *
 * Path:    core/record/order -> [obey] -> firewall.
 * Refused: who is allowed is not banned. A ban that the kernel refuses is tried once more, 5 s
 *          later or at the end of the input: a full set may have room by then.
 * Beside:  a detector with the same sets takes many entries that go at once for a flush, and puts
 *          them back; so an unban leaves word for it (io/firewall/manual.h) that it is to stay so.
 * Many:    at most max_bans_per_minute in a minute of the clock. An event does not come twice, so
 *          nothing is dropped beyond it: the caller keeps it, and stops reading (obey_is_full).
 */
#ifndef IO_RUN_APPLY_ORDERS_H
#define IO_RUN_APPLY_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/record/order.h"
#include "io/firewall/firewall.h"
#include "io/config/options.h"

/* Bans that wait to be tried again: 40 KB. Beyond it one is not tried again. */
#define OBEY_REFUSED_MAX 1000

struct obey_refused {
	struct address entry;
	struct instant until; /* INSTANT_MAX: permanent */
	struct instant due;
};

struct obey {
	const struct options *options;
	struct firewall *firewall; /* the caller's, set before the first order */
	const struct allow *allow; /* the same */
	struct order_counters counters;
	struct instant word; /* left last for a detector */
	int64_t minute;      /* of the clock */
	uint32_t bans_in_minute;
	size_t refused_n;
	struct obey_refused refused[OBEY_REFUSED_MAX]; /* in the order in which they are due */
};

void obey_init(struct obey *o, const struct options *options);

/* Another allow-list: unbans who is on it and was not on the one before; others may be in the
 * sets on purpose. False when that failed; the list holds all the same. */
bool obey_set_allow(struct obey *o, const struct allow *allow);

/* The address that is banned for a client: as the sets hold it. What would be hit is what must
 * not be allowed. */
struct address obey_entry(const struct obey *o, const struct address *client);

/* Whether no more bans may be carried out in the minute of `now`. */
bool obey_is_full(struct obey *o, struct instant now);

/* One line's order. False when the firewall refused, and firewall_why says why. */
bool obey_order(struct obey *o, const struct order *order, struct instant now);

/* Tries again what is due; all that waits at the `end`. False when something was refused again. */
bool obey_retry(struct obey *o, struct instant now, bool end);

/* When obey_retry has something to do; INSTANT_MAX: nothing waits. */
struct instant obey_next(const struct obey *o);

#endif
