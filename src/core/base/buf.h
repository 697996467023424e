/* buf.h - append-only text in memory that the caller owns.
 *
 * If a text does not fit, the call appends nothing, so the result never contains half a number or
 * half a string. (Exception: buf_put_plain.) `full` is set and stays set, so a caller needs to
 * check it only once, at the end. Text from a log is appended with buf_put_json, which escapes it:
 * no raw byte from a client reaches a terminal.
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/instant.h"

struct buf {
	char *data; /* owned by the caller; no terminator */
	size_t len; /* bytes used */
	size_t cap; /* bytes available */
	bool full;  /* some text did not fit */
};

void buf_init(struct buf *b, char *data, size_t cap);

void buf_put_bytes(struct buf *b, const char *s, size_t len);
void buf_put_char(struct buf *b, char c);

/* Inline, so that the compiler knows the length of a literal. */
static inline void buf_put_text(struct buf *b, const char *text)
{
	buf_put_bytes(b, text, strlen(text));
}

void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);

/* Formats as printf does; at most BUF_FORMAT_MAX bytes. */
#define BUF_FORMAT_MAX 511
void buf_put_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints at most `digits` (0..6) decimals, without trailing zeros. Prints "null" if v is not
 * finite, because JSON has no such number, or if v is beyond 1e15, which no caller needs. */
void buf_put_fixed(struct buf *b, double v, int digits);

/* As buf_put_fixed up to 1e15, and as buf_put_exact beyond: a finite v is always printed as a
 * number. */
void buf_put_number(struct buf *b, double v, int digits);

/* Prints v with 17 digits, so that a program that parses the text gets exactly v again; "null" if v
 * is not finite. */
void buf_put_exact(struct buf *b, double v);

/* Prints a JSON string with its quotes. Control bytes, DEL, C1 controls and invalid UTF-8 are
 * escaped, so the result is valid UTF-8 and harmless on a terminal. Only the first `max` bytes of
 * the input are printed. */
void buf_put_json(struct buf *b, const char *s, size_t len, size_t max);

/* Prints text for people. Control bytes, C1 controls, invalid UTF-8 and characters that change the
 * direction of text become '?'. Prints as much of the text as fits. */
void buf_put_plain(struct buf *b, const char *s, size_t len);

/* Prints "2026-11-22T04:16:00.123Z", always 24 bytes. */
void buf_put_instant(struct buf *b, struct instant t);

#endif
