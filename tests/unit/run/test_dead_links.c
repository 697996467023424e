/* test_dead_links.c - the paths of a memory file: read at the start, and again when it changes. */
#include "io/run/dead_links.h"

#include "unit/given_memory.h"

#include <sys/stat.h>
#include <time.h>

#include "unit/captured.h"
#include "unit/given_file.h"

#define SECOND ((int64_t)1700000000)

static char memory[sizeof path + 16];
static struct span clock_ms;

static void note(struct paths *p, const char *name, const char *client)
{
	struct address a = given_address(client);

	paths_note(p, paths_hash(p, name, strlen(name)), &a, PATHS_MISSING, true, SECOND);
}

/* A memory file with one dead link, on which IPv4 and IPv6 have failed; put in place whole. */
static void write_memory(const char *dead, size_t cut_off)
{
	char fresh[sizeof memory + 4];
	struct memory_parts a = parts_new(1);

	note(a.paths, dead, "198.51.100.7");
	note(a.paths, dead, "2001:db8:1::/64");
	struct text t = written(&a);
	snprintf(fresh, sizeof fresh, "%s.new", memory);
	FILE *f = fopen(fresh, "w");
	assert_non_null(f);
	assert_true(fwrite(t.s, 1, t.len - cut_off, f) == t.len - cut_off);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(fresh, 0640), 0);
	assert_int_equal(rename(fresh, memory), 0);
	parts_free(&a);
	free(t.s);
}

static bool is_dead(const struct paths *p, const char *name)
{
	return p && paths_is_dead(p, paths_hash(p, name, strlen(name)), SECOND);
}

static struct dead_links *begin(void)
{
	struct dead_links *d = dead_links_new(path);

	assert_non_null(d);
	snprintf(memory, sizeof memory, "%s.memory", path);
	clock_ms.ms = 5000;
	return d;
}

/* Looks until a reading that is under way has ended, or for a while. */
static bool look(struct dead_links *d, const struct paths **p)
{
	for (int i = 0; i < 2000; i++) {
		if (dead_links_look(d, clock_ms, p))
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

/* A look that reads nothing: the first begins a reading, if there is one. */
static bool looks_idle(struct dead_links *d)
{
	const struct paths *p;

	for (int i = 0; i < 50; i++) {
		if (dead_links_look(d, clock_ms, &p))
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return true;
}

static void file_is_read_at_the_start_and_when_it_changes(void **state)
{
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	p = dead_links_open(d, clock_ms);
	assert_true(is_dead(p, "/old"));
	write_memory("/older", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms - 1;
	assert_true(looks_idle(d)); /* not within a minute */
	clock_ms.ms++;
	assert_true(look(d, &p));
	assert_true(is_dead(p, "/older") && !is_dead(p, "/old"));
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(looks_idle(d)); /* it is the same file */
	dead_links_free(d);
	unlink(memory);
}

static void damaged_file_is_told_once_until_it_is_readable(void **state)
{
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 5);
	capture_begin();
	assert_null(dead_links_open(d, clock_ms));
	write_memory("/old", 6);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && p == NULL);
	const char *said = capture_end();
	assert_non_null(strstr(said, "unable to read '"));
	assert_non_null(strstr(said, "not JSON, or cut off"));
	assert_null(strstr(strstr(said, "unable") + 1, "unable"));
	capture_begin();
	write_memory("/old", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/old"));
	assert_string_equal(capture_end(), "");
	capture_begin();
	assert_int_equal(unlink(memory), 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && p == NULL);
	assert_non_null(strstr(capture_end(), "No such file"));
	write_memory("/old", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/old"));
	dead_links_free(d);
	unlink(memory);
}

static void file_that_others_may_write_is_refused(void **state)
{
	struct dead_links *d = begin();

	(void)state;
	write_memory("/old", 0);
	assert_int_equal(chmod(memory, 0666), 0);
	capture_begin();
	assert_null(dead_links_open(d, clock_ms));
	assert_non_null(strstr(capture_end(), "others may write to it"));
	dead_links_free(d);
	unlink(memory);
}

static void default_file_may_be_missing_without_a_word(void **state)
{
	const struct paths *p;

	(void)state;
	dead_links_free(begin());
	assert_int_equal(setenv("ANOMDETECT_STATE", path, 1), 0);
	struct dead_links *d = dead_links_new(NULL);
	capture_begin();
	assert_null(dead_links_open(d, clock_ms));
	write_memory("/old", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/old"));
	assert_string_equal(capture_end(), "");
	dead_links_free(d);
	d = dead_links_new("none");
	assert_null(dead_links_open(d, clock_ms));
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(looks_idle(d));
	dead_links_free(d);
	unlink(memory);
}

static void end_during_a_reading_is_clean(void **state)
{
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	assert_non_null(dead_links_open(d, clock_ms));
	write_memory("/older", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_false(dead_links_look(d, clock_ms, &p)); /* it has begun */
	dead_links_free(d);
	unlink(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_read_at_the_start_and_when_it_changes),
		cmocka_unit_test(damaged_file_is_told_once_until_it_is_readable),
		cmocka_unit_test(file_that_others_may_write_is_refused),
		cmocka_unit_test(default_file_may_be_missing_without_a_word),
		cmocka_unit_test(end_during_a_reading_is_clean),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
