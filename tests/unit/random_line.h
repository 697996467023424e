/* random_line.h - random valid lines, and random changes of them, for the tests of
 * core/read/line. */
#ifndef UNIT_RANDOM_LINE_H
#define UNIT_RANDOM_LINE_H

#include <stddef.h>
#include <string.h>

#include "unit/random.h"

#define LINE_CAP 2048

/* Names of the member with nginx's peer. The list contains remote_addr twice, so it is chosen more
 * often. In a line with remote_addr, this member is the peer. In a line without remote_addr, a
 * member with one of the other three names is the peer if no second one of them is in the line. */
static const char *const line_peers[] = {
	"remote_addr", "remote_addr", "source_ip", "clientip", "remote_ip"};
/* Members that a client may fill, in a line whose peer is remote_addr. In a line whose peer has
 * another name, only the first two of these members are used. */
static const char *const line_others[] = {
	"client_ip", "xff", "source_ip", "clientip", "remote_ip", "remote_addr"};
static const char *const line_headers[] = {"", "", "", " ", "\xef\xbb\xbf",
	"<190>Nov 22 04:16:00 nginx: ", "<190>1 2026-11-22T04:16:00Z w nginx - - [a@1 k=\"{\"] ",
	"2026-11-22T04:16:00Z stdout F "};
static const char *const line_addresses[] = {"198.51.100.7", "192.0.2.1:443", "2001:db8::7",
	"[2001:db8::8]:443", "::ffff:203.0.113.9", "fe80::1%eth0"};
/* Members without the address of the client. A client wrote the text of some of them. */
static const char *const line_decoys[] = {
	"\"request\":\"GET /{\\\"remote_addr\\\":\\\"203.0.113.66\\\"}\"",
	"\"ua\":\"\\\",\\\"remote_addr\\\":\\\"203.0.113.66\"",
	"\"h\":{\"remote_addr\":\"203.0.113.66\",\"client_ip\":[\"203.0.113.66\"]}",
	"\"referer\":\"\\u0000\\\\\"", "\"n\":[1,{\"remote_ip\":\"203.0.113.66\"},\"\"]",
	"\"status\":404", "\"msec\":1795320960.343", "\"time\":\"2026-11-22T04:16:00Z\"",
	"\"remote_user\":\"us\\\"er\\n\xff\"", "\"status\":\"-\""};
/* The texts that line_change inserts into a line: the bytes that structure a line, and texts that
 * parsers often get wrong. */
static const char *const line_pieces[] = {"\"", "\\", "{", "}", "[", "]", ",", ":", "\\\"",
	"\\u0000", "\\u00zz", "\\ud800", "\",\"remote_addr\":\"203.0.113.66",
	"\"client_ip\":\"203.0.113.66\",", "null", "1e999", " ", "}{", "\xff", "%", "/", "\x01"};

#define N(array)       (sizeof(array) / sizeof *(array))
#define PICK(r, array) ((array)[random_below(r, N(array))])

struct line_text {
	char s[LINE_CAP];
	size_t len;
};

static inline void line_put(struct line_text *t, size_t at, const char *s, size_t len)
{
	if (t->len + len > LINE_CAP)
		return;
	memmove(t->s + at + len, t->s + at, t->len - at);
	memcpy(t->s + at, s, len);
	t->len += len;
}

static inline void line_append(struct line_text *t, const char *s)
{
	line_put(t, t->len, s, strlen(s));
}

static inline void line_put_address(struct random *r, struct line_text *t, const char *name)
{
	line_append(t, "\"");
	line_append(t, name);
	line_append(t, "\":\"");
	line_append(t, PICK(r, line_addresses));
	line_append(t, "\"");
}

static inline void line_make(struct random *r, struct line_text *t)
{
	const char *peer = PICK(r, line_peers);
	size_t others = strcmp(peer, "remote_addr") == 0 ? N(line_others) : 2;
	size_t members = 1 + random_below(r, 7);
	size_t client_at = random_below(r, members);

	t->len = 0;
	line_append(t, PICK(r, line_headers));
	for (size_t i = 0; i < members; i++) {
		line_append(t, i ? "," : "{");
		if (i == client_at)
			line_put_address(r, t, peer);
		else if (random_below(r, 8) == 0)
			line_put_address(r, t, line_others[random_below(r, others)]);
		else
			line_append(t, PICK(r, line_decoys));
	}
	line_append(t, "}");
}

static inline void line_change(struct random *r, struct line_text *t)
{
	size_t at = random_below(r, t->len + 1);
	size_t n = 1 + random_below(r, 12);
	const char *piece;

	switch (random_below(r, 6)) {
	case 0: /* one byte becomes another */
		if (at < t->len)
			t->s[at] = (char)random_u64(r);
		break;
	case 1: /* one bit is flipped */
		if (at < t->len)
			t->s[at] = (char)(t->s[at] ^ 1 << random_below(r, 8));
		break;
	case 2:
		piece = PICK(r, line_pieces);
		line_put(t, at, piece, strlen(piece));
		break;
	case 3: /* some bytes are removed */
		n = at + n < t->len ? n : t->len - at;
		memmove(t->s + at, t->s + at + n, t->len - at - n);
		t->len -= n;
		break;
	case 4: /* some bytes are copied to another place */
		if (at + n <= t->len) {
			char copy[16];
			memcpy(copy, t->s + at, n);
			line_put(t, random_below(r, t->len + 1), copy, n);
		}
		break;
	default: /* the line is cut off */
		if (random_below(r, 2))
			t->len = at;
	}
}

#endif
