/* repair.h - repairs lines that are JSON except for a known flaw of the program that wrote them.
 *
 * Called only for a line that is no JSON. No repair creates a request that the server did not log:
 * no text inside a string becomes a member.
 */
#ifndef CORE_READ_REPAIR_H
#define CORE_READ_REPAIR_H

#include <stddef.h>

/* Apache's mod_log_config (and nginx without escape=json) writes \xHH and \v into strings, and a
 * bare - for a missing number. `out` gets \u00HH, \u000b and "" instead. A backslash before any
 * other letter is a backslash that the server did not escape (HAProxy). Half a surrogate pair
 * becomes U+FFFD; otherwise a client could hide by sending one. Returns the length of the result.
 * Returns 0 if no repair is needed, or if the result does not fit in `cap`; twice the length always
 * fits. */
size_t repair_escapes(const char *text, size_t len, char *out, size_t cap);

/* If a log is truncated while it is read (copytruncate), half a line may precede the next whole
 * line without a newline. Returns the place of the last object that begins with the first key of
 * the line, if the text before it is the beginning of an object. Returns 0 if there is none. */
size_t repair_glued(const char *text, size_t len);

#endif
