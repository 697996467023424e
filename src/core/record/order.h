/* order.h - parses one event line: returns an order for anomban, or a named reason not to obey it.
 *
 * Path:    io/host/line_reader -> [order] -> firewall.
 * Method:  only a complete event of anomdetect is obeyed. It must be one JSON object without other
 *          text on the line. It must be a ban or an unban of a live run, and its members must
 *          agree. The caller checks whether the address may be banned: it must not be allowed,
 *          private or an address of this host. order_history combines the order with the client's
 *          earlier orders.
 * Promise: a line that is not obeyed is counted, and has no other effect.
 */
#ifndef CORE_RECORD_ORDER_H
#define CORE_RECORD_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* Maximum number of bytes in a line of orders; an event has at most 4096. */
#define ORDER_LINE_MAX 65536

/* ORDER_STALE_AFTER is the maximum age of a permanent ban, unless its host announces it again. The
 * limit is needed because the event of a permanent ban contains no end. ORDER_AHEAD_MAX is the
 * maximum time by which an event may be ahead of the wall clock, because the clocks of hosts
 * differ. ORDER_UNBAN_AHEAD_MAX is the maximum for an unban, because an unban further ahead would
 * block the bans between now and its time. */
#define ORDER_STALE_AFTER     ((struct span){3600 * 1000})
#define ORDER_AHEAD_MAX       ((struct span){3600 * 1000})
#define ORDER_UNBAN_AHEAD_MAX ((struct span){5 * 1000})

/* Maximum length of a ban in a schedule, except for permanent bans (anomdetect(8), --schedule). */
#define ORDER_BAN_MAX ((struct span){(int64_t)366 * 86400 * 1000})

enum order_kind { ORDER_BAN, ORDER_UNBAN };

struct order {
	enum order_kind kind;
	struct address client; /* as in the event, not masked */
	struct instant time;   /* of the event */
	struct instant until;  /* ban: INSTANT_MAX if permanent; in a replay: counted from now */
	bool permanent;        /* ban */
	/* the event is from a replay: `time` is log time, but `until` is wall-clock time */
	bool replay;
	bool repeated; /* the host announces again an order that it gave at `time` */
};

/* Why a line is not obeyed. */
#define ORDER_REASONS(X)                                                                           \
	X(NOT_EVENT, not_event)     /* not JSON, or an object without the members of an event */   \
	X(OTHER_EVENT, other_event) /* neither ban nor unban */                                    \
	X(REPLAY, replay)           /* from a replay; its bans are not enforced */                 \
	X(BAD_CLIENT, bad_client)   /* the client is neither an address nor a network */           \
	X(BAD_TIME, bad_time)       /* time, until or seconds is missing, or they disagree */      \
	X(FUTURE, future)           /* too far ahead of the wall clock */                          \
	X(ENDED, ended) /* the ban is over, or the unban only reports the end of a ban */          \
	X(STALE, stale) /* a permanent ban over an hour old, not announced again */                \
	X(OLDER, older) /* a newer event for the client has been obeyed: order_history */

#define ORDER_ENUM(NAME, name) ORDER_##NAME,
enum order_reason { ORDER_OK = 0, ORDER_REASONS(ORDER_ENUM) ORDER_REASON_COUNT };
#undef ORDER_ENUM

/* Each line increments exactly one of the counters from `bans` to `dropped`. The last four counters
 * do not count lines. */
#define ORDER_COUNTERS(X)                                                                          \
	X(LINES, lines)                                                                            \
	X(BANS, bans)       /* bans carried out, or already in force */                            \
	X(UNBANS, unbans)   /* unbans carried out, even if there was no ban */                     \
	X(ALLOWED, allowed) /* bans of addresses that are never banned */                          \
	X(FAILED, failed)   /* orders refused by the firewall; a ban counts if its retry fails */  \
	ORDER_REASONS(X)                                                                           \
	X(DROPPED, dropped) /* bans that were evicted or expired, or still waited at the exit */   \
	X(RETRIED, retried) /* bans that the firewall refused and that were retried */             \
	X(WAITS, waits)     /* bans that had to wait, because of too many bans per minute */       \
	X(SHORTENED, shortened) /* bans shortened to the maximum length */                         \
	X(FORGOTTEN, forgotten) /* clients, or orders of a client, evicted from the history */

#define ORDER_FIELD(NAME, name) uint64_t name;
struct order_counters {
	ORDER_COUNTERS(ORDER_FIELD)
};
#undef ORDER_FIELD

/* The counter of a reason; NULL for ORDER_OK. */
uint64_t *order_counter(struct order_counters *c, enum order_reason reason);

/* `now` is the wall clock. `cut` means that the line is only the beginning of a longer line. With
 * `replays`, orders of replays are obeyed, too, and the `seconds` of their bans are counted from
 * now. *out is valid if ORDER_OK is returned. After ORDER_FUTURE, ORDER_STALE and ORDER_ENDED, only
 * kind, client, time and repeated of *out are valid. */
enum order_reason order_parse(const char *line, size_t len, bool cut, struct instant now,
	bool replays, struct order *out);

/* Shortens a ban that lasts longer than `longest`, counted from its time, or from `now` in a
 * replay. If the time of the ban is ahead of the clock, order_history counts the length from the
 * moment when the ban is obeyed. Returns ORDER_ENDED if the shortened ban is over. Sets *cut if the
 * ban was longer. */
enum order_reason order_shorten(
	struct order *o, struct span longest, struct instant now, bool *cut);

#endif
