/* truncated.h - recovers the whole members of a JSON object that was cut off.
 *
 * rsyslog cuts off messages at 8 KB by default, and a client can make its lines longer. The
 * requests of such a client must still be counted.
 */
#ifndef CORE_READ_TRUNCATED_H
#define CORE_READ_TRUNCATED_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the whole members of the object at text[0..len) to out and closes the open brackets, so
 * that the result is JSON. A number is whole only if a byte follows it. Returns the length of the
 * result. Returns 0 if the text violates the grammar, is a complete object, or is nested deeper
 * than 64. Also returns 0 if the result does not fit in `cap`. */
size_t truncated_close(const char *text, size_t len, char *out, size_t cap);

/* As truncated_close, but also copies the beginning of a string value in which the text ends. Call
 * this function for a string that contains an object. */
size_t truncated_close_string(const char *text, size_t len, char *out, size_t cap);

/* Whether the text is an incomplete object and does not violate the grammar. */
bool truncated_is_half(const char *text, size_t len);

#endif
