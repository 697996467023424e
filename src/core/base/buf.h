/* buf.h - append-only text over the caller's storage.
 *
 * What one call cannot fit is left out whole (no half numbers, no half strings) and `full` stays
 * set: a caller checks once, at the end. Text that came from a log is put with buf_put_json, which
 * escapes it: nothing a client sent reaches a terminal raw.
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/instant.h"

struct buf {
	char *data; /* the caller's, not terminated */
	size_t len; /* bytes used */
	size_t cap; /* bytes available */
	bool full;  /* something did not fit */
};

void buf_init(struct buf *b, char *data, size_t cap);

void buf_put_bytes(struct buf *b, const char *s, size_t len);
void buf_put_char(struct buf *b, char c);

/* In the header, so that the length of what stands in the code is known when it is compiled. */
static inline void buf_put_text(struct buf *b, const char *text)
{
	buf_put_bytes(b, text, strlen(text));
}

void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);

/* As printf; at most BUF_FORMAT_MAX bytes. */
#define BUF_FORMAT_MAX 511
void buf_put_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* At most `digits` (0..6) decimals, zeros at the end cut off; "null" when v is not finite or beyond
 * 1e15, which JSON has no number for or we have no use for. */
void buf_put_fixed(struct buf *b, double v, int digits);

/* As buf_put_fixed up to 1e15, as buf_put_exact beyond: always a number for a finite v. */
void buf_put_number(struct buf *b, double v, int digits);

/* Every bit of v, for a file that is read back (17 digits); "null" when v is not finite. */
void buf_put_exact(struct buf *b, double v);

/* A JSON string with its quotes. Control bytes, DEL, C1 controls and invalid UTF-8 are escaped, so
 * the result is valid UTF-8 and harmless on a terminal. At most `max` bytes of the input are
 * shown. */
void buf_put_json(struct buf *b, const char *s, size_t len, size_t max);

/* Text for people: control bytes, C1 controls, invalid UTF-8 and characters that turn the direction
 * of text become '?'. As much as fits is put. */
void buf_put_plain(struct buf *b, const char *s, size_t len);

/* "2026-11-22T04:16:00.123Z", always 24 bytes. */
void buf_put_instant(struct buf *b, struct instant t);

#endif
