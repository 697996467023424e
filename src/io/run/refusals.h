/* refusals.h - tells people of events that anomban does not obey: once a minute for each reason.
 *
 * Path:    order -> [refusals] -> standard error.
 * Clock:   a message about an event's time also says how far the newest event of the last one or
 *          two minutes was from this host's clock when it came: a clock that is wrong is seen at
 *          once. Repeated events are left out of that, because they are old on purpose.
 * Silent:  what is no order at all (ORDER_OTHER_EVENT), an unban that only reports, and an older
 *          event that is repeated, for the root repeats all it knows.
 */
#ifndef IO_RUN_REFUSALS_H
#define IO_RUN_REFUSALS_H

#include "core/read/input_kind.h"
#include "core/record/order.h"
#include "io/host/log.h"

#define REFUSALS_ADVICE_CAP 256

/* All zeros is the start. */
struct refusals {
	struct log_repeat reasons[ORDER_REASON_COUNT];
	struct log_repeat allowed, ahead;
	/* Of this minute and the one before: the newest event's time less our clock's. */
	int64_t minute;
	struct {
		bool known;
		int64_t ms;
	} offset[2];
	struct input_kinds kinds; /* of the stream */
	bool looked;
	char advice[REFUSALS_ADVICE_CAP]; /* of the first line that is no event; "; " before it */
};

/* Each line, before it is noted: of the first that is no event (`refused`), what the input is. */
void refusals_look(struct refusals *r, bool refused, const char *line, size_t len);

/* Each order of a live run, obeyed or not, before it is noted. */
void refusals_see(struct refusals *r, const struct order *order, struct instant now);

/* A line that order_parse refused, or whose order is older than others. */
void refusals_note(struct refusals *r, enum order_reason reason, const struct order *order,
	struct instant now);

/* An order that is obeyed: warns when it is over REFUSALS_AHEAD ahead of this host's clock. */
#define REFUSALS_AHEAD ((struct span){5000})
void refusals_note_ahead(struct refusals *r, const struct order *order, struct instant now);

/* A ban of a client that is never banned here. */
void refusals_note_allowed(struct refusals *r, const struct order *order, struct instant now);

/* The end of a run: tells how many more there were since the last message of each. */
void refusals_end(const struct refusals *r);

/* What came of all lines, for -v. */
void refusals_tell_counters(const struct order_counters *c);

#endif
