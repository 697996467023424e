/* test_dead_links.c - the paths of a memory file: read at the start, and again when the file
 * changes. */
#include "io/run/dead_links.h"

#include "unit/given_memory.h"

#include <signal.h>
#include <sys/resource.h>
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

/* Writes a memory file with one dead link, on which an IPv4 and an IPv6 client have failed. The
 * file is renamed into place. `cut_off` bytes at its end are missing. */
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

/* Calls dead_links_look until the current reading has ended, for about 2 s at most. */
static bool look(struct dead_links *d, const struct paths **p)
{
	for (int i = 0; i < 2000; i++) {
		if (dead_links_look(d, clock_ms, p))
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

/* True if dead_links_look starts no reading. If a reading were due, the first call would start
 * it. */
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
	assert_true(looks_idle(d)); /* the file is not read again within a minute */
	clock_ms.ms++;
	assert_true(look(d, &p));
	assert_true(is_dead(p, "/older") && !is_dead(p, "/old"));
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(looks_idle(d)); /* the file is the same */
	dead_links_free(d);
	unlink(memory);
}

static void damaged_file_is_reported_once_until_it_is_readable(void **state)
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

static void missing_default_file_is_not_reported(void **state)
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

static void dead_links_may_be_freed_during_a_reading(void **state)
{
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	assert_non_null(dead_links_open(d, clock_ms));
	write_memory("/older", 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_false(dead_links_look(d, clock_ms, &p)); /* the reading has begun */
	dead_links_free(d);
	unlink(memory);
}

/* Root accepts the memory file of the detector's user if this user owns the directory, too. */
static void root_reads_a_file_if_one_user_owns_it_and_its_directory(void **state)
{
	static const uid_t detector = 12345, stranger = 12346;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can give a file to another user */
	struct dead_links *d = begin();
	write_memory("/old", 0);
	assert_int_equal(chown(directory, detector, (gid_t)-1), 0);
	assert_int_equal(chown(memory, detector, (gid_t)-1), 0);
	assert_true(is_dead(dead_links_open(d, clock_ms), "/old"));
	dead_links_free(d);
	d = begin();
	assert_int_equal(chown(memory, stranger, (gid_t)-1), 0);
	capture_begin();
	const struct paths *p = dead_links_open(d, clock_ms);
	const char *said = capture_end();
	assert_null(p);
	assert_non_null(strstr(said, "others may write to it"));
	dead_links_free(d);
	assert_int_equal(chown(directory, 0, (gid_t)-1), 0);
	unlink(memory);
}

static void corrected_permissions_count_as_a_change(void **state)
{
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	assert_int_equal(chmod(memory, 0666), 0);
	capture_begin();
	p = dead_links_open(d, clock_ms);
	capture_end();
	assert_null(p);
	/* file times are only as fine as the kernel's tick */
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	assert_int_equal(chmod(memory, 0640), 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/old"));
	dead_links_free(d);
	unlink(memory);
}

/* The process has too many open files for a while. */
static void file_that_could_not_be_read_is_retried(void **state)
{
	struct dead_links *d = begin();
	struct rlimit before, none;
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	capture_begin();
	int set = setrlimit(RLIMIT_NOFILE, &none);
	p = dead_links_open(d, clock_ms);
	int reset = setrlimit(RLIMIT_NOFILE, &before);
	const char *said = capture_end();
	assert_true(set == 0 && reset == 0);
	assert_null(p);
	assert_non_null(strstr(said, "Too many open files"));
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/old"));
	dead_links_free(d);
	unlink(memory);
}

static volatile sig_atomic_t g_signals;

static void count_signal(int number)
{
	(void)number;
	g_signals++;
}

/* The program handles a signal only where it unblocks the signal. A reading must not unblock it. */
static void blocked_signal_waits_during_a_reading(void **state)
{
	struct sigaction act = {.sa_handler = count_signal}, old;
	sigset_t mask, before, pending;
	struct dead_links *d = begin();
	const struct paths *p;

	(void)state;
	write_memory("/old", 0);
	assert_non_null(dead_links_open(d, clock_ms));
	write_memory("/older", 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &mask, &before), 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	assert_true(look(d, &p) && is_dead(p, "/older"));
	assert_int_equal(g_signals, 0);
	assert_int_equal(sigpending(&pending), 0);
	assert_true(sigismember(&pending, SIGUSR1));
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	assert_int_equal(g_signals, 1);
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
	dead_links_free(d);
	unlink(memory);
}

/* Only the inode number distinguishes the two files, as when a detector writes both within one tick
 * of the kernel's clock. The test exchanges their directories, because renaming a file changes its
 * ctime. */
static void another_file_of_the_same_size_and_time_is_detected(void **state)
{
	char beside[sizeof directory + 8], name[] = "/A";
	struct stat one, other;
	const struct paths *p;
	int tries = 0;

	(void)state;
	dead_links_free(begin());
	write_memory("/old", 0);
	snprintf(beside, sizeof beside, "%s.beside", directory);
	assert_int_equal(rename(directory, beside), 0);
	assert_int_equal(mkdir(directory, 0700), 0);
	struct dead_links *d = begin();
	char moved[sizeof beside + sizeof memory];
	snprintf(moved, sizeof moved, "%s%s", beside, memory + strlen(directory));
	assert_int_equal(stat(moved, &other), 0);
	do { /* until the files have the same size: hashes differ in their number of digits */
		name[1]++;
		write_memory(name, 0);
		assert_int_equal(stat(memory, &one), 0);
	} while (one.st_size != other.st_size && name[1] < 'z');
	assert_true(one.st_size == other.st_size);
	do {
		struct timespec same[2] = {{SECOND, 0}, {SECOND, 0}};
		assert_int_equal(utimensat(AT_FDCWD, memory, same, 0), 0);
		assert_int_equal(utimensat(AT_FDCWD, moved, same, 0), 0);
		assert_true(stat(memory, &one) == 0 && stat(moved, &other) == 0);
	} while (memcmp(&one.st_ctim, &other.st_ctim, sizeof one.st_ctim) != 0 && ++tries < 1000);
	assert_true(is_dead(dead_links_open(d, clock_ms), name));
	assert_int_equal(renameat2(AT_FDCWD, directory, AT_FDCWD, beside, RENAME_EXCHANGE), 0);
	clock_ms.ms += DEAD_LINKS_EVERY.ms;
	bool read = look(d, &p) && is_dead(p, "/old");
	dead_links_free(d);
	unlink(memory);
	unlink(moved);
	rmdir(beside);
	assert_true(read);
	if (tries == 1000)
		skip(); /* this kernel never gives two files the same time */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_read_at_the_start_and_when_it_changes),
		cmocka_unit_test(damaged_file_is_reported_once_until_it_is_readable),
		cmocka_unit_test(file_that_others_may_write_is_refused),
		cmocka_unit_test(missing_default_file_is_not_reported),
		cmocka_unit_test(dead_links_may_be_freed_during_a_reading),
		cmocka_unit_test(root_reads_a_file_if_one_user_owns_it_and_its_directory),
		cmocka_unit_test(corrected_permissions_count_as_a_change),
		cmocka_unit_test(file_that_could_not_be_read_is_retried),
		cmocka_unit_test(blocked_signal_waits_during_a_reading),
		cmocka_unit_test(another_file_of_the_same_size_and_time_is_detected),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
