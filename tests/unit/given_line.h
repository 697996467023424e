/* given_line.h - lines with one fixed time, and the expected result of each. Include it after
 * cmocka.h. */
#ifndef UNIT_GIVEN_LINE_H
#define UNIT_GIVEN_LINE_H

#include "unit/line_check.h"

#define AT_MS 1795320960343 /* 2026-11-22T04:16:00.343Z */
#define AT_S  1795320960000

#define N(array) (sizeof(array) / sizeof *(array))

static inline void check(const char *line, const struct line_want *want)
{
	line_check(line, strlen(line), false, want);
}

static inline void check_reasons(const char *const *lines, size_t n, enum line_reason reason)
{
	for (size_t i = 0; i < n; i++)
		check(lines[i], &(struct line_want){.reason = reason});
}

/* Members that may contain the time. */
static const char *const time_names[] = {
	"msec", "time_iso8601", "time", "timestamp", "@timestamp", "time_local"};

#endif
