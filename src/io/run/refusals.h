/* refusals.h - logs events that anomban does not obey, at most once per minute for each reason.
 *
 * Path:    order -> [refusals] -> standard error.
 * Clock:   each event has an offset: its time minus the time on this host's clock when the event
 *          arrived. A message about an event's time also contains the largest offset of the last
 *          one or two minutes, because the event with this offset was delayed least. So the user
 *          sees a wrong clock immediately. Repeated events do not count for the largest offset,
 *          because they are old on purpose.
 * Silent:  there is no message for an event that is not an order (ORDER_OTHER_EVENT), or for an
 *          unban that only reports the end of a ban. There is also no message for a repeated event
 *          that is older than others, because the root repeats all bans in force.
 */
#ifndef IO_RUN_REFUSALS_H
#define IO_RUN_REFUSALS_H

#include "core/read/input_kind.h"
#include "core/record/order.h"
#include "io/host/log.h"

#define REFUSALS_ADVICE_CAP 256

/* All zeros is the initial state. */
struct refusals {
	struct log_repeat reasons[ORDER_REASON_COUNT];
	struct log_repeat allowed, ahead; /* for refusals_note_allowed, refusals_note_ahead */
	/* For this minute and the previous one: the largest offset. */
	int64_t minute;
	struct {
		bool known;
		int64_t ms;
	} offset[2];
	struct input_kinds kinds; /* the kind of the input, as far as it is known */
	bool looked;              /* a line that is not an event has been seen */
	/* advice on the first of these lines: each sentence begins with "; "; "": no advice */
	char advice[REFUSALS_ADVICE_CAP];
};

/* Call it for each line, before refusals_note. `refused`: the line is not an event. If the first
 * such line is of a known kind, stores advice on it. */
void refusals_look(struct refusals *r, bool refused, const char *line, size_t len);

/* Call it for each order of a live run, whether it is obeyed or not, before refusals_note. */
void refusals_see(struct refusals *r, const struct order *order, struct instant now);

/* Logs that order_parse refused a line, or that an order is older than an obeyed one. */
void refusals_note(struct refusals *r, enum order_reason reason, const struct order *order,
	struct instant now);

/* Warns of an obeyed order whose time is over REFUSALS_AHEAD ahead of this host's clock. */
#define REFUSALS_AHEAD ((struct span){5000})
void refusals_note_ahead(struct refusals *r, const struct order *order, struct instant now);

/* Logs an order to ban a client that is never banned on this host. */
void refusals_note_allowed(struct refusals *r, const struct order *order, struct instant now);

/* At the end of a run: logs for each reason the number of events that were not logged yet. */
void refusals_end(const struct refusals *r);

/* Logs the number of lines by result, for -v. */
void refusals_tell_counters(const struct order_counters *c);

#endif
