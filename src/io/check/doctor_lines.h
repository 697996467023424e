/* doctor_lines.h - judges the lines of a log for --doctor: the log should contain requests with
 * statuses and correct times, and the server should still write to it.
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
	struct counters counters; /* lines, requests and rejected lines by reason */
	uint64_t no_status;       /* number of requests without a valid status */
	/* number of these requests that have an invalid status; the others have no status */
	uint64_t bad_status;
	bool has_time;
	struct instant newest;
	struct span silence; /* the longest gap between two successive lines */
	int64_t east_s;      /* offset of the time zone that was used for times without a zone */
	const char *log;     /* the file; NULL: standard input */
	bool ended;          /* the input ended before DOCTOR_LINES_MAX lines or DOCTOR_WAIT_MS */
};

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

/* Adds a line. All zeros is the initial state. `result` is used only if `reason` is LINE_OK. */
void doctor_lines_note(
	struct doctor_lines *l, enum line_reason reason, const struct line_result *result);

/* Appends the findings, with a remedy for each fault. */
enum doctor_verdict doctor_lines_judge(
	const struct doctor_lines *l, struct instant now, struct buf *b);

#endif
