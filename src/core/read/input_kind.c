/* input_kind.c - see input_kind.h. */
#include "core/read/input_kind.h"

#include <string.h>

/* Bytes of a line that show UTF-16: each second one is NUL where the text is ASCII. */
#define UTF16_BYTES 64

static const struct magic {
	enum input_kind kind;
	const char *bytes;
	size_t len;
} magics[] = {
	{INPUT_GZIP, "\x1f\x8b", 2},         /* RFC 1952 */
	{INPUT_ZSTD, "\x28\xb5\x2f\xfd", 4}, /* RFC 8878 */
	{INPUT_XZ,
		"\xfd"
		"7zXZ",
		5}, /* the .xz file format, 2.1.1.1 */
	{INPUT_BZIP2, "BZh", 3},
	{INPUT_UTF16, "\xff\xfe", 2}, /* byte order marks */
	{INPUT_UTF16, "\xfe\xff", 2},
	{INPUT_UTF32, "\xff\xfe\0\0", 4}, /* the last one that fits counts */
	{INPUT_UTF32, "\0\0\xfe\xff", 4},
};

static const char *const advice[INPUT_KIND_COUNT] = {
	[INPUT_LINE] = "",
	[INPUT_GZIP] = "the input is compressed by gzip\nput `zcat FILE |` before anomdetect",
	[INPUT_ZSTD] = "the input is compressed by zstd\nput `zstd -dc FILE |` before anomdetect",
	[INPUT_XZ] = "the input is compressed by xz\nput `xz -dc FILE |` before anomdetect",
	[INPUT_BZIP2] =
		"the input is compressed by bzip2\nput `bzip2 -dc FILE |` before anomdetect",
	[INPUT_UTF16] = "the input is text in UTF-16\n"
			"put `iconv -f UTF-16 -t UTF-8 FILE |` before anomdetect",
	[INPUT_UTF16LE] = "the input is text in UTF-16\n"
			  "put `iconv -f UTF-16LE -t UTF-8 FILE |` before anomdetect",
	[INPUT_UTF16BE] = "the input is text in UTF-16\n"
			  "put `iconv -f UTF-16BE -t UTF-8 FILE |` before anomdetect",
	[INPUT_UTF32] = "the input is text in UTF-32\n"
			"put `iconv -f UTF-32 -t UTF-8 FILE |` before anomdetect",
	[INPUT_ARRAY] = "the objects stand in an array, but anomdetect reads one object per line\n"
			"put `jq -c '.[]' |` before anomdetect",
	[INPUT_PRETTY] =
		"an object is spread over several lines, but anomdetect reads one object per line\n"
		"put `jq -c . |` before anomdetect (live: `jq --unbuffered -c . |`)",
	[INPUT_TAIL] = "tail prints these lines between the lines of several files\n"
		       "they do no harm; `tail -q` leaves them out",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* INPUT_LINE: it is none. Behind a newline the halves of a line look swapped, but so does all of a
 * stream that begins there, and then iconv must swap them, too: the first line decides. */
static enum input_kind look_utf16(const char *s, size_t len)
{
	size_t nul[2] = {0, 0};

	if (len > UTF16_BYTES)
		len = UTF16_BYTES;
	for (size_t i = 0; i < len; i++)
		nul[i & 1] += s[i] == '\0';
	/* nearly all of one half, and hardly one of the other */
	if (len >= 4 && nul[0] >= len / 2 - len / 8 && nul[1] <= len / 8)
		return INPUT_UTF16BE;
	if (len >= 4 && nul[1] >= len / 2 - len / 8 && nul[0] <= len / 8)
		return INPUT_UTF16LE;
	return INPUT_LINE;
}

/* Bytes of the string with its quotes that the text begins with, or 0. */
static size_t string_len(const char *s, size_t len)
{
	if (!len || s[0] != '"')
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (s[i] == '\\')
			i++;
		else if (s[i] == '"')
			return i + 1;
	}
	return 0;
}

static bool only_brackets(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr("{}[],", s[i], 5) && !is_blank(s[i]))
			return false;
	return len > 0 && s[0] != ',';
}

/* A member or a string of a list on a line of its own. */
static bool is_fragment(const char *s, size_t len, bool indented)
{
	size_t n = string_len(s, len);

	if (!n)
		return false;
	while (n < len && is_blank(s[n]))
		n++;
	if (n == len)
		return indented;
	return s[n] == ':' || (indented && s[n] == ',' && n + 1 == len);
}

static bool is_tail_header(const char *s, size_t len)
{
	return len > 8 && memcmp(s, "==> ", 4) == 0 && memcmp(s + len - 4, " <==", 4) == 0;
}

bool input_kind_is_between(const char *line, size_t len)
{
	while (len && is_blank(line[len - 1]))
		len--;
	while (len && is_blank(*line)) {
		line++;
		len--;
	}
	return len == 0 || is_tail_header(line, len);
}

/* `[` or `,` alone or before an object, or an object with a comma behind it; if `in_array`, also an
 * object with a `]` behind it. */
static bool is_array(const char *s, size_t len, bool in_array)
{
	size_t at = 1;

	if (s[0] == '[' || s[0] == ',') {
		while (at < len && is_blank(s[at]))
			at++;
		return at == len || s[at] == '{';
	}
	if (s[0] != '{' || (s[len - 1] != ',' && (!in_array || s[len - 1] != ']')))
		return false;
	for (at = len - 1; at && is_blank(s[at - 1]); at--)
		;
	return at > 2 && s[at - 1] == '}';
}

void input_kinds_begin(struct input_kinds *k, const char *line, size_t len)
{
	const size_t n = sizeof magics / sizeof *magics;

	if (k->began)
		return;
	k->began = true;
	for (const struct magic *m = magics; m < magics + n; m++)
		if (len >= m->len && memcmp(line, m->bytes, m->len) == 0)
			k->whole = m->kind;
}

enum input_kind input_kinds_look(struct input_kinds *k, const char *line, size_t len)
{
	const char *s = line;

	input_kinds_begin(k, line, len);
	if (k->whole != INPUT_LINE)
		return k->whole;
	enum input_kind utf16 = look_utf16(line, len);
	if (k->utf16 == INPUT_LINE)
		k->utf16 = utf16;
	if (utf16 != INPUT_LINE || (k->utf16 != INPUT_LINE && len < 4 && memchr(line, '\0', len)))
		return k->utf16;
	while (len && is_blank(*s)) {
		s++;
		len--;
	}
	while (len && is_blank(s[len - 1]))
		len--;
	if (is_tail_header(s, len) || (k->has_tail && len == 0)) {
		k->has_tail = true;
		return INPUT_TAIL;
	}
	if (len == 0)
		return INPUT_LINE;
	if (is_array(s, len, k->has_array)) {
		k->has_array = true;
		return INPUT_ARRAY;
	}
	if (only_brackets(s, len) || is_fragment(s, len, s > line))
		return k->has_array ? INPUT_ARRAY : INPUT_PRETTY;
	return INPUT_LINE;
}

const char *input_kind_advice(enum input_kind kind)
{
	return kind < INPUT_KIND_COUNT ? advice[kind] : "";
}
