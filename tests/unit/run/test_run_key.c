/* test_run_key.c - the source of a run's hash key. The key does not depend on the pieces in which
 * the input arrives. */
#include "io/run/run_key.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_engine.h"
#include "unit/random.h"

static const struct statedir no_file = {.path = NULL}, file = {.path = "/state"};
static const struct hash_key zero = {{0, 0}};

static bool same_key(struct hash_key a, struct hash_key b)
{
	return a.k[0] == b.k[0] && a.k[1] == b.k[1];
}

/* Feeds an input of `len` bytes in pieces of at most `most` bytes. Returns the engine's key, which
 * is set once RUN_KEY_BYTES or the whole input have arrived. */
static struct hash_key key_of(const char *text, size_t len, size_t most, struct random *r)
{
	struct line_reader_line line;
	struct run_key k;
	struct hash_key key;
	size_t sent = 0, given = 0;
	int fd[2];

	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	struct line_reader *l = line_reader_new(fd[0], 65536);
	assert_non_null(l);
	assert_true(run_key_make(&k, true, &no_file, &key));
	assert_true(k.waits && same_key(key, zero));
	begin(true);
	while (sent < len) {
		size_t piece = 1 + random_below(r, most);
		piece = piece < len - sent ? piece : len - sent;
		assert_int_equal(write(fd[1], text + sent, piece), (ssize_t)piece);
		sent += piece;
		assert_int_equal(line_reader_fill(l), LINE_READER_OK);
		assert_true(run_key_take(&k, l, false, g.engine) == (sent >= RUN_KEY_BYTES));
		while (!k.waits && line_reader_next(l, &line))
			given += line.len + 1;
	}
	close(fd[1]);
	assert_int_equal(line_reader_fill(l), LINE_READER_END);
	assert_true(run_key_take(&k, l, true, g.engine) && !k.waits);
	while (line_reader_next(l, &line))
		given += line.len + 1;
	assert_int_equal(given, len); /* no line is lost */
	key = engine_set_key(g.engine, zero);
	end(NULL);
	line_reader_free(l);
	close(fd[0]);
	return key;
}

static size_t fill_text(char *text, size_t cap)
{
	size_t len = 0;

	for (int i = 0; len + 64 < cap; i++)
		len += (size_t)snprintf(
			text + len, cap - len, "{\"remote_addr\":\"192.0.2.%d\"}\n", i % 256);
	return len;
}

static void key_depends_on_the_first_bytes_and_not_on_the_pieces(void **state)
{
	static char text[3 * RUN_KEY_BYTES];
	struct random r = random_new(18);
	size_t len = fill_text(text, sizeof text);
	struct hash_key key = hash_key_from(text, RUN_KEY_BYTES);

	(void)state;
	random_note();
	for (size_t most = 1; most <= sizeof text; most = most * 3 + 1)
		assert_true(same_key(key_of(text, len, most, &r), key));
	text[RUN_KEY_BYTES] ^= 1; /* the first byte after those that make the key */
	assert_true(same_key(key_of(text, len, 1000, &r), key));
	text[RUN_KEY_BYTES - 1] ^= 1;
	assert_false(same_key(key_of(text, len, 1000, &r), key));
}

static void key_of_a_short_input_is_made_from_all_of_it(void **state)
{
	static char text[RUN_KEY_BYTES];
	struct random r = random_new(19);
	size_t len = fill_text(text, 700);

	(void)state;
	random_note();
	assert_true(same_key(key_of(text, len, 1, &r), hash_key_from(text, len)));
	assert_true(same_key(key_of(text, len, len, &r), hash_key_from(text, len)));
	assert_true(same_key(key_of(text, 0, 1, &r), hash_key_from(text, 0)));
}

static void live_runs_and_runs_with_a_state_file_have_random_keys(void **state)
{
	static const bool replays[] = {false, false, true};
	const struct statedir *dirs[] = {&no_file, &file, &file};
	struct line_reader *l = line_reader_new(-1, 65536); /* never read */

	(void)state;
	assert_non_null(l);
	begin(true);
	for (int i = 0; i < 3; i++) {
		struct run_key k;
		struct hash_key a, b;
		assert_true(run_key_make(&k, replays[i], dirs[i], &a) && !k.waits);
		assert_true(run_key_make(&k, replays[i], dirs[i], &b) && !k.waits);
		assert_false(same_key(a, zero));
		assert_false(same_key(a, b));
		assert_true(run_key_take(&k, l, false, g.engine));
	}
	end(NULL);
	line_reader_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_depends_on_the_first_bytes_and_not_on_the_pieces),
		cmocka_unit_test(key_of_a_short_input_is_made_from_all_of_it),
		cmocka_unit_test(live_runs_and_runs_with_a_state_file_have_random_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
