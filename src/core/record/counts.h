/* counts.h - what one host counted of its clients in one second, as a line of JSON.
 *
 * Path:    anomcount -> [counts] -> a broker -> [counts] -> anomdetect --format counts.
 * Format:  anomdetect(5), COUNTS. One object, at most COUNTS_BYTES_MAX bytes with its newline, so
 *          that one write to a pipe is atomic. A second of many clients makes several lines.
 */
#ifndef CORE_RECORD_COUNTS_H
#define CORE_RECORD_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#define COUNTS_BYTES_MAX 4096 /* PIPE_BUF on Linux */

/* Bytes of an origin's name. */
#define COUNTS_ORIGIN_MAX 63

/* Whether `name` can name a host: 1 to COUNTS_ORIGIN_MAX letters, digits, '.', '_' and '-', and the
 * first is a letter or a digit. So it is safe in a topic, in JSON and on a terminal. */
bool counts_is_origin(const char *name, size_t len);

#endif
