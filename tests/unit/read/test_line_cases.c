/* test_line_cases.c - parses the lines of tests/lines, which servers wrote, and compares each
 * result with the expected result.
 *
 * A file is blocks of three lines, with a blank line between blocks:
 *   - the line, unchanged from the log;
 *   - the result, which is one of
 *     request CLIENT STATUS TIME [truncated] [glued] [unenforceable] [cross_site] [count=N]
 *             [method=M] [path=P], in one line
 *     rejected REASON
 *   - a remark: a sentence about the line or the result.
 * STATUS is - if it is not known, and TIME is - if there is none. The method and the path are
 * compared only if they are given; - means that there is none. P extends to the end of its line,
 * with ? for bytes that are not printable.
 *
 * Lines between blocks that begin with # are comments. A first line "options: ..." gives options of
 * anomdetect for all cases of the file; the default is --tz UTC.
 */
#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/buf.h"
#include "io/config/input.h"
#include "io/config/options.h"

#define FOLDER     "tests/lines"
#define CASES_MIN  900
#define WORDS_MAX  32
#define RESULT_CAP 512

static const char *const reasons[LINE_REASON_COUNT] = {
	[LINE_NOT_JSON] = "not_json",
	[LINE_NO_CLIENT] = "no_client",
	[LINE_BAD_CLIENT] = "bad_client",
	[LINE_BAD_TIME] = "bad_time",
	[LINE_BAD_COUNT] = "bad_count",
	[LINE_TOO_LONG] = "too_long",
	[LINE_NUL] = "nul",
	[LINE_OTHER] = "other",
};

/* Writes the parts of the result that the case expects. */
static void put_result(
	struct buf *b, enum line_reason reason, const struct line_result *r, const char *want)
{
	const struct request *q = &r->request;

	if (reason != LINE_OK) {
		buf_put_text(b, "rejected ");
		buf_put_text(b, reasons[reason]);
		return;
	}
	buf_put_text(b, "request ");
	buf_put_address(b, &q->client);
	buf_put_char(b, ' ');
	if (q->status)
		buf_put_u64(b, q->status);
	else
		buf_put_char(b, '-');
	buf_put_char(b, ' ');
	if (q->has_time)
		buf_put_instant(b, q->time);
	else
		buf_put_char(b, '-');
	if (r->truncated)
		buf_put_text(b, " truncated");
	if (r->glued)
		buf_put_text(b, " glued");
	if (q->behind_proxy)
		buf_put_text(b, " unenforceable");
	if (q->cross_site)
		buf_put_text(b, " cross_site");
	if (q->count != 1) {
		buf_put_text(b, " count=");
		buf_put_u64(b, q->count);
	}
	if (strstr(want, " method=")) {
		buf_put_text(b, " method=");
		buf_put_text(b, q->method[0] ? q->method : "-");
	}
	if (strstr(want, " path=")) {
		buf_put_text(b, " path=");
		buf_put_plain(b, q->path_len ? q->path : "-", q->path_len ? q->path_len : 1);
	}
}

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static enum line_reason read_copy(
	struct line_parser *p, const char *line, size_t len, struct line_result *r)
{
	bool cut = len > LINE_LONGEST;
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, line, len);
	enum line_reason reason = line_parse(p, copy, cut ? LINE_LONGEST : len, cut, r);
	free(copy);
	return reason;
}

struct file {
	const char *name;
	FILE *in;
	char *line; /* the line that was read last, without its newline */
	size_t len, cap;
	unsigned number;
};

static bool next_line(struct file *f)
{
	ssize_t n = getline(&f->line, &f->cap, f->in);

	if (n < 0)
		return false;
	f->number++;
	f->len = (size_t)n - (n > 0 && f->line[n - 1] == '\n');
	f->line[f->len] = '\0';
	return true;
}

/* Parses the words into options; the options point into `text`. */
static void parse_options(struct options *o, char *text)
{
	char program[] = "anomdetect", why[256];
	char *argv[WORDS_MAX] = {program};
	int argc = 1;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX - 1);
		argv[argc++] = word;
	}
	if (!options_parse(o, argc, argv, why, sizeof why))
		fail_msg("options: %s", why);
}

/* Checks all cases of the file. Adds their number, and the number of cases that failed. */
static void check_file(struct file *f, unsigned *cases, unsigned *failed)
{
	char options_text[512] = "--tz UTC", why[256];
	struct options o;
	struct input in;
	bool more = next_line(f);

	if (more && strncmp(f->line, "options: ", 9) == 0) {
		snprintf(options_text, sizeof options_text, "%s", f->line + 9);
		more = next_line(f);
	}
	parse_options(&o, options_text);
	if (!input_open(&in, &o.input, &o.allow.trust_proxy, why, sizeof why))
		fail_msg("%s: %s", f->name, why);
	struct line_parser *p = line_parser_new(&in.line);
	assert_non_null(p);
	for (; more; more = next_line(f)) {
		struct line_result r;
		char got[RESULT_CAP] = "";
		struct buf b;
		if (f->len == 0 || f->line[0] == '#')
			continue;
		enum line_reason reason = read_copy(p, f->line, f->len, &r);
		assert_true(next_line(f));
		buf_init(&b, got, RESULT_CAP - 1);
		put_result(&b, reason, &r, f->line);
		++*cases;
		if (strcmp(got, f->line) != 0) {
			print_error(
				"%s:%u: %s\n    is not: %s\n", f->name, f->number, got, f->line);
			++*failed;
		}
		assert_true(next_line(f)); /* skips the remark */
		assert_true(f->len > 0);
	}
	line_parser_free(p);
	input_close(&in);
	options_free(&o);
}

static int is_cases(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".cases") == 0;
}

static void each_line_gives_the_result_of_its_case(void **state)
{
	struct dirent **files = NULL;
	int n = scandir(FOLDER, &files, is_cases, alphasort);
	unsigned cases = 0, failed = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char path[512];
		snprintf(path, sizeof path, FOLDER "/%s", files[i]->d_name);
		struct file f = {.name = path, .in = fopen(path, "re")};
		assert_non_null(f.in);
		check_file(&f, &cases, &failed);
		assert_int_equal(fclose(f.in), 0);
		free(f.line);
		free(files[i]);
	}
	free(files);
	print_message("%u cases\n", cases);
	assert_int_equal(failed, 0);
	assert_true(cases >= CASES_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_gives_the_result_of_its_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
