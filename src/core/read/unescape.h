/* unescape.h - the text of a JSON string, as it stands between its quotes -> the bytes that it
 * means.
 *
 * Path:    condense, line [unescape]. Pure.
 * Promise: what object.h reads, \u0000 as the byte 1 included; and of escapes that JSON has not,
 *          what repair.h makes of them.
 */
#ifndef CORE_READ_UNESCAPE_H
#define CORE_READ_UNESCAPE_H

#include <stddef.h>

/* Writes at most `len` bytes to out, which may be `text` itself, and returns how many. */
size_t unescape_text(const char *text, size_t len, char *out);

#endif
