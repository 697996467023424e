/* service_file.c - see service_file.h. The parser has the same states as systemd's parser
 * (src/basic/env-file.c), so both read a file in the same way. */
#include "io/config/service_file.h"

#include <stdio.h>
#include <string.h>

#include "core/base/nearest.h"

#define BLANKS   " \t\n\r"
#define NEWLINES "\n\r"
#define COMMENTS "#;"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
/* In double quotes a backslash quotes these characters. Before any other character, it stays in the
 * value. */
#define QUOTABLE "\"\\`$"
/* A shell accepts this word before an assignment; systemd does not. */
#define EXPORT "export"
/* Maximum number of bytes of a comment in a message. */
#define COMMENT_SHOWN 60

static bool is_one_of(const char *set, char c)
{
	return c && strchr(set, c);
}

/* Skips `export` and the blanks after it, if the line begins with them. */
static const char *skip_export(const char *line)
{
	size_t len = strlen(EXPORT), blanks;

	if (strncmp(line, EXPORT, len) != 0)
		return line;
	blanks = strspn(line + len, " \t");
	return blanks ? line + len + blanks : line;
}

bool service_file_is(const char *text)
{
	for (;;) {
		text += strspn(text, BLANKS);
		if (!is_one_of(COMMENTS, *text))
			break;
		text += strcspn(text, NEWLINES);
	}
	if (!*text)
		return true;
	text = skip_export(text);
	size_t len = strspn(text, CAPITALS "0123456789");
	return len && is_one_of(CAPITALS, *text) && text[len + strspn(text + len, " \t")] == '=';
}

/* Where the parser reads, and where it writes the value. `out` is never ahead of `in`. */
struct place {
	const char *in;
	char *out;
};

static void copy_single_quoted(struct place *p)
{
	while (*p->in && *p->in != '\'')
		*p->out++ = *p->in++;
	p->in += *p->in != '\0';
}

static void copy_double_quoted(struct place *p)
{
	while (*p->in && *p->in != '"') {
		char c = *p->in++;
		if (c != '\\') {
			*p->out++ = c;
			continue;
		}
		if (!is_one_of(QUOTABLE, *p->in) && !is_one_of(NEWLINES, *p->in))
			*p->out++ = c;
		else if (*p->in && !is_one_of(NEWLINES, *p->in))
			*p->out++ = *p->in++;
		else
			p->in += *p->in != '\0'; /* the next line continues this one */
	}
	p->in += *p->in != '\0';
}

/* Copies the rest of the line, without the blanks at its end. */
static void copy_bare(struct place *p)
{
	char *end = p->out;

	while (*p->in && !is_one_of(NEWLINES, *p->in)) {
		bool quoted = *p->in == '\\';
		p->in += quoted;
		if (quoted && is_one_of(NEWLINES, *p->in)) {
			p->in++;
			end = p->out;
			continue;
		}
		if (!*p->in)
			break;
		*p->out++ = *p->in++;
		if (quoted || !is_one_of(BLANKS, p->out[-1]))
			end = p->out;
	}
	p->out = end;
}

/* Parses the value after '=', and skips the end of its line. */
static char *read_value(char *from, char **next)
{
	struct place p = {from, from};
	bool more = true;

	while (more) {
		p.in += strspn(p.in, " \t");
		more = *p.in == '\'' || *p.in == '"';
		if (*p.in == '\'') {
			p.in++;
			copy_single_quoted(&p);
		} else if (*p.in == '"') {
			p.in++;
			copy_double_quoted(&p);
		} else {
			copy_bare(&p);
		}
	}
	*next = from + (p.in - from) + (*p.in != '\0');
	*p.out = '\0'; /* the last step, because p.out may be the byte at p.in */
	return from;
}

/* Whether systemd before version 254 would treat the next line as part of this comment, although it
 * is not a comment. In these versions, a backslash at the end of a comment quotes the newline. */
static bool comment_goes_on(const char *comment, size_t len)
{
	size_t quotes = 0;
	const char *next = comment + len;

	while (quotes < len && comment[len - 1 - quotes] == '\\')
		quotes++;
	if (quotes % 2 == 0 || *next != '\n')
		return false;
	next += 1 + strspn(next + 1, " \t\r");
	return *next && *next != '\n' && !is_one_of(COMMENTS, *next);
}

/* Skips a comment, or a line without an assignment. */
static bool skip_line(char **text, char *why, size_t why_cap)
{
	char *line = *text;
	size_t len = strcspn(line, NEWLINES);

	*text += len;
	if (!is_one_of(COMMENTS, *line) || !comment_goes_on(line, len))
		return true;
	snprintf(why, why_cap,
		"the comment '%.*s%s' ends in a backslash, and systemd before version 254 treats "
		"the next line as part of the comment; remove the backslash",
		(int)(len < COMMENT_SHOWN ? len : COMMENT_SHOWN), line,
		len < COMMENT_SHOWN ? "" : "...");
	return false;
}

/* Whether a variable of this name was probably meant to be `wanted`. */
static bool is_nearly(const char *name, size_t len, const char *wanted)
{
	struct nearest near;

	nearest_init(&near, name, len);
	nearest_try(&near, wanted, strlen(wanted));
	return nearest_found(&near) != NULL;
}

/* The first name that resembles `wanted`. */
struct candidate {
	const char *wanted;
	char name[SERVICE_FILE_NAME_CAP];
};

static void note_name(struct candidate *c, const char *name, size_t len)
{
	if (!c->name[0] && len < sizeof c->name && is_nearly(name, len, c->wanted))
		snprintf(c->name, sizeof c->name, "%.*s", (int)len, name);
}

/* Reports a similar name only if the wanted variable has no value: if LOG has a value, LOG2 may be
 * for another unit. */
static void find_misspelt(struct service_file *f, const struct candidate *c, const char *value)
{
	if ((value && *value) || !c->name[0] || f->misspelt[0])
		return;
	memcpy(f->misspelt, c->name, sizeof f->misspelt);
	f->meant = c->wanted;
}

bool service_file_parse(char *text, struct service_file *out, char *why, size_t why_cap)
{
	struct candidate log = {"LOG", ""}, options = {"OPTIONS", ""};

	*out = (struct service_file){0};
	while (*(text += strspn(text, BLANKS))) {
		char *name = text;
		size_t len = strcspn(text, "=" NEWLINES);
		if (is_one_of(COMMENTS, *text) || name[len] != '=') {
			if (!skip_line(&text, why, why_cap))
				return false;
			continue;
		}
		while (len && is_one_of(BLANKS, name[len - 1]))
			len--;
		if (skip_export(name) != name) {
			snprintf(why, why_cap,
				"systemd ignores the line '%.*s=...'; write it without '" EXPORT
				"'",
				(int)(len < COMMENT_SHOWN ? len : COMMENT_SHOWN), name);
			return false;
		}
		char *value = read_value(name + strcspn(name, "=") + 1, &text);
		if (len == 3 && memcmp(name, "LOG", len) == 0)
			out->log = value;
		else if (len == 7 && memcmp(name, "OPTIONS", len) == 0)
			out->options = value;
		else {
			note_name(&options, name, len);
			note_name(&log, name, len);
		}
	}
	find_misspelt(out, &options, out->options);
	find_misspelt(out, &log, out->log);
	return true;
}

size_t service_file_words(char *options, char **words, size_t max)
{
	size_t n = 0;

	for (char *word = strtok_r(options, " \t\n", &options); word;
		word = strtok_r(NULL, " \t\n", &options)) {
		if (n < max)
			words[n] = word;
		n++;
	}
	return n;
}
