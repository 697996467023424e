/* repair.h - repairs lines that are JSON except for a known flaw of the program that wrote them.
 *
 * Called only for a line that is not JSON. No repair creates a request that the server did not log,
 * because text inside a string never becomes a member.
 */
#ifndef CORE_READ_REPAIR_H
#define CORE_READ_REPAIR_H

#include <stddef.h>

/* Apache's mod_log_config (and nginx without escape=json) writes \xHH and \v into strings, and a
 * bare - for a missing number. The copy in `out` contains \u00HH, \u000b and "" instead. A
 * backslash that begins no escape is doubled: the server did not escape it (HAProxy). Half a
 * surrogate pair becomes U+FFFD; otherwise a client could send half a pair, and its line would be
 * rejected. Returns the length of the result. Returns 0 if no repair is needed, or if the result
 * does not fit in `cap`; a `cap` of 3 * len always suffices. */
size_t repair_escapes(const char *text, size_t len, char *out, size_t cap);

/* If a log is truncated while it is read (copytruncate), half a line may be glued to the next whole
 * line, without a newline between them. Searches for the last object that begins with the same key
 * as the text. Returns the place of this object if the text before it is the beginning of an
 * object; otherwise returns 0. */
size_t repair_glued(const char *text, size_t len);

#endif
