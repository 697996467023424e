/* refusals.h - tells people of events that anomban does not obey: once a minute for each reason.
 *
 * Path:    order -> [refusals] -> standard error.
 * Silent:  what is no order at all (ORDER_OTHER_EVENT), and the end of a ban that the kernel ends
 *          by itself.
 */
#ifndef IO_RUN_REFUSALS_H
#define IO_RUN_REFUSALS_H

#include "core/record/order.h"
#include "io/host/log.h"

/* All zeros is the start. */
struct refusals {
	struct log_repeat reasons[ORDER_REASON_COUNT];
	struct log_repeat allowed;
};

/* A line that order_parse refused. */
void refusals_note(struct refusals *r, enum order_reason reason, const struct order *order,
	struct instant now);

/* A ban of a client that is never banned here. */
void refusals_note_allowed(struct refusals *r, const struct order *order, struct instant now);

/* The end of a run: tells how many more there were since the last message of each. */
void refusals_end(const struct refusals *r);

#endif
