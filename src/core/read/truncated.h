/* truncated.h - what is whole in a JSON object that was cut off.
 *
 * rsyslog cuts messages at 8 KB by default, and a client can make its lines long: who hides behind
 * that must still be counted.
 */
#ifndef CORE_READ_TRUNCATED_H
#define CORE_READ_TRUNCATED_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the members of the object at text[0..len) that are whole into out and closes what is open,
 * so that the result is JSON. A number is whole only when something follows it. Returns its length;
 * 0 when the text is no cut-off object: it breaks the grammar before its end, or it ends by itself,
 * or is nested deeper than 64, or the result does not fit in `cap`. */
size_t truncated_close(const char *text, size_t len, char *out, size_t cap);

/* The same, but a string value that the text ends in is kept as far as it goes: for a text that
 * holds another. Such a value may have only its first half. */
size_t truncated_close_string(const char *text, size_t len, char *out, size_t cap);

/* Whether the text is the beginning of an object, with nothing in it that breaks the grammar. */
bool truncated_is_half(const char *text, size_t len);

#endif
