/* order.h - the bytes of one event line -> what anomban is to do, or a named reason why nothing.
 *
 * Path:    io/host/line_reader -> [order] -> firewall.
 * Method:  only a whole event of anomdetect is obeyed: one JSON object and nothing else on the
 *          line, a ban or an unban of a live run, whose members agree with each other. Whom a ban
 *          must not hit (allowed, private, own addresses) is not known here: the caller looks.
 *          What the client's earlier orders make of this one: order_history.
 * Promise: nothing in a line can do more than be counted.
 */
#ifndef CORE_RECORD_ORDER_H
#define CORE_RECORD_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* Bytes of a line of orders; an event has 4096 at most. */
#define ORDER_LINE_MAX 65536

/* The highest age of a permanent ban that is not repeated, which has no end that could show that it
 * is over; and how far an event may be ahead of the wall clock, because the clocks of hosts differ.
 * An unban that is further ahead would block the bans that come in between. */
#define ORDER_STALE_AFTER     ((struct span){3600 * 1000})
#define ORDER_AHEAD_MAX       ((struct span){3600 * 1000})
#define ORDER_UNBAN_AHEAD_MAX ((struct span){5 * 1000})

/* No schedule has a longer ban that ends (anomdetect(8), --schedule). */
#define ORDER_BAN_MAX ((struct span){(int64_t)366 * 86400 * 1000})

enum order_kind { ORDER_BAN, ORDER_UNBAN };

struct order {
	enum order_kind kind;
	struct address client; /* as in the event, not masked */
	struct instant time;   /* of the event */
	struct instant until;  /* ban: INSTANT_MAX when permanent; of a replay: counted from now */
	bool permanent;        /* ban */
	bool replay;           /* of a replay: its time is of the log, its end is not */
	bool repeated;         /* its host says again what it said at `time` */
};

/* Why a line is not obeyed. */
#define ORDER_REASONS(X)                                                                           \
	X(NOT_EVENT, not_event)     /* no JSON object, or one that does not begin as an event */   \
	X(OTHER_EVENT, other_event) /* neither ban nor unban */                                    \
	X(REPLAY, replay)           /* of a replay, which enforces nothing */                      \
	X(BAD_CLIENT, bad_client)   /* the client is no address or network */                      \
	X(BAD_TIME, bad_time)       /* time, until or seconds is missing, or they disagree */      \
	X(FUTURE, future)           /* too far ahead of the wall clock */                          \
	X(ENDED, ended)             /* the ban is over; or the unban says only that */             \
	X(STALE, stale)             /* a permanent ban over an hour old, and not repeated */       \
	X(OLDER, older)             /* a newer event of the client was obeyed: order_history */

#define ORDER_ENUM(NAME, name) ORDER_##NAME,
enum order_reason { ORDER_OK = 0, ORDER_REASONS(ORDER_ENUM) ORDER_REASON_COUNT };
#undef ORDER_ENUM

/* Each line is in exactly one of the counters from `bans` to `dropped`. The last four do not count
 * lines. */
#define ORDER_COUNTERS(X)                                                                          \
	X(LINES, lines)                                                                            \
	X(BANS, bans)       /* carried out, or in force already */                                 \
	X(UNBANS, unbans)   /* carried out, whether or not there was a ban */                      \
	X(ALLOWED, allowed) /* bans of addresses that are never banned */                          \
	X(FAILED, failed)   /* refused by the firewall, for good */                                \
	ORDER_REASONS(X)                                                                           \
	X(DROPPED, dropped)     /* bans that waited, and were not carried out */                   \
	X(RETRIED, retried)     /* bans that the firewall had refused, tried once more */          \
	X(WAITS, waits)         /* bans that had to wait, for too many bans in a minute */         \
	X(SHORTENED, shortened) /* bans that were cut to the longest that is obeyed */             \
	X(FORGOTTEN, forgotten) /* clients, or bans of one, whose history made room */

#define ORDER_FIELD(NAME, name) uint64_t name;
struct order_counters {
	ORDER_COUNTERS(ORDER_FIELD)
};
#undef ORDER_FIELD

/* Where a reason is counted; NULL for ORDER_OK. */
uint64_t *order_counter(struct order_counters *c, enum order_reason reason);

/* `now` is the wall clock; `cut`: the line is only the beginning of a longer one; `replays`: obey
 * those too, a ban's seconds counted from now. *out is meaningful when ORDER_OK is returned; its
 * kind, client, time and repeated also after ORDER_FUTURE, ORDER_STALE and ORDER_ENDED. */
enum order_reason order_parse(const char *line, size_t len, bool cut, struct instant now,
	bool replays, struct order *out);

/* Cuts a ban that lasts longer than `longest` from its time on; of a replay, from `now` on. A ban
 * ahead of the clock lasts as long from when it is obeyed: order_history. ORDER_ENDED when it is
 * over by then. *cut: it was longer. */
enum order_reason order_shorten(
	struct order *o, struct span longest, struct instant now, bool *cut);

#endif
