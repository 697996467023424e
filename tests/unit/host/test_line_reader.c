/* test_line_reader.c - the reader returns the same lines as a plain split of the whole text,
 * whatever the pieces in which the text arrives. */
#include "io/host/line_reader.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "unit/random.h"

#define MIB   (1024 * 1024)
#define LIMIT 65536 /* maximum length of a line in bytes, unless a test gives another maximum */

/* The plain split, to compare with. */
struct split {
	const char *text;
	size_t len;
	size_t at;
};

static bool split_next(struct split *s, struct line_reader_line *out)
{
	size_t end = s->at;

	if (s->at == s->len)
		return false;
	while (end < s->len && s->text[end] != '\n')
		end++;
	out->text = s->text + s->at;
	out->len = end - s->at;
	if (out->len && out->text[out->len - 1] == '\r')
		out->len--;
	out->cut = out->len > LIMIT;
	if (out->cut)
		out->len = LIMIT;
	s->at = end < s->len ? end + 1 : end;
	return true;
}

static void check_given(struct line_reader *l, struct split *expected)
{
	struct line_reader_line got, want = {.text = NULL};

	while (line_reader_next(l, &got)) {
		assert_true(split_next(expected, &want));
		assert_int_equal(got.cut, want.cut);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.text, want.text, want.len);
	}
}

/* Sends the text through a pipe in pieces of 1 to piece_max bytes. Fills the reader at random
 * moments, and whenever the pipe is full. */
static void check_pieces(const char *text, size_t len, size_t piece_max, struct random *r)
{
	struct split expected = {text, len, 0};
	struct line_reader_line line;
	int fd[2];

	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	for (size_t at = 0; at < len;) {
		size_t piece = 1 + random_below(r, piece_max);
		if (piece > len - at)
			piece = len - at;
		ssize_t n = write(fd[1], text + at, piece);
		if (n > 0)
			at += (size_t)n;
		if (n < 0 || random_below(r, 3)) {
			assert_int_equal(line_reader_fill(l), LINE_READER_OK);
			check_given(l, &expected);
		}
	}
	close(fd[1]);
	while (line_reader_fill(l) == LINE_READER_OK)
		check_given(l, &expected);
	check_given(l, &expected);
	assert_int_equal(expected.at, len);
	assert_int_equal(line_reader_fill(l), LINE_READER_END);
	assert_false(line_reader_next(l, &line));
	line_reader_free(l);
	close(fd[0]);
}

/* Same as check_pieces, but reads from a file, where each read fills all available room. */
static void check_file(const char *text, size_t len)
{
	struct split expected = {text, len, 0};
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, text + at, len - at);
		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	struct line_reader *l = line_reader_new(fd, LIMIT);
	assert_non_null(l);
	while (line_reader_fill(l) == LINE_READER_OK)
		check_given(l, &expected);
	check_given(l, &expected);
	assert_int_equal(expected.at, len);
	line_reader_free(l);
	close(fd);
}

static size_t random_line_len(struct random *r)
{
	switch (random_below(r, 12)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return LIMIT - 3 + random_below(r, 7);
	case 3:
		return random_below(r, 5 * LIMIT);
	default:
		return random_below(r, 600);
	}
}

/* Makes lines of hostile bytes: NULs, carriage returns anywhere, and both kinds of line ends. The
 * last line end may be missing. */
static size_t random_text(struct random *r, char *text, size_t cap)
{
	static const char bytes[] = {'\0', '\r', 'a', ' ', '"', (char)0xff};
	size_t len = 0;

	for (;;) {
		size_t n = random_line_len(r);
		if (n + 2 > cap - len)
			return len;
		for (size_t i = 0; i < n; i++)
			text[len++] = bytes[random_below(r, sizeof bytes)];
		if (random_below(r, 2))
			text[len++] = '\r';
		if (random_below(r, 100) == 0)
			return len;
		text[len++] = '\n';
	}
}

static void random_pieces_give_the_lines_of_a_plain_split(void **state)
{
	struct random r = random_new(1);
	char *text = malloc(2 * MIB);

	(void)state;
	random_note();
	assert_non_null(text);
	for (int i = 0; i < 12; i++) {
		size_t len = random_text(&r, text, (size_t)(i + 1) * MIB / 6);
		check_pieces(text, len, 1 + random_below(&r, 100000), &r);
		check_file(text, len);
	}
	free(text);
}

static void bytes_one_by_one_give_the_same_lines(void **state)
{
	struct random r = random_new(2);
	static char text[3 * LIMIT];

	(void)state;
	check_pieces(text, random_text(&r, text, sizeof text), 1, &r);
	memset(text, 'x', sizeof text);
	text[LIMIT] = '\n';
	text[sizeof text - 10] = '\n';
	check_pieces(text, sizeof text, 1, &r);
	/* The carriage return is the first byte after the maximum length. Only the next byte
	 * decides whether the line is too long. */
	text[LIMIT] = '\r';
	check_pieces(text, sizeof text, 1, &r);
	text[LIMIT + 1] = '\n';
	check_pieces(text, sizeof text, 1, &r);
}

/* Opens a reader of the text, in a memory file. */
static struct line_reader *open_text(const char *text, size_t len, size_t line_max, int *fd)
{
	*fd = memfd_create("lines", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(write(*fd, text, len), (ssize_t)len);
	assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
	struct line_reader *l = line_reader_new(*fd, line_max);
	assert_non_null(l);
	return l;
}

static bool next_line(struct line_reader *l, struct line_reader_line *line)
{
	while (!line_reader_next(l, line)) {
		if (line_reader_fill(l) != LINE_READER_OK)
			return line_reader_next(l, line);
	}
	return true;
}

static void assert_text_gives(const char *text, size_t len, const char *const *want)
{
	struct line_reader_line line;
	int fd;
	struct line_reader *l = open_text(text, len, LIMIT, &fd);

	for (; *want; want++) {
		assert_true(next_line(l, &line));
		assert_false(line.cut);
		assert_int_equal(line.len, strlen(*want));
		assert_memory_equal(line.text, *want, line.len);
	}
	assert_false(next_line(l, &line));
	line_reader_free(l);
	close(fd);
}

#define TEXT_GIVES(text, ...)                                                                      \
	assert_text_gives(text, sizeof(text) - 1, (const char *const[]){__VA_ARGS__, NULL})

static void last_line_without_newline_is_a_line(void **state)
{
	(void)state;
	TEXT_GIVES("one\ntwo", "one", "two");
	TEXT_GIVES("x", "x");
	TEXT_GIVES("one\ntwo\r", "one", "two");
}

static void newline_at_the_end_makes_no_further_line(void **state)
{
	(void)state;
	TEXT_GIVES("one\n", "one");
	TEXT_GIVES("", NULL);
}

static void empty_lines_count_as_lines(void **state)
{
	(void)state;
	TEXT_GIVES("\n\na\n\n", "", "", "a", "");
	TEXT_GIVES("\r\n\n", "", "");
}

static void one_carriage_return_at_the_end_is_removed(void **state)
{
	(void)state;
	TEXT_GIVES("a\r\nb\r\r\nc\rd\n", "a", "b\r", "c\rd");
}

static void nul_bytes_stay_in_the_line(void **state)
{
	struct line_reader_line line;
	int fd;
	struct line_reader *l = open_text("a\0b\0\n\0", 6, LIMIT, &fd);

	(void)state;
	assert_true(next_line(l, &line));
	assert_int_equal(line.len, 4);
	assert_memory_equal(line.text, "a\0b\0", 4);
	assert_true(next_line(l, &line));
	assert_int_equal(line.len, 1);
	assert_memory_equal(line.text, "", 1);
	assert_false(next_line(l, &line));
	line_reader_free(l);
	close(fd);
}

static void check_length(size_t len, const char *newline, size_t line_max)
{
	char *text = malloc(len + 16);
	struct line_reader_line line;
	size_t n = len, head;
	bool cut = len > line_max;
	int fd;

	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text + n, newline, strlen(newline));
	n += strlen(newline);
	head = n;
	if (*newline) {
		memcpy(text + n, "next\n", 5);
		n += 5;
	}
	struct line_reader *l = open_text(text, n, line_max, &fd);
	assert_true(next_line(l, &line));
	assert_int_equal(line.cut, cut);
	assert_int_equal(line.len, cut ? line_max : len);
	assert_memory_equal(line.text, text, line.len);
	if (n > head) {
		assert_true(next_line(l, &line));
		assert_false(line.cut);
		assert_int_equal(line.len, 4);
		assert_memory_equal(line.text, "next", 4);
	}
	assert_false(next_line(l, &line));
	line_reader_free(l);
	close(fd);
	free(text);
}

static void line_over_the_maximum_length_is_cut_and_returned_once(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", ""};

	(void)state;
	for (int i = 0; i < 3; i++) {
		check_length(1, ends[i], LIMIT);
		check_length(MIB, ends[i], LIMIT);
		for (size_t len = LIMIT - 1; len <= LIMIT + 3; len++)
			check_length(len, ends[i], LIMIT);
		for (size_t len = 4 * MIB - 1; len <= 4 * MIB + 3; len++)
			check_length(len, ends[i], 4 * MIB);
		check_length(9 * MIB, ends[i], 4 * MIB);
	}
}

/* Resident memory in KiB. */
static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void reader_of_short_lines_uses_little_memory(void **state)
{
	static char text[8000000];
	struct line_reader_line line;
	int fd;

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t i = 99; i < sizeof text; i += 100)
		text[i] = '\n';
	long before = resident();
	struct line_reader *l = open_text(text, sizeof text, 4 * MIB, &fd);
	while (next_line(l, &line))
		assert_int_equal(line.len, 99);
	/* the reader needs memory for one read; a sanitizer may need more */
	assert_in_range(resident() - before, 0, 1024);
	line_reader_free(l);
	close(fd);
}

static void cut_line_is_returned_before_its_newline_arrives(void **state)
{
	static char text[LIMIT + 2];
	struct line_reader_line line;
	int fd[2];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, 4 * LIMIT) > 0);
	assert_int_equal(write(fd[1], text, sizeof text), (ssize_t)sizeof text);
	struct line_reader *l = line_reader_new(fd[0], LIMIT);
	assert_non_null(l);
	assert_true(next_line(l, &line));
	assert_true(line.cut);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(write(fd[1], text, sizeof text), (ssize_t)sizeof text);
		assert_int_equal(line_reader_fill(l), LINE_READER_OK);
		assert_false(line_reader_next(l, &line));
	}
	assert_int_equal(write(fd[1], "\nb\n", 3), 3);
	assert_true(next_line(l, &line));
	assert_false(line.cut);
	assert_int_equal(line.len, 1);
	assert_memory_equal(line.text, "b", 1);
	line_reader_free(l);
	close(fd[0]);
	close(fd[1]);
}

/* A caller may fill the reader and read no lines. The reader must not report the full buffer as the
 * end of the input. */
static void full_buffer_is_not_the_end_of_the_input(void **state)
{
	static char text[2 * MIB];
	struct split expected = {text, sizeof text, 0};
	int fd;

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t i = 99; i < sizeof text; i += 100)
		text[i] = '\n';
	struct line_reader *l = open_text(text, sizeof text, LIMIT, &fd);
	for (int i = 0; i < 100; i++)
		assert_int_equal(line_reader_fill(l), LINE_READER_OK);
	check_given(l, &expected);
	while (line_reader_fill(l) == LINE_READER_OK)
		check_given(l, &expected);
	check_given(l, &expected);
	assert_int_equal(expected.at, sizeof text);
	line_reader_free(l);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* this test is first, because it measures memory: later, it could reuse freed
		 * memory */
		cmocka_unit_test(reader_of_short_lines_uses_little_memory),
		cmocka_unit_test(random_pieces_give_the_lines_of_a_plain_split),
		cmocka_unit_test(bytes_one_by_one_give_the_same_lines),
		cmocka_unit_test(last_line_without_newline_is_a_line),
		cmocka_unit_test(newline_at_the_end_makes_no_further_line),
		cmocka_unit_test(empty_lines_count_as_lines),
		cmocka_unit_test(one_carriage_return_at_the_end_is_removed),
		cmocka_unit_test(nul_bytes_stay_in_the_line),
		cmocka_unit_test(line_over_the_maximum_length_is_cut_and_returned_once),
		cmocka_unit_test(cut_line_is_returned_before_its_newline_arrives),
		cmocka_unit_test(full_buffer_is_not_the_end_of_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
