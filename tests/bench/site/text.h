/* text.h - a line to which text is appended, and the escapes by which each product logs the bytes
 * that clients send.
 *
 * Text that does not fit is omitted and sets `full`. No line of the generator comes near TEXT_CAP.
 */
#ifndef BENCH_SITE_TEXT_H
#define BENCH_SITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_CAP 32768

struct text {
	size_t len;
	bool full;
	char s[TEXT_CAP];
};

enum text_escape {
	TEXT_NGINX_JSON, /* escape=json: \" \\ \n \t \u001F; other bytes unchanged */
	/* escape=default: \x22 for a quote, and \xXX for each byte that is not printable ASCII */
	TEXT_NGINX,
	TEXT_GO_HTML, /* Go's encoding/json, as in Traefik: also < > & as \u0026 */
	TEXT_HAPROXY, /* json(utf8s): \/, and é as \u00e9 */
	TEXT_APACHE,  /* mod_log_config: \", \\, and other bytes as \xc3, which is not JSON */
};

void text_add(struct text *t, const char *s, size_t len);
void text_put(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_number(struct text *t, uint64_t n);
/* With leading zeros, `digits` wide. */
void text_padded(struct text *t, uint64_t n, unsigned digits);
void text_hex(struct text *t, uint64_t n, unsigned digits);
void text_escaped(struct text *t, const char *s, size_t len, enum text_escape how);

/* Seconds since 1970 with three decimals, as in "1795320960.343". */
void text_seconds(struct text *t, int64_t ms);
/* "2026-11-22T04:16:00" */
void text_iso(struct text *t, int64_t ms);
/* "22/Nov/2026:04:16:00" */
void text_clf_time(struct text *t, int64_t ms);
/* "Nov 22 04:16:00" */
void text_syslog_time(struct text *t, int64_t ms);

#endif
