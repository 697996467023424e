/* combined.c - see combined.h. */
#include "core/read/combined.h"

#include <string.h>

#include "core/read/blocks.h"
#include "core/read/request_path.h"

/* Maximum number of bytes that are read of a request line with escapes. The stored path is much
 * shorter. */
#define PATH_CAP 2048

/* In almost all lines, the quote that begins the request is among the first few quotes. */
#define QUOTES_FEW 4

/* The quote that begins the request: the first quote after `] `. A user name may contain "] \"",
 * but no unescaped quote. The line must not be empty. */
static const char *request_quote(const char *line, const char *end)
{
	const char *quote = line;

	for (int k = 0; k < QUOTES_FEW; k++, quote++) {
		quote = memchr(quote, '"', (size_t)(end - quote));
		if (!quote || (quote - line >= 3 && quote[-1] == ' ' && quote[-2] == ']'))
			return quote;
	}
	/* a client may have written millions of quotes: memmem is faster than this loop */
	const char *from = quote - 2, *bracket = memmem(from, (size_t)(end - from), "] \"", 3);
	return bracket ? bracket + 2 : NULL;
}

/* The text in the brackets that end at `close`, or NULL. */
static const char *opening_bracket(const char *line, const char *close)
{
	while (close > line && close[-1] != '[' && close[-1] != ']')
		close--;
	return close > line && close[-1] == '[' ? close : NULL;
}

/* Returns the next word and moves *s past it. A word is only accepted if a blank follows it. */
static struct field next_word(const char **s, const char *end)
{
	const char *from = *s, *blank = memchr(from, ' ', (size_t)(end - from));

	if (!blank)
		return (struct field){0};
	*s = blank + 1;
	return field_of_text(from, (size_t)(blank - from));
}

bool combined_client(const struct field *f, struct address *out)
{
	return address_parse_peer(f->text, f->len, out) ||
	       address_parse_network(f->text, f->len, out);
}

static bool is_address(const struct field *f)
{
	struct address a;

	return f->kind == FIELD_TEXT && combined_client(f, &a);
}

/* Whether the word is a host with a port, such as "www.example.com:443". The colons of an IPv6
 * address do not count as a port. */
static bool has_port(const struct field *f)
{
	size_t digits = 0;
	struct address a;

	if (f->kind != FIELD_TEXT || address_parse(f->text, f->len, &a))
		return false;
	while (digits < f->len && f->text[f->len - 1 - digits] >= '0' &&
		f->text[f->len - 1 - digits] <= '9')
		digits++;
	return digits >= 1 && digits <= 5 && digits + 1 < f->len &&
	       f->text[f->len - 1 - digits] == ':';
}

/* The words from `line` to `end`, where the time begins, are CLIENT IDENT USER or HOST CLIENT IDENT
 * USER. A client may choose HOST and write an address there. So the second word decides: if it is
 * an address, it is the client. IDENT is "-" in all usual logs, and USER follows it.
 *
 * The second word is also the client if the first word has a port. The same is true if a "-" and
 * one more word follow the second word. In both cases, the second word must not be "-" itself. The
 * second word is not an address if the server logs a host name (HostnameLookups) or "unix:" as the
 * client. find_client then still returns the second word, so that HOST is never mistaken for the
 * client. */
static bool find_client(const char *line, const char *end, struct combined *out)
{
	struct field first = next_word(&line, end), second = next_word(&line, end);
	struct field third = next_word(&line, end), fourth = next_word(&line, end);
	bool ident_is_third = third.kind == FIELD_DASH && fourth.kind != FIELD_ABSENT;

	out->client = first;
	if ((is_address(&second) && third.kind != FIELD_ABSENT) ||
		(second.kind == FIELD_TEXT && (has_port(&first) || ident_is_third)))
		out->client = second;
	return first.kind >= FIELD_DASH;
}

/* Whether the field is a status: three digits. */
static bool is_status(const struct field *f)
{
	for (size_t i = 0; f->kind == FIELD_TEXT && i < 3 && f->len == 3; i++)
		if (f->text[i] < '0' || f->text[i] > '9')
			return false;
	return f->kind == FIELD_TEXT && f->len == 3;
}

/* Reads log_format proxy and standard of Nginx Proxy Manager. Before the path, only the method and
 * the host come from the client, and nginx accepts no blanks in these two. The path contains no
 * unescaped quote. */
static bool read_proxy_manager(const char *line, const char *end, struct combined *out)
{
	static const char before[] = " [Client ";
	const char *bracket = memchr(line, ']', (size_t)(end - line)), *s, *quote;
	struct field word = {0}, last;

	if (!bracket || end - bracket < 2 || bracket[1] != ' ')
		return false;
	out->time = field_of_text(line + 1, (size_t)(bracket - line - 1));
	s = bracket + 2;
	do {
		last = word;
		word = next_word(&s, end);
		if (word.kind == FIELD_ABSENT)
			return false;
	} while (word.kind != FIELD_DASH || !is_status(&last));
	out->status = last;
	out->method = next_word(&s, end);
	(void)next_word(&s, end); /* skips the scheme and the host */
	if (next_word(&s, end).kind == FIELD_ABSENT || s == end || *s++ != '"')
		return false;
	quote = blocks_string_end(s, end);
	if (!quote || (size_t)(end - quote) < sizeof before ||
		memcmp(quote + 1, before, sizeof before - 1) != 0)
		return false;
	out->path = field_of_text(s, (size_t)(quote - s));
	s = quote + sizeof before;
	bracket = memchr(s, ']', (size_t)(end - s));
	if (!bracket)
		return false;
	out->client = field_of_text(s, (size_t)(bracket - s));
	out->truncated = false;
	return true;
}

bool combined_read(const char *line, size_t len, struct combined *out)
{
	const char *end = line + len;
	const char *quote = len ? request_quote(line, end) : NULL;

	memset(out, 0, sizeof *out);
	if (len && *line == '[')
		if (read_proxy_manager(line, end, out))
			return true;
	memset(out, 0, sizeof *out);
	const char *time = quote ? opening_bracket(line, quote - 2) : NULL;
	if (!find_client(line, time ? time - 1 : end, out))
		return false;
	const char *behind = out->client.text + out->client.len;
	out->truncated = true;
	if (!quote) /* cut off, or not an access log: the caller checks the client */
		return memchr(behind, '[', (size_t)(end - behind)) != NULL;
	if (!time || time < behind + 1)
		return false;
	out->time = field_of_text(time, (size_t)(quote - 2 - time));
	/* servers log a quote inside the request as \" or \x22 */
	const char *after = blocks_string_end(quote + 1, end);
	out->path = field_of_text(quote + 1, (size_t)((after ? after : end) - quote - 1));
	if (!after || after + 1 >= end)
		return true;
	if (after[1] != ' ')
		return false;
	const char *status = after + 2;
	const char *stop = memchr(status, ' ', (size_t)(end - status));
	if (!stop) /* a number at the end of the line may have lost digits */
		return true;
	out->status = field_of_text(status, (size_t)(stop - status));
	out->truncated = false;
	return true;
}

/* Decodes the escapes of servers: \" and \\ and \xHH. Other escapes, such as \n, stay as they are,
 * because they do not help to identify a path. */
static size_t without_escapes(const struct field *f, char *out, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	const char *s = f->text, *end = s + f->len;
	size_t n = 0;

	while (s < end && n < cap) {
		const char *high, *low;
		if (*s == '\\' && end - s >= 2 && (s[1] == '"' || s[1] == '\\')) {
			s++;
		} else if (*s == '\\' && end - s >= 4 && s[1] == 'x' && s[2] && s[3] &&
			   (high = strchr(digits, s[2] | 0x20)) &&
			   (low = strchr(digits, s[3] | 0x20))) {
			out[n++] = (char)((high - digits) << 4 | (low - digits));
			s += 4;
			continue;
		}
		out[n++] = *s++;
	}
	return n;
}

void combined_request(const struct combined *c, struct request *r)
{
	char plain[PATH_CAP];

	if (c->method.kind == FIELD_TEXT)
		request_path_set_method(r, c->method.text, c->method.len);
	if (c->path.kind != FIELD_TEXT)
		return;
	if (!memchr(c->path.text, '\\', c->path.len))
		request_path_read(r, c->path.text, c->path.len);
	else
		request_path_read(r, plain, without_escapes(&c->path, plain, sizeof plain));
}
