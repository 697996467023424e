/* apply_orders.h - carries out the bans and unbans that events order.
 *
 * Path:    core/record/order -> [apply_orders: order_history, order_queue, ban_rate] -> firewall.
 * Refused: who is allowed is not banned. A ban that the kernel refuses is tried once more, 5 s
 *          later or at the end of the input: a full set may have room by then.
 * Longer:  a ban in the sets that ends later stays, whoever put it there. The kernel tells until
 *          when only in a listing of the whole set, so such bans wait until the next one, which is
 *          for all of them: at most one per second, and at most a tenth of the time.
 * Many:    max_bans_per_minute, spread over the minute; beyond it bans wait in a queue, and the
 *          input goes on. An unban is carried out at once, and takes the client's ban out of there.
 * Beside:  a detector with the same sets takes many entries that go at once for a flush, and puts
 *          them back; so an unban leaves a marker for it (io/firewall/firewall.h).
 * Time:    `now` is the wall clock's, as in events; `steady` the monotonic clock's.
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

/* Bans that wait to be tried again: 48 KB. Beyond it one is not tried again. */
#define APPLY_ORDERS_REFUSED_MAX 1000
/* So many bans to be compared make a listing due: 60 us for each with a million entries. */
#define APPLY_ORDERS_COMPARED 16384

struct refused_ban {
	struct address entry;
	struct instant until; /* INSTANT_MAX: permanent */
	struct instant due;
	uint32_t lines; /* that ordered it */
};

struct apply_orders {
	const struct ban_options *options; /* live as long as this */
	struct firewall *firewall;         /* the caller's, set before the first order */
	const struct allow *allow;         /* the same */
	const struct allow *lifting;       /* the same, before apply_orders_set_allow */
	struct order_counters counters;
	struct order_history *history;
	struct order_queue *queue;
	struct ban_rate rate;
	struct instant marked; /* when the last marker was put for a detector */
	struct span list_due;  /* not before */
	size_t refused_n;
	/* In the order in which they are due. */
	struct refused_ban refused[APPLY_ORDERS_REFUSED_MAX];
};

/* What became of an order. */
enum apply_result {
	APPLY_DONE = 0, /* carried out, or it waits */
	APPLY_ALLOWED,  /* its client is never banned */
	APPLY_OLDER,    /* a newer event of its client was obeyed */
	APPLY_REFUSED,  /* by the firewall, and firewall_why says why */
};

/* Enough for apply_orders_entry and apply_orders_set_allow. */
void apply_orders_init(struct apply_orders *o, const struct ban_options *options);
/* Before the first order. False when memory is short: then fini is still to be called. */
bool apply_orders_open(struct apply_orders *o, struct hash_key key, struct span steady);
void apply_orders_fini(struct apply_orders *o);

/* Another allow-list, and the list of those whose bans are lifted: unbans who is on `lifting` and
 * was not on the one before; others may be in the sets on purpose. False when that failed; both
 * lists hold all the same. The caller may free the lists before afterwards. */
bool apply_orders_set_allow(
	struct apply_orders *o, const struct allow *allow, const struct allow *lifting);
/* Unbans those of `hosts` that the sets hold. False when that failed. */
bool apply_orders_lift(struct apply_orders *o, const struct address *hosts, size_t n);

/* The address that is banned for a client: as the sets hold it. What would be hit is what must
 * not be allowed. */
struct address apply_orders_entry(const struct apply_orders *o, const struct address *client);

/* One line's order. */
enum apply_result apply_orders_take(
	struct apply_orders *o, const struct order *order, struct instant now, struct span steady);

/* Carries out what waits, as far as the rate allows. False when the firewall refused. */
bool apply_orders_step(struct apply_orders *o, struct instant now, struct span steady);

/* Tries again what is due; all that waits at the `end`. False when something was refused again. */
bool apply_orders_retry(struct apply_orders *o, struct instant now, bool end);

/* The end of the input: both of these at once, and what the rate does not allow is dropped. False
 * when the firewall refused. */
bool apply_orders_end(struct apply_orders *o, struct instant now, struct span steady);

/* How many bans wait for their turn. */
uint32_t apply_orders_waiting(const struct apply_orders *o);

/* How long apply_orders_step and apply_orders_retry have nothing to do; SPAN_MAX: nothing waits. */
struct span apply_orders_idle(struct apply_orders *o, struct instant now, struct span steady);

#endif
