/* repair.h - lines that are JSON but for a known flaw of what wrote them.
 *
 * Asked only when a line is no JSON as it stands. Neither makes a request where a strict reading of
 * what the server meant has none: no text inside a string becomes a member.
 */
#ifndef CORE_READ_REPAIR_H
#define CORE_READ_REPAIR_H

#include <stddef.h>

/* Apache's mod_log_config (and nginx without escape=json) writes \xHH and \v into strings, and a
 * bare - where a number is missing: into `out` go \u00HH, \u000b and "". Any other escape that JSON
 * does not have is a backslash that a server wrote as it came (HAProxy). Half a surrogate becomes
 * U+FFFD: a client that sends one must not be able to hide. Returns the length; 0 when there is
 * nothing to mend or it does not fit in `cap` (twice the length always fits). */
size_t repair_escapes(const char *text, size_t len, char *out, size_t cap);

/* A log that is cut off while it is read (copytruncate) leaves half a line with no newline before
 * the next whole one. Returns where the last object begins that has the first key of the line,
 * behind the beginning of an object; 0 when there is none. */
size_t repair_glued(const char *text, size_t len);

#endif
