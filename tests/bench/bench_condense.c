/* bench_condense.c - the longest time for one line of 4 MiB, whatever a client writes into it.
 *
 * Each row is a line of LINE_LONGEST bytes that repeats a text between a beginning and an end. A
 * wanted string or array is the value of a member that the parser uses, such as the request. The
 * fastest of several runs counts, in CPU time, because other programs on the machine change the
 * wall time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/read/line.h"

#define RUNS 7

struct shape {
	const char *name;
	const char *begin;
	const char *repeat;
	const char *end;
	bool combined;
};

#define PEER "\"remote_addr\":\"2001:db8::7\","
#define REST ",\"status\":404}"

static const struct shape shapes[] = {
	{"a long string", "{" PEER "\"a\":\"", "a", "\"" REST, false},
	{"a string of escaped backslashes", "{" PEER "\"a\":\"", "\\\\", "\"" REST, false},
	{"a string of escaped quotes", "{" PEER "\"a\":\"", "\\\"", "\"" REST, false},
	{"a wanted string of escapes", "{" PEER "\"request\":\"", "\\\\", "\"" REST, false},
	{"a wanted string of \\u0000", "{" PEER "\"request\":\"", "\\u0000", "\"" REST, false},
	{"a string of brackets", "{" PEER "\"a\":\"", "[{", "\"" REST, false},
	{"arrays in arrays", "{" PEER "\"a\":", "[", "", false},
	{"objects in objects", "{" PEER "\"a\":", "{\"\":", "", false},
	{"empty arrays in an array", "{" PEER "\"a\":[", "[],", "[]]" REST, false},
	{"brackets in pairs", "{" PEER "\"a\":[", "[]", "]" REST, false},
	{"an array of digits", "{" PEER "\"a\":[", "1,", "1]" REST, false},
	{"an array of empty strings", "{" PEER "\"a\":[", "\"\",", "\"\"]" REST, false},
	{"a wanted array of strings", "{" PEER "\"x_forwarded_for\":[", "\"\",", "\"\"]" REST,
		false},
	{"short members, outermost", "{" PEER, "\"\":0,", "\"a\":0" REST, false},
	{"short members with names", "{" PEER, "\"a\":\"\",", "\"a\":0" REST, false},
	{"short members with escapes", "{" PEER, "\"\\n\":\"\\n\",", "\"a\":0" REST, false},
	{"empty arrays, outermost", "{" PEER, "\"\":[],", "\"a\":0" REST, false},
	{"short members of an object", "{" PEER "\"request\":{", "\"\":0,", "\"a\":0}" REST, false},
	{"short, escaped members of an object", "{" PEER "\"request\":{", "\"\n\":\"\n\",",
		"\"a\":0}" REST, false},
	{"one member, repeated", "{" PEER, "\"request\":{},", "\"a\":0" REST, false},
	{"commas", "{" PEER "\"a\":1", ",", REST, false},
	{"spaces", "{" PEER "\"a\":1", " ", REST, false},
	{"a long number", "{" PEER "\"a\":", "1", REST, false},
	{"a long key", "{" PEER "\"", "a", "\":1" REST, false},
	{"an object that Docker wrapped",
		"{\"log\":\"{\\\"remote_addr\\\":\\\"2001:db8::7\\\","
		"\\\"a\\\":\\\"",
		"a", "\\\",\\\"status\\\":404}\\n\",\"stream\":\"stdout\"}", false},
	{"escapes in an object that Docker wrapped",
		"{\"log\":\"{\\\"remote_addr\\\":\\\"2001:db8::7\\\",\\\"a\\\":\\\"", "\\\\\\\\",
		"\\\",\\\"status\\\":404}\\n\",\"stream\":\"stdout\"}", false},
	{"spaces before the object", "", " ", "{" PEER "\"a\":0" REST, false},
	{"structured data of syslog", "<1>1 - a a a a [a", "]", "{", false},
	{"combined: a long request", "2001:db8::7 - - [06/Feb/2026:12:12:51 +0000] \"GET /", "a",
		"\" 404 1 ", true},
	{"combined: a request of escapes", "2001:db8::7 - - [06/Feb/2026:12:12:51 +0000] \"GET /",
		"\\\"", "\" 404 1 ", true},
	{"combined: slashes", "2001:db8::7 - - [06/Feb/2026:12:12:51 +0000] \"GET ", "/",
		" HTTP/1.1\" 200 5", true},
	{"combined: quotes", "2001:db8::7 - - ", "\"", " [06/Feb/2026:12:12:51 +0000] \"GET", true},
	{"combined: brackets", "2001:db8::7 - - ", "] ", " [06/Feb/2026:12:12:51 +0000] \"GET",
		true},
};

static void make_line(char *line, const struct shape *s)
{
	size_t begin = strlen(s->begin), end = strlen(s->end), n = strlen(s->repeat);

	memcpy(line, s->begin, begin);
	for (size_t i = begin; i + n + end <= LINE_LONGEST; i += n)
		memcpy(line + i, s->repeat, n);
	size_t at = begin + (LINE_LONGEST - begin - end) / n * n;
	memset(line + at, ' ', LINE_LONGEST - at);
	memcpy(line + at, s->end, end);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(void)
{
	struct line_config plain = {0}, combined = {.combined = true};
	struct line_parser *parsers[2] = {line_parser_new(&plain), line_parser_new(&combined)};
	char *line = malloc(LINE_LONGEST);
	struct line_result r;

	if (!line || !parsers[0] || !parsers[1])
		return 1;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		double best = 1e9;
		enum line_reason reason = LINE_OK;
		make_line(line, &shapes[i]);
		for (int run = 0; run < RUNS; run++) {
			double before = cpu_ms();
			reason = line_parse(
				parsers[shapes[i].combined], line, LINE_LONGEST, false, &r);
			double took = cpu_ms() - before;
			best = took < best ? took : best;
		}
		printf("%-40s %8.2f ms  %s\n", shapes[i].name, best,
			reason != LINE_OK  ? "no request"
			: r.request.status ? "request, status"
					   : "request");
	}
	line_parser_free(parsers[0]);
	line_parser_free(parsers[1]);
	free(line);
	return 0;
}
