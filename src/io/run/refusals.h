/* refusals.h - logs events that anomban does not obey: once per minute for each reason.
 *
 * Path:    order -> [refusals] -> standard error.
 * Clock:   a message about an event's time also says how far the newest event of the last one or
 *          two minutes was from this host's clock on arrival. So a wrong clock is visible at once.
 *          Repeated events do not count here, because they are old on purpose.
 * Silent:  no message for a line that is no order (ORDER_OTHER_EVENT), for an unban that only
 *          reports, or for an older event that is repeated: the root repeats all bans in force.
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
	struct log_repeat allowed, ahead;
	/* For this minute and the previous one: the newest event's time minus this host's clock. */
	int64_t minute;
	struct {
		bool known;
		int64_t ms;
	} offset[2];
	struct input_kinds kinds; /* of the input */
	bool looked;
	char advice[REFUSALS_ADVICE_CAP]; /* about the first line that is no event, after "; " */
};

/* Call it for each line, before refusals_note. If the first line that is no event (`refused`) has a
 * known form, stores advice on it. */
void refusals_look(struct refusals *r, bool refused, const char *line, size_t len);

/* Call it for each order of a live run, obeyed or not, before refusals_note. */
void refusals_see(struct refusals *r, const struct order *order, struct instant now);

/* Reports a line that order_parse refused, or an order that is older than others. */
void refusals_note(struct refusals *r, enum order_reason reason, const struct order *order,
	struct instant now);

/* Warns of an obeyed order that is over REFUSALS_AHEAD ahead of this host's clock. */
#define REFUSALS_AHEAD ((struct span){5000})
void refusals_note_ahead(struct refusals *r, const struct order *order, struct instant now);

/* Reports a ban of a client that is never banned on this host. */
void refusals_note_allowed(struct refusals *r, const struct order *order, struct instant now);

/* At the end of a run: reports for each reason how many more there were since its last message. */
void refusals_end(const struct refusals *r);

/* Logs the results of all lines, for -v. */
void refusals_tell_counters(const struct order_counters *c);

#endif
