/* test_saver.c - when the state file and the memory file are written. test_state and test_memory
 * test their contents; test_statefile tests that they are replaced as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/config/input.h"
#include "io/config/options.h"
#include "io/run/saver.h"
#include "io/config/settings.h"

static const struct instant start = {1700000000000};

/* An engine without lines and its saver, in a directory of their own. */
struct given {
	struct options options;
	struct input input;
	struct allow *allow;
	struct engine *engine;
	struct statedir dir;
	struct saver *saver;
	char directory[32];
	char state[64];
	char memory[72];
	char kept[80]; /* the previous memory file */
	char set_aside[80];
};

static void ignore(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static struct given *given_run(bool replay)
{
	struct given *g = calloc(1, sizeof *g);
	char name[] = "anomdetect", option[] = "--replay", why[256], *argv[] = {name, option};

	assert_non_null(g);
	snprintf(g->directory, sizeof g->directory, "/tmp/test_saver.XXXXXX");
	assert_non_null(mkdtemp(g->directory));
	snprintf(g->state, sizeof g->state, "%s/state", g->directory);
	snprintf(g->memory, sizeof g->memory, "%s.memory", g->state);
	snprintf(g->kept, sizeof g->kept, "%s.old", g->memory);
	snprintf(g->set_aside, sizeof g->set_aside, "%s.bad", g->memory);
	assert_true(options_parse(&g->options, 1 + replay, argv, why, sizeof why));
	assert_true(input_open(
		&g->input, &g->options.input, &g->options.allow.trust_proxy, why, sizeof why));
	g->allow = allow_new();
	assert_non_null(g->allow);
	allow_seal(g->allow);
	struct engine_config config = settings_engine(&g->options, &g->input.line, g->allow);
	g->engine = engine_new(&config, ignore, NULL);
	assert_non_null(g->engine);
	engine_tick(g->engine, start);
	g->dir = (struct statedir){.path = g->state, .uid = -1, .gid = -1, .lock_fd = -1};
	struct saver_run run = {
		.replay = replay, .started = start, .firewall = "none", .set_name = ""};
	g->saver = saver_new(&g->dir, &g->options.state, g->engine, &run);
	assert_non_null(g->saver);
	return g;
}

static struct given *given_new(void)
{
	return given_run(false);
}

static void given_free(struct given *g)
{
	saver_free(g->saver);
	engine_free(g->engine);
	allow_free(g->allow);
	input_close(&g->input);
	options_free(&g->options);
	unlink(g->state);
	unlink(g->memory);
	unlink(g->kept);
	assert_int_equal(rmdir(g->directory), 0);
	free(g);
}

/* The number of the inode, which changes whenever the file is replaced; 0: there is no file. */
static ino_t file_now(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? s.st_ino : 0;
}

static int threads_now(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int n = 0;

	assert_non_null(f);
	while (!n && fgets(line, sizeof line, f))
		(void)sscanf(line, "Threads: %d", &n);
	fclose(f);
	assert_true(n > 0);
	return n;
}

/* Makes all steps that are due, and waits for the thread: then the files are on the disk. */
static void step_until(struct given *g, struct instant wall)
{
	do
		assert_true(saver_step(g->saver, wall));
	while (!instant_before(wall, saver_next(g->saver)));
	for (int waits = 0; threads_now() > 1; waits++) {
		assert_true(waits < 60000);
		usleep(1000);
	}
}

static void no_step_writes_to_both_files(void **state)
{
	struct given *g = given_new();
	struct instant both_due = instant_add(start, g->options.state.memory_interval);

	(void)state;
	/* the first step saves only the state */
	assert_true(saver_step(g->saver, start));
	assert_true(file_now(g->state));
	assert_false(file_now(g->memory));
	ino_t before = file_now(g->state);
	assert_true(saver_step(g->saver, both_due));
	assert_true(file_now(g->state) != before);
	/* this step has not begun to save the memory file */
	assert_true(saver_next(g->saver).ms == both_due.ms);
	assert_false(file_now(g->memory));
	before = file_now(g->state);
	step_until(g, both_due);
	assert_true(file_now(g->memory));
	assert_int_equal(file_now(g->state), before);
	assert_true(instant_before(both_due, saver_next(g->saver)));
	given_free(g);
}

static void both_files_are_written_at_their_intervals(void **state)
{
	struct given *g = given_new();
	struct instant wall = start;
	int64_t written[2] = {0, 0};
	ino_t had[2] = {0, 0};

	(void)state;
	for (; instant_since(wall, start).ms <= 3 * g->options.state.memory_interval.ms;
		wall.ms += 100) {
		step_until(g, wall);
		for (int k = 0; k < 2; k++) {
			ino_t has = file_now(k ? g->memory : g->state);
			written[k] += has != had[k];
			had[k] = has;
		}
	}
	assert_int_equal(written[0], 3 * g->options.state.memory_interval.ms / 3000 + 1);
	assert_int_equal(written[1], 3);
	given_free(g);
}

/* Saves a memory file with the key `saved`, then restores it in a run that started with `own`.
 * Returns the key of the run after the restore. */
static struct hash_key restored_key(
	struct given *g, struct hash_key saved, struct hash_key own, bool damaged)
{
	char why[256];

	engine_set_key(g->engine, saved);
	assert_true(saver_finish(g->saver, start));
	unlink(g->kept);
	if (damaged)
		assert_int_equal(truncate(g->memory, 20000), 0); /* the key is before this byte */
	engine_set_key(g->engine, own);
	assert_true(saver_restore(g->saver, why, sizeof why));
	assert_int_equal(why[0] != '\0', damaged);
	return engine_set_key(g->engine, own);
}

static void assert_key(struct hash_key key, uint64_t first)
{
	assert_true(key.k[0] == first && key.k[1] == 8);
}

static void replay_uses_the_key_of_its_memory_file(void **state)
{
	const struct hash_key saved = {{7, 8}}, own = {{5, 8}}, zero = {{0, 0}};
	struct given *g = given_run(true);

	(void)state;
	assert_key(restored_key(g, saved, own, false), 7);
	assert_key(restored_key(g, zero, own, false), 5); /* a key of zeros is no secret */
	assert_key(restored_key(g, saved, own, true), 5); /* a new memory file begins */
	assert_int_equal(unlink(g->set_aside), 0);
	given_free(g);
}

static void live_run_keeps_its_own_key(void **state)
{
	const struct hash_key saved = {{7, 8}}, own = {{5, 8}};
	struct given *g = given_new();

	(void)state;
	assert_key(restored_key(g, saved, own, false), 5);
	given_free(g);
}

static void previous_memory_file_is_kept(void **state)
{
	struct given *g = given_new();
	ino_t before;

	(void)state;
	assert_true(saver_finish(g->saver, start));
	assert_false(file_now(g->kept));
	before = file_now(g->memory);
	assert_true(saver_finish(g->saver, start));
	assert_int_equal(file_now(g->kept), before);
	assert_true(file_now(g->memory) != before);
	before = file_now(g->memory);
	assert_true(saver_finish(g->saver, start));
	assert_int_equal(file_now(g->kept), before);
	given_free(g);
}

static void previous_memory_file_replaces_a_damaged_one(void **state)
{
	const struct hash_key first = {{7, 8}}, second = {{9, 8}}, own = {{5, 8}};
	struct given *g = given_run(true);
	char why[256];

	(void)state;
	engine_set_key(g->engine, first);
	assert_true(saver_finish(g->saver, start));
	engine_set_key(g->engine, second);
	assert_true(saver_finish(g->saver, start));
	assert_int_equal(truncate(g->memory, 20000), 0);
	engine_set_key(g->engine, own);
	assert_true(saver_restore(g->saver, why, sizeof why));
	assert_non_null(strstr(why, "set aside as .bad; its predecessor (.old) is used"));
	assert_key(engine_set_key(g->engine, own), 7);
	assert_int_equal(unlink(g->set_aside), 0);
	/* a run that ends without a save leaves the file to the next run */
	assert_true(saver_restore(g->saver, why, sizeof why));
	assert_string_equal(why, "");
	assert_key(engine_set_key(g->engine, own), 7);
	given_free(g);
}

/* After a failed save, saving the permanent ban is still urgent. */
static void permanent_ban_is_saved_soon_after_a_failed_save(void **state)
{
	struct given *g = given_new();
	struct instant wall = start;

	(void)state;
	saver_hurry(g->saver);
	assert_int_equal(mkdir(g->memory, 0700), 0); /* in place of the file */
	bool failed = false;
	for (int ms = 0; ms <= 2000 && !failed; ms += 100, wall.ms += 100) {
		do
			failed = !saver_step(g->saver, wall);
		while (!failed && !instant_before(wall, saver_next(g->saver)));
		while (threads_now() > 1)
			usleep(1000);
	}
	assert_true(failed);
	assert_int_equal(rmdir(g->memory), 0);
	for (int ms = 0; ms <= 5000 && !file_now(g->memory); ms += 100, wall.ms += 100)
		step_until(g, wall);
	assert_true(file_now(g->memory));
	given_free(g);
}

/* Then the previous memory file is not kept, but the memory file is saved. */
static void directory_in_place_of_the_previous_file_is_harmless(void **state)
{
	struct given *g = given_new();

	(void)state;
	assert_int_equal(mkdir(g->kept, 0700), 0);
	for (int i = 0; i < 3; i++)
		assert_true(saver_finish(g->saver, start));
	assert_true(file_now(g->memory));
	assert_int_equal(rmdir(g->kept), 0);
	given_free(g);
}

/* The file may be intact; the program only failed to read it. */
static void memory_file_that_cannot_be_read_stays_unchanged(void **state)
{
	struct rlimit all, few;
	struct given *g = given_new();
	char why[256];

	(void)state;
	assert_true(saver_finish(g->saver, start));
	ino_t before = file_now(g->memory);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){.rlim_cur = 3, .rlim_max = all.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	bool restored = saver_restore(g->saver, why, sizeof why);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_false(restored);
	assert_non_null(strstr(why, "Too many open files"));
	assert_int_equal(file_now(g->memory), before);
	assert_false(file_now(g->set_aside));
	given_free(g);
}

/* A power failure must not undo the ban. */
static void permanent_ban_is_saved_within_five_seconds(void **state)
{
	struct given *g = given_new();
	struct instant wall = start, saved = start;
	ino_t had = 0;
	int saves = 0;

	(void)state;
	for (int ms = 0; ms <= 20000; ms += 100, wall.ms += 100) {
		if (ms == 100 || ms == 3000 || ms == 3900)
			saver_hurry(g->saver);
		step_until(g, wall);
		if (file_now(g->memory) == had)
			continue;
		had = file_now(g->memory);
		saved = wall;
		saves++;
	}
	/* the last ban is at 3900 ms; a save that began earlier may not contain this ban */
	assert_in_range(instant_since(saved, start).ms, 3900, 3900 + 5000);
	assert_in_range(saves, 1, 2);
	given_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_step_writes_to_both_files),
		cmocka_unit_test(both_files_are_written_at_their_intervals),
		cmocka_unit_test(replay_uses_the_key_of_its_memory_file),
		cmocka_unit_test(live_run_keeps_its_own_key),
		cmocka_unit_test(previous_memory_file_is_kept),
		cmocka_unit_test(previous_memory_file_replaces_a_damaged_one),
		cmocka_unit_test(permanent_ban_is_saved_soon_after_a_failed_save),
		cmocka_unit_test(directory_in_place_of_the_previous_file_is_harmless),
		cmocka_unit_test(memory_file_that_cannot_be_read_stays_unchanged),
		cmocka_unit_test(permanent_ban_is_saved_within_five_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
