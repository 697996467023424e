/* apply_orders.h - carries out the bans and unbans that events order.
 *
 * Path:    core/record/order -> [apply_orders] -> firewall.
 * Refused: who is allowed is not banned. A ban that the kernel refuses is tried once more, 5 s
 *          later or at the end of the input: a full set may have room by then.
 * Beside:  a detector with the same sets takes many entries that go at once for a flush, and puts
 *          them back; so an unban leaves a marker for it (io/firewall/firewall.h).
 * Many:    at most max_bans_per_minute in a minute of the clock. An event does not come twice, so
 *          no order beyond that is dropped: the caller keeps it, and stops reading
 *          (apply_orders_is_full).
 */
#ifndef IO_RUN_APPLY_ORDERS_H
#define IO_RUN_APPLY_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/record/order.h"
#include "io/firewall/firewall.h"
#include "io/config/option_groups.h"

/* Bans that wait to be tried again: 40 KB. Beyond it one is not tried again. */
#define APPLY_ORDERS_REFUSED_MAX 1000

struct refused_ban {
	struct address entry;
	struct instant until; /* INSTANT_MAX: permanent */
	struct instant due;
};

struct apply_orders {
	const struct ban_options *options; /* live as long as this */
	struct firewall *firewall;         /* the caller's, set before the first order */
	const struct allow *allow;         /* the same */
	struct order_counters counters;
	struct instant marked; /* when the last marker was put for a detector */
	int64_t minute;        /* of the clock */
	uint32_t bans_in_minute;
	size_t refused_n;
	/* In the order in which they are due. */
	struct refused_ban refused[APPLY_ORDERS_REFUSED_MAX];
};

void apply_orders_init(struct apply_orders *o, const struct ban_options *options);

/* Another allow-list: unbans who is on it and was not on the one before; others may be in the
 * sets on purpose. False when that failed; the list holds all the same. */
bool apply_orders_set_allow(struct apply_orders *o, const struct allow *allow);

/* The address that is banned for a client: as the sets hold it. What would be hit is what must
 * not be allowed. */
struct address apply_orders_entry(const struct apply_orders *o, const struct address *client);

/* Whether no more bans may be carried out in the minute of `now`. */
bool apply_orders_is_full(struct apply_orders *o, struct instant now);

/* One line's order. False when the firewall refused, and firewall_why says why. */
bool apply_orders_apply(struct apply_orders *o, const struct order *order, struct instant now);

/* Tries again what is due; all that waits at the `end`. False when something was refused again. */
bool apply_orders_retry(struct apply_orders *o, struct instant now, bool end);

/* When apply_orders_retry has something to do; INSTANT_MAX: nothing waits. */
struct instant apply_orders_next_retry(const struct apply_orders *o);

#endif
