/* input_kind.c - see input_kind.h. */
#include "core/read/input_kind.h"

#include <string.h>

/* Number of bytes of a line that are examined for UTF-16. Every second byte is NUL if the text is
 * ASCII. */
#define UTF16_BYTES 64
/* Number of bytes of a line that are examined for a guess. */
#define GUESS_BYTES 4096

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
	{INPUT_LZ4, "\x04\x22\x4d\x18", 4},
	{INPUT_COMPRESS, "\x1f\x9d", 2},
	{INPUT_ZIP, "PK\x03\x04", 4},
	{INPUT_JOURNAL, "LPKSHHRH", 8}, /* systemd, JOURNAL_FILE_FORMAT */
	{INPUT_UTF16, "\xff\xfe", 2},   /* byte order marks */
	{INPUT_UTF16, "\xfe\xff", 2},
	/* begins with the UTF-16 mark; the last match in this table is used */
	{INPUT_UTF32, "\xff\xfe\0\0", 4},
	{INPUT_UTF32, "\0\0\xfe\xff", 4},
};

static const char *const advice[INPUT_KIND_COUNT] = {
	[INPUT_LINE] = "",
	[INPUT_GZIP] = "the input is compressed by gzip\nput `zcat FILE |` before this program",
	[INPUT_ZSTD] = "the input is compressed by zstd\nput `zstd -dc FILE |` before this program",
	[INPUT_XZ] = "the input is compressed by xz\nput `xz -dc FILE |` before this program",
	[INPUT_BZIP2] =
		"the input is compressed by bzip2\nput `bzip2 -dc FILE |` before this program",
	[INPUT_LZ4] = "the input is compressed by lz4\nput `lz4 -dc FILE |` before this program",
	[INPUT_COMPRESS] =
		"the input is compressed by compress\nput `zcat FILE |` before this program",
	[INPUT_ZIP] = "the input is a zip archive\nput `unzip -p FILE |` before this program",
	[INPUT_JOURNAL] = "the input is a file of systemd's journal\n"
			  "put `journalctl -o cat -u UNIT |` before this program",
	[INPUT_UTF16] = "the input is text in UTF-16\n"
			"put `iconv -f UTF-16 -t UTF-8 FILE |` before this program",
	[INPUT_UTF16LE] = "the input is text in UTF-16\n"
			  "put `iconv -f UTF-16LE -t UTF-8 FILE |` before this program",
	[INPUT_UTF16BE] = "the input is text in UTF-16\n"
			  "put `iconv -f UTF-16BE -t UTF-8 FILE |` before this program",
	[INPUT_UTF32] = "the input is text in UTF-32\n"
			"put `iconv -f UTF-32 -t UTF-8 FILE |` before this program",
	[INPUT_ARRAY] = "the objects are in an array, but each must be on a line of its own\n"
			"put `jq -c '.[]' |` before this program",
	[INPUT_PRETTY] = "an object is spread over several lines, but must be on one line\n"
			 "put `jq -c . |` before this program (live: `jq --unbuffered -c . |`)",
	[INPUT_ERROR_LOG] =
		"the input is a web server's error log\n"
		"give this program the server's access log, such as `/var/log/nginx/access.json`",
	[INPUT_SYSLOG] = "the input is a log that syslog wrote, such as a log of logins, but only "
			 "access logs of web servers can be read\n"
			 "`fail2ban` and `sshguard` read logs of logins",
	[INPUT_W3C] = "the input is in the W3C format of IIS, which is not supported\n"
		      "let the server log JSON, or convert the log to JSON with `mlr`",
	[INPUT_COLUMNS] =
		"the fields of the input are separated by commas or tabs, which is not supported\n"
		"put `mlr --icsv --ojsonl cat FILE |` before this program (tabs: `mlr "
		"--itsv`), or let the server log JSON",
	[INPUT_BINARY] = "the input is not text\n`file FILE` prints its type",
	[INPUT_TAIL] = "tail prints such lines before the lines of each file\nthey are harmless; "
		       "`tail -q` omits them",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Returns INPUT_LINE if the line is not UTF-16. In UTF-16LE, the second byte of a newline becomes
 * the first byte of the next line. So all lines except the first look like UTF-16BE, but the
 * first line shows the byte order of the whole stream. A stream whose first line looks like
 * UTF-16BE must be read as UTF-16BE by iconv, even if tail began it within a newline of
 * UTF-16LE. */
static enum input_kind look_utf16(const char *s, size_t len)
{
	size_t nul[2] = {0, 0};

	if (len > UTF16_BYTES)
		len = UTF16_BYTES;
	for (size_t i = 0; i < len; i++)
		nul[i & 1] += s[i] == '\0';
	/* almost all bytes at even places are NUL and almost none at odd places, or the reverse */
	if (len >= 4 && nul[0] >= len / 2 - len / 8 && nul[1] <= len / 8)
		return INPUT_UTF16BE;
	if (len >= 4 && nul[1] >= len / 2 - len / 8 && nul[0] <= len / 8)
		return INPUT_UTF16LE;
	return INPUT_LINE;
}

/* The length of the string, with its quotes, at the beginning of the text; 0 if there is none. */
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

/* Whether the line is only one member of an object, or only one string of a list. */
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

/* Whether the line is `[` or `,`, alone or before an object; or an object with a comma after it. If
 * `in_array`, an object with a `]` after it also counts. */
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

/* ---- guesses for lines that no test above recognised ---- */

/* Whether the text begins with this form. In the form, "0" stands for a digit or a blank, and "a"
 * stands for a letter. */
static bool begins_as(const char *s, size_t len, const char *form)
{
	for (; *form; form++, s++, len--) {
		if (!len)
			return false;
		bool digit = (*s >= '0' && *s <= '9') || *s == ' ';
		bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
		if (*form == '0' ? !digit : *form == 'a' ? !letter : *s != *form)
			return false;
	}
	return true;
}

static bool has_part(const char *s, size_t len, const char *part)
{
	return memmem(s, len, part, strlen(part)) != NULL;
}

/* Whether the line is from an error log. nginx: "2026/11/22 04:16:00 [error] 12#12:"; Apache: "[Sun
 * Nov 22 04:16:00 2026] [core:error]" */
static bool is_error_log(const char *s, size_t len)
{
	return begins_as(s, len, "0000/00/00 00:00:00 [a") ||
	       (begins_as(s, len, "[aaa aaa 00 00:00:00") && has_part(s, len, "] ["));
}

/* Whether the line begins as "Nov 22 04:16:00 host program[1]: ", or with an RFC 3339 time
 * instead. */
static bool is_syslog(const char *s, size_t len)
{
	return (begins_as(s, len, "aaa 00 00:00:00 a") ||
		       begins_as(s, len, "0000-00-00T00:00:00")) &&
	       has_part(s, len, ": ");
}

/* Whether the line consists of columns. Any text may contain commas. So the first line of columns
 * must be a header line without blanks, or contain tabs. */
static bool is_columns(struct input_kinds *k, const char *s, size_t len)
{
	static const char separators[] = "\t;,";

	for (const char *c = separators; *c; c++) {
		size_t n = 0;
		for (size_t i = 0; i < len; i++)
			n += s[i] == *c;
		if (n < 2 || (k->separator && (k->separator != *c || k->separators_n != n)) ||
			(!k->separator && *c != '\t' && memchr(s, ' ', len)))
			continue;
		k->separator = *c;
		k->separators_n = n;
		return true;
	}
	return false;
}

/* Whether more than one eighth of the bytes are control bytes. */
static bool is_binary(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += (unsigned char)s[i] < ' ' && s[i] != '\t' && s[i] != '\r';
	return n > 0 && 8 * n > len;
}

enum input_kind input_kinds_guess(struct input_kinds *k, const char *line, size_t len)
{
	if (len > GUESS_BYTES)
		len = GUESS_BYTES;
	k->has_w3c |= begins_as(line, len, "#Fields: ") || begins_as(line, len, "#Software: ");
	if (k->has_w3c)
		return INPUT_W3C;
	if (is_binary(line, len))
		return INPUT_BINARY;
	if (memchr(line, '{', len))
		return INPUT_LINE;
	return is_error_log(line, len)    ? INPUT_ERROR_LOG
	       : is_syslog(line, len)     ? INPUT_SYSLOG
	       : is_columns(k, line, len) ? INPUT_COLUMNS
					  : INPUT_LINE;
}

const char *input_kind_advice(enum input_kind kind)
{
	return kind < INPUT_KIND_COUNT ? advice[kind] : "";
}
