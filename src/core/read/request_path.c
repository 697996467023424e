/* request_path.c - see request_path.h. The target is read in one pass. A segment "." or ".." is
 * removed when it ends. */
#include "core/read/request_path.h"

#include <stdbool.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Maximum number of bytes of a target that are read. Servers refuse longer targets, but a log may
 * contain a refused target with millions of slashes. */
#define TARGET_MAX 65536

/* Has only one branch, because it checks every byte of the method in each line. */
static bool is_token(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || c == '-' || c == '_';
}

/* Copies byte by byte: a method is so short that a call of memcpy would take longer. */
static inline void copy_token(struct request *r, const char *text, size_t len)
{
	if (len > REQUEST_METHOD_MAX)
		len = 0;
	for (size_t i = 0; i < len; i++)
		r->method[i] = text[i];
	r->method[len] = '\0';
}

void request_path_set_method(struct request *r, const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_token(text[n]))
		n++;
	copy_token(r, text, n == len ? len : 0);
}

/* Returns 0..15, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes the byte at *s and moves *s past it. */
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

/* If the last segment is ".", removes it; if it is "..", also removes the segment before it.
 * Returns the new length. */
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

/* The meaning of a byte in a path. A dot only has a meaning after a slash; end_segment handles
 * dots. */
enum meaning { ITSELF, SLASH, STOP, ESCAPE };

static const uint8_t meanings[256] = {
	['/'] = SLASH, ['?'] = STOP, [';'] = STOP, ['#'] = STOP, ['%'] = ESCAPE};

#if defined(__SSE2__)
/* Bit i is set if byte i of the 16 bytes ends the path or begins an escape. */
static unsigned stops_and_escapes(__m128i v)
{
	__m128i hit = _mm_cmpeq_epi8(v, _mm_set1_epi8('?'));

	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8(';')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
	return (unsigned)_mm_movemask_epi8(hit);
}

static unsigned find_slashes(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('/')));
}

static __m128i load_16(const char *s)
{
	return _mm_loadu_si128((const __m128i *)(const void *)s);
}
#endif

/* Copies bytes without a special meaning. Returns the number of bytes copied. */
static size_t copy_plain(char *path, size_t room, const char *s, size_t len)
{
	size_t n = 0;

#if defined(__SSE2__)
	for (; len - n >= 16 && room - n >= 16; n += 16) {
		__m128i v = load_16(s + n);
		unsigned hits = stops_and_escapes(v) | find_slashes(v);
		_mm_storeu_si128((__m128i *)(void *)(path + n), v);
		if (hits)
			return n + (unsigned)__builtin_ctz(hits);
	}
#endif
	for (; n < len && n < room && meanings[(unsigned char)s[n]] == ITSELF; n++)
		path[n] = s[n];
	return n;
}

static size_t normalize_path(const char *s, const char *end, char path[REQUEST_PATH_MAX])
{
	size_t n = 0;

	while (s < end && n < REQUEST_PATH_MAX) {
		size_t plain = copy_plain(path + n, REQUEST_PATH_MAX - n, s, (size_t)(end - s));
		n += plain;
		s += plain;
		if (s == end || n == REQUEST_PATH_MAX || meanings[(unsigned char)*s] == STOP)
			break;
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

/* The first byte that ends the path or cannot be copied unchanged, or `end`. A slash only counts if
 * a slash or a dot follows it. Reads 16 bytes at a time. */
static const char *find_meaning(const char *s, const char *end)
{
#if defined(__SSE2__)
	const __m128i dot = _mm_set1_epi8('.');
	char few[17] = {0};
	ptrdiff_t len = end - s;

	if (len <= 16) { /* the zeros after the text have no meaning */
		memcpy(few, s, (size_t)len);
		__m128i v = load_16(few), next = load_16(few + 1);
		unsigned dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(next, dot));
		unsigned hits =
			stops_and_escapes(v) | (find_slashes(v) & (find_slashes(next) | dots));
		return hits ? s + __builtin_ctz(hits) : end;
	}
	for (;; s = end - s > 32 ? s + 16 : end - 17) {
		__m128i v = load_16(s), next = load_16(s + 1);
		unsigned dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(next, dot));
		unsigned hits =
			stops_and_escapes(v) | (find_slashes(v) & (find_slashes(next) | dots));
		if (hits)
			return s + __builtin_ctz(hits);
		if (end - s == 17)
			break;
	}
	s = end - 1; /* no byte follows this one */
	return meanings[(unsigned char)*s] == STOP || *s == '%' ? s : end;
#else
	for (; s < end; s++) {
		uint8_t m = meanings[(unsigned char)*s];
		if (m == STOP || m == ESCAPE ||
			(m == SLASH && s + 1 < end && (s[1] == '/' || s[1] == '.')))
			break;
	}
	return s;
#endif
}

/* Whether the path can be copied unchanged, as almost all paths can: it has no escape, and no "/"
 * before a "/" or a ".". *stop is the end of the path. */
static bool is_normal(const char *s, const char *end, const char **stop)
{
	*stop = find_meaning(s, end);
	return *stop == end || meanings[(unsigned char)**stop] == STOP;
}

/* Whether the byte may be part of a host or its port. */
static bool is_host(char c)
{
	return is_token(c) || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '[' ||
	       c == ']';
}

static bool ends_host(char c)
{
	return c == '/' || c == ';' || c == '?' || c == '#';
}

/* The place of the path after "https://host" or a bare "host"; s if the text begins with '/' or
 * '*'. NULL if the text begins with none of these. */
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

/* The target of a request line; s is the place after the method. The result is empty if the line
 * has no target. A client may send several blanks before the target: servers accept them and use
 * the same path. */
static const char *find_target(const char *s, const char **end)
{
	const char *blank, *e = skip_blanks_back(s, *end);

	if (e - s > 9 && memcmp(e - 9, " HTTP/", 6) == 0) /* as in almost all lines */
		blank = e - 9;
	else
		blank = memrchr(s, ' ', (size_t)(e - s));
	if (blank && e - blank > 5 && memcmp(blank + 1, "HTTP/", 5) == 0)
		e = skip_blanks_back(s, blank);
	while (s < e && *s == ' ')
		s++;
	*end = e;
	return s;
}

/* Whether the text has the form of most request lines, "GET /x HTTP/1.1", which needs no search. */
static bool is_common_line(const char *s, const char *end)
{
	return end - s >= 14 && memcmp(s, "GET /", 5) == 0 && memcmp(end - 9, " HTTP/1.", 8) == 0 &&
	       end[-1] != ' ' && end[-10] != ' ';
}

/* Splits a request line into the method and the target. A text without blanks is treated as a
 * target alone. Returns false for any other text. */
static bool read_request_line(struct request *r, const char **text, const char **end)
{
	const char *method = *text, *const last = *end, *s = method;

	if (is_common_line(method, last)) {
		if (!r->method[0])
			memcpy(r->method, "GET", 4);
		*text += 4;
		*end -= 9;
		return true;
	}
	while (s < last && is_token(*s))
		s++;
	if (s == last || *s != ' ')
		return !memchr(s, ' ', (size_t)(*end - s));
	if (s == method)
		return false;
	*text = find_target(s, end);
	if (*text < *end && !r->method[0])
		copy_token(r, method, (size_t)(s - method));
	return true;
}

void request_path_read(struct request *r, const char *text, size_t len)
{
	const char *end = text + len, *target = text, *stop;

	r->path_len = 0;
	if (len == 0)
		return;
	if (*text != '/' && !read_request_line(r, &target, &end))
		return;
	if (target == end)
		return;
	if (end - target > TARGET_MAX)
		end = target + TARGET_MAX;
	if (*target != '/')
		target = skip_host(target, end);
	if (!target)
		return;
	if (end - target <= REQUEST_PATH_MAX && is_normal(target, end, &stop)) {
		r->path_len = (uint16_t)(stop - target);
		memcpy(r->path, target, r->path_len);
	} else {
		r->path_len = (uint16_t)normalize_path(target, end, r->path);
	}
	if (r->path_len == 0) { /* the target was "https://host" or "https://host?x" */
		r->path[0] = '/';
		r->path_len = 1;
	}
}
