/* doctor_lines.h - what --doctor concludes from the lines of a log: are they those of an access log
 * that is written now, with statuses and with right times?
 *
 * Path:    doctor_input -> [doctor_lines] -> a verdict and its text.   Pure.
 */
#ifndef IO_CHECK_DOCTOR_LINES_H
#define IO_CHECK_DOCTOR_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/counters.h"
#include "core/read/line.h"

struct doctor_lines {
	struct counters counters; /* lines, requests and what was rejected */
	uint64_t no_status;       /* requests */
	uint64_t bad_status;      /* of these, with a status that is none of HTTP */
	bool has_time;
	struct instant newest;
	struct span silence; /* the longest between two lines */
	int64_t east_s;      /* of the zone that times without one were read in */
	const char *log;     /* the file; NULL: standard input */
	bool ended;          /* the input, before the limit or the deadline was reached */
};

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

/* All zeros is the start. `result` is read for LINE_OK alone. */
void doctor_lines_note(
	struct doctor_lines *l, enum line_reason reason, const struct line_result *result);

/* Puts what was seen, and what to do when that is not all well. */
enum doctor_verdict doctor_lines_judge(
	const struct doctor_lines *l, struct instant now, struct buf *b);

#endif
