/* request_path.c - see request_path.h. One pass over the target; a segment that is "." or ".." is taken
 * back when it ends. */
#include "core/read/request_path.h"

#include <stdbool.h>
#include <string.h>

static bool is_token(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

void request_path_set_method(struct request *r, const char *text, size_t len)
{
	r->method[0] = '\0';
	if (len > REQUEST_METHOD_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (!is_token(text[i]))
			return;
	memcpy(r->method, text, len);
	r->method[len] = '\0';
}

/* 0..15, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at *s, which then points behind it. */
static char read_byte(const char **s, const char *end)
{
	const char *at = *s;

	if (*at == '%' && end - at >= 3) {
		int high = hex_digit(at[1]), low = hex_digit(at[2]);
		if (high >= 0 && low >= 0) {
			*s += 3;
			return (char)(high << 4 | low);
		}
	}
	++*s;
	return *at;
}

/* Takes back a last segment that is "." or "..", with the one before it; n is the new length. */
static size_t end_segment(const char *path, size_t n)
{
	if (n >= 2 && path[n - 1] == '.' && path[n - 2] == '/')
		return n - 1;
	if (n < 3 || memcmp(path + n - 3, "/..", 3) != 0)
		return n;
	n -= 3;
	while (n && path[n - 1] != '/')
		n--;
	return n ? n : 1;
}

static size_t normalize_path(const char *s, const char *end, char path[REQUEST_PATH_MAX])
{
	size_t n = 0;

	while (s < end && n < REQUEST_PATH_MAX && *s != ';' && *s != '?' && *s != '#') {
		char c = read_byte(&s, end);
		if (c == '/') {
			n = end_segment(path, n);
			if (n && path[n - 1] == '/')
				continue;
		}
		path[n++] = c;
	}
	return end_segment(path, n);
}

/* A byte of a host and its port, as they stand in a log by themselves. */
static bool is_host(char c)
{
	return is_token(c) || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '[' ||
	       c == ']';
}

static bool ends_host(char c)
{
	return c == '/' || c == ';' || c == '?' || c == '#';
}

/* Where the path begins: behind "https://host", or behind a bare "host". NULL: it is none of both. */
static const char *skip_host(const char *s, const char *end)
{
	const char *from = s;

	if (*s == '/' || *s == '*')
		return s;
	while (s < end && is_token(*s))
		s++;
	if (end - s >= 3 && memcmp(s, "://", 3) == 0) {
		for (s += 3; s < end && !ends_host(*s);)
			s++;
		return s;
	}
	for (s = from; s < end && is_host(*s);)
		s++;
	return s == end || ends_host(*s) ? s : NULL;
}

static const char *skip_blanks_back(const char *s, const char *end)
{
	while (end > s && end[-1] == ' ')
		end--;
	return end;
}

/* The target of a request line that goes on at s, behind the method; it is empty if there is none. A
 * client may put in more blanks than one: servers take them, and they make no other path. */
static const char *find_target(const char *s, const char **end)
{
	const char *blank, *e = skip_blanks_back(s, *end);

	blank = memrchr(s, ' ', (size_t)(e - s));
	if (blank && e - blank > 5 && memcmp(blank + 1, "HTTP/", 5) == 0)
		e = skip_blanks_back(s, blank);
	while (s < e && *s == ' ')
		s++;
	*end = e;
	return s;
}

static bool is_method(const char *s, const char *end)
{
	const char *from = s;

	while (s < end && is_token(*s))
		s++;
	return s > from && s == end;
}

void request_path_read(struct request *r, const char *text, size_t len)
{
	const char *end = text + len, *target = text;
	const char *blank = memchr(text, ' ', len);

	r->path_len = 0;
	if (blank && *text != '/') { /* a request line */
		if (!is_method(text, blank))
			return;
		target = find_target(blank, &end);
		if (target < end && !r->method[0])
			request_path_set_method(r, text, (size_t)(blank - text));
	}
	if (target == end)
		return;
	target = skip_host(target, end);
	if (!target)
		return;
	r->path_len = (uint16_t)normalize_path(target, end, r->path);
	if (r->path_len == 0) { /* "https://host" or "https://host?x" */
		r->path[0] = '/';
		r->path_len = 1;
	}
}
