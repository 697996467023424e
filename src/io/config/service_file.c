/* service_file.c - see service_file.h. The states and their order are those of systemd's own reader
 * (src/basic/env-file.c), so that a file has one meaning for the service and for us. */
#include "io/config/service_file.h"

#include <string.h>

#define BLANKS   " \t\n\r"
#define NEWLINES "\n\r"
#define COMMENTS "#;"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
/* In double quotes a backslash quotes these, and is itself before all others. */
#define QUOTABLE "\"\\`$"

static bool is_one_of(const char *set, char c)
{
	return c && strchr(set, c);
}

bool service_file_is(const char *text)
{
	for (;;) {
		text += strspn(text, BLANKS);
		if (!is_one_of(COMMENTS, *text))
			break;
		text += strcspn(text, NEWLINES);
	}
	size_t len = strspn(text, CAPITALS "0123456789");
	return len && is_one_of(CAPITALS, *text) && text[len + strspn(text + len, " \t")] == '=';
}

/* Where the text is read, and where the value is written: never before it. */
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
			p->in += *p->in != '\0'; /* a line goes on */
	}
	p->in += *p->in != '\0';
}

/* To the end of the line, without the blanks before it. */
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

/* The value behind '='; reads its line's end, too. */
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
	*p.out = '\0'; /* last: it may be the byte at p.in */
	return from;
}

void service_file_parse(char *text, struct service_file *out)
{
	*out = (struct service_file){0};
	while (*(text += strspn(text, BLANKS))) {
		char *name = text;
		size_t len = strcspn(text, "=" NEWLINES);
		if (is_one_of(COMMENTS, *text) || name[len] != '=') {
			text += strcspn(text, NEWLINES);
			continue;
		}
		while (len && is_one_of(BLANKS, name[len - 1]))
			len--;
		char *value = read_value(name + strcspn(name, "=") + 1, &text);
		if (len == 3 && memcmp(name, "LOG", len) == 0)
			out->log = value;
		else if (len == 7 && memcmp(name, "OPTIONS", len) == 0)
			out->options = value;
	}
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
