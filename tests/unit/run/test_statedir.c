/* test_statedir.c - a run makes the missing directory of its files. It changes the owner of this
 * new directory to the user of --user, but never the owner of an existing directory. It locks its
 * files, so that no other run uses them. tests/e2e/files-belong-to-one-run.t tests that --user uses
 * the system's directory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/run/statedir.h"
#include "io/host/statefile.h"

#define STRANGER 65534 /* nobody */

static char top[64];

static int setup(void **unused)
{
	(void)unused;
	snprintf(top, sizeof top, "/tmp/test_statedir.XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int teardown(void **unused)
{
	static const char *const names[] = {
		"state", "state.memory", "state.lock", "victim", "sub/state.lock", "sub"};
	char name[128];

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "%s/%s", top, names[i]);
		(void)remove(name);
	}
	return rmdir(top); /* fails if a test leaves an unexpected file */
}

/* The statedir of file `name` in `top`. `room` stores its path. */
static struct statedir dir_of(const char *name, char room[128], int uid)
{
	snprintf(room, 128, "%s/%s", top, name);
	return (struct statedir){
		.path = room, .user = "nobody", .uid = uid, .gid = -1, .lock_fd = -1};
}

static struct stat stat_of(const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", top, name);
	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static void put_file(const char *name, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", top, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	assert_true(fd >= 0);
	close(fd);
}

static void missing_directory_is_made_for_its_user(void **unused)
{
	char room[128];
	struct statedir d = dir_of("sub/state", room, -1);

	(void)unused;
	if (geteuid() == 0)
		d.uid = STRANGER;
	assert_true(statedir_make(&d));
	assert_true(d.made);
	assert_int_equal(stat_of("sub").st_mode & 0027, 0);
	if (geteuid() == 0)
		assert_int_equal(stat_of("sub").st_uid, STRANGER);
	assert_true(statedir_make(&d));
	assert_false(d.made); /* not made by this call */
	assert_int_equal(statedir_owner(d.path), geteuid() == 0 ? STRANGER : (int)geteuid());
}

static void missing_parent_is_reported_and_not_made(void **unused)
{
	char room[128], wanted[512], why[512];
	struct statedir d = dir_of("sub/two/state", room, -1);
	struct stat st;

	(void)unused;
	assert_false(statedir_open(&d, why, sizeof why));
	snprintf(wanted, sizeof wanted,
		"unable to make the directory of '%s': '%s/sub' is missing; "
		"make it, or correct --state",
		room, top);
	assert_string_equal(why, wanted);
	snprintf(room, sizeof room, "%s/sub", top);
	assert_int_equal(stat(room, &st), -1);
	assert_int_equal(errno, ENOENT);
}

static void missing_parents_of_the_default_directory_are_made(void **unused)
{
	struct state_options o = {.group = "no such group"};
	struct run_options run = {0};
	struct statedir d, given;
	char name[128], why[256];

	(void)unused;
	if (geteuid() == 0)
		skip(); /* root's default is the system's directory */
	unsetenv("ANOMDETECT_STATE");
	unsetenv("STATE_DIRECTORY");
	snprintf(name, sizeof name, "%s/sub", top);
	setenv("XDG_STATE_HOME", name, 1);
	assert_true(statedir_find(&d, &o, &run, why, sizeof why));
	assert_true(statedir_make(&d));
	assert_true(d.made);
	assert_int_equal(stat_of("sub").st_mode & 07777, 0700);
	assert_int_equal(stat_of("sub/anomdetect").st_mode & 0027, 0);
	snprintf(name, sizeof name, "%s/sub/anomdetect", top);
	assert_int_equal(rmdir(name), 0);
	snprintf(name, sizeof name, "%s/sub", top);
	assert_int_equal(rmdir(name), 0);
	o.path = d.path; /* the same path, but given by an option: its parent is not made */
	assert_true(statedir_find(&given, &o, &run, why, sizeof why));
	errno = 0;
	assert_false(statedir_make(&given));
	assert_int_equal(errno, ENOENT);
	unsetenv("XDG_STATE_HOME");
}

/* Whether a run with this directory may start. */
static bool open_locked(struct statedir *d)
{
	char why[512];

	return statedir_open(d, why, sizeof why);
}

/* Releases the lock, as the end of its process does. */
static void unlock(struct statedir *d)
{
	close(d->lock_fd);
	d->lock_fd = -1;
}

static void directory_is_made_only_if_the_path_names_one(void **unused)
{
	struct statedir none = {.uid = -1, .gid = -1, .lock_fd = -1}, here = none, root = none;

	(void)unused;
	here.path = "state";
	root.path = "/state";
	assert_true(statedir_make(&none));
	assert_true(statedir_make(&here));
	assert_true(statedir_make(&root));
	assert_true(statedir_check(&none));
	assert_true(open_locked(&none));
	assert_int_equal(statedir_owner("/state"), 0);
}

static void file_in_place_of_the_directory_is_reported(void **unused)
{
	char room[128];
	struct statedir d = dir_of("victim/state", room, -1);

	(void)unused;
	put_file("victim", 0600);
	errno = 0;
	assert_false(statedir_make(&d));
	assert_int_equal(errno, ENOTDIR);
	assert_false(statedir_check(&d));
	assert_int_equal(errno, ENOTDIR);
}

static void existing_directory_keeps_its_owner(void **unused)
{
	char room[128];
	struct statedir d = dir_of("state", room, STRANGER);

	(void)unused;
	if (geteuid() != 0)
		skip(); /* only root could give the directory to another user */
	put_file("state", 0640);
	put_file("state.memory", 0640);
	assert_true(statedir_make(&d));
	assert_int_equal(stat_of("").st_uid, 0);
	assert_int_equal(stat_of("state").st_uid, 0);
	assert_int_equal(stat_of("state.memory").st_uid, 0);
}

/* errno of statedir_check; 0: the user can write. */
static int check(const struct statedir *d)
{
	errno = 0;
	return statedir_check(d) ? 0 : errno;
}

static void user_without_write_access_is_reported(void **unused)
{
	char room[128];
	struct statedir d = dir_of("state", room, STRANGER);

	(void)unused;
	if (geteuid() != 0)
		skip(); /* only root can become another user */
	assert_int_equal(chmod(top, 0755), 0);
	assert_int_equal(check(&d), EACCES);
	assert_int_equal(chmod(top, 01777), 0); /* as /tmp */
	assert_int_equal(check(&d), 0);
	put_file("state.memory", 0640);
	assert_int_equal(check(&d), EPERM);
	assert_int_equal(chown(top, STRANGER, STRANGER), 0);
	assert_int_equal(check(&d), 0);
}

static void second_run_with_the_same_file_is_refused(void **unused)
{
	char room[128], other_room[128];
	struct statedir first = dir_of("state", room, -1), second = first;
	struct statedir other = dir_of("sub/state", other_room, -1);

	(void)unused;
	assert_true(statedir_make(&other));
	assert_true(open_locked(&first));
	assert_int_equal(stat_of("state.lock").st_mode & 0777, 0600);
	assert_false(open_locked(&second));
	assert_true(open_locked(&other)); /* another directory has its own lock */
	unlock(&other);
	unlock(&first);
	assert_true(open_locked(&second));
	unlock(&second);
}

static void lock_of_a_killed_run_is_free(void **unused)
{
	char room[128], ready;
	struct statedir d = dir_of("state", room, -1);
	int ends[2], status;

	(void)unused;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (!open_locked(&d) || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	assert_false(open_locked(&d));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(open_locked(&d));
	unlock(&d);
	close(ends[0]);
	close(ends[1]);
}

static void lock_file_of_another_user_is_ignored(void **unused)
{
	char room[128], name[128];
	struct statedir d = dir_of("state", room, -1);

	(void)unused;
	if (geteuid() != 0)
		skip(); /* only root may give a file to another user */
	assert_int_equal(chmod(top, 01777), 0);
	put_file("state.lock", 0644);
	snprintf(name, sizeof name, "%s/state.lock", top);
	int fd = open(name, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(open_locked(&d));
	assert_int_equal(chown(name, STRANGER, STRANGER), 0);
	assert_true(open_locked(&d));
	unlock(&d);
	d.uid = STRANGER; /* a file of the run's user is a lock */
	assert_false(open_locked(&d));
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink("victim", name), 0);
	assert_true(open_locked(&d));
	assert_int_equal(d.lock_fd, -1);
	close(fd);
}

/* ---- a lost lock ---- */

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", top, name);
	assert_int_equal(remove(path), 0);
}

static void removed_directory_is_made_and_locked_again(void **unused)
{
	char room[128], other_room[128];
	struct statedir d = dir_of("sub/state", room, -1);
	struct statedir other = dir_of("sub/state", other_room, -1);

	(void)unused;
	assert_true(open_locked(&d));
	assert_true(d.made);
	d.made = false;
	assert_true(statedir_hold(&d));
	assert_false(d.made);
	remove_file("sub/state.lock");
	remove_file("sub");
	assert_true(statedir_hold(&d));
	assert_true(d.made);
	assert_int_equal(stat_of("sub").st_mode & 0027, 0);
	assert_int_equal(stat_of("sub/state.lock").st_mode & 0777, 0600);
	assert_false(open_locked(&other));
	unlock(&d);
}

static void removed_or_replaced_lock_is_locked_again(void **unused)
{
	char room[128], other_room[128];
	struct statedir d = dir_of("state", room, -1), other = dir_of("state", other_room, -1);

	(void)unused;
	assert_true(open_locked(&d));
	remove_file("state.lock");
	assert_true(statedir_hold(&d));
	assert_false(open_locked(&other));
	remove_file("state.lock");
	put_file("state.lock", 0600);
	assert_true(statedir_hold(&d));
	assert_false(open_locked(&other));
	assert_false(d.made);
	unlock(&d);
}

static void run_waits_for_a_lock_of_another_run(void **unused)
{
	char room[128], other_room[128], why[256];
	struct statedir d = dir_of("state", room, -1), other = dir_of("state", other_room, -1);

	(void)unused;
	assert_true(open_locked(&d));
	remove_file("state.lock");
	assert_true(open_locked(&other)); /* the other run cannot know of the first one */
	for (int i = 0; i < 2; i++) {
		errno = 0;
		assert_false(statedir_hold(&d));
		assert_int_equal(errno, EBUSY);
		assert_true(statedir_hold(&other));
		assert_false(d.regained || other.regained);
	}
	statedir_explain(&d, d.path, EBUSY, why, sizeof why);
	assert_non_null(strstr(why, "another anomdetect uses it now; give each its own --state"));
	unlock(&other);
	other.opened = false;
	assert_true(statedir_hold(&d));
	assert_true(d.regained);
	assert_false(open_locked(&other));
	unlock(&d);
}

static void failure_to_make_the_directory_again_is_reported(void **unused)
{
	char room[128], why[512];
	struct statedir d = dir_of("sub/state", room, -1);

	(void)unused;
	assert_true(open_locked(&d));
	remove_file("sub/state.lock");
	remove_file("sub");
	put_file("sub", 0600);
	errno = 0;
	assert_false(statedir_hold(&d));
	assert_int_equal(errno, ENOTDIR);
	remove_file("sub");
	statedir_explain(&d, d.path, EACCES, why, sizeof why);
	assert_non_null(
		strstr(why, "its directory is missing, and making it failed: Permission denied; "));
	assert_true(statedir_hold(&d));
	statedir_explain(&d, d.path, ENOSPC, why, sizeof why);
	assert_non_null(strstr(why, "/sub/state': No space left on device"));
	statedir_explain(&d, d.path, EACCES, why, sizeof why);
	assert_non_null(strstr(why, "/sub/state': Permission denied; give its directory to the "
				    "user of this run, and restart anomdetect"));
	unlock(&d);
}

/* Checks the directories to which a run with state file `path` writes. */
static void assert_places(const char *path, const char *directory, const char *parent)
{
	struct statedir d = {.path = path, .uid = -1, .gid = -1, .lock_fd = -1};
	struct statedir_places p;

	statedir_places(&d, &p);
	if (directory)
		assert_string_equal(p.directory, directory);
	else
		assert_null(p.directory);
	if (parent)
		assert_string_equal(p.parent, parent);
	else
		assert_null(p.parent);
}

static void run_may_write_to_the_parent_unless_it_is_slash(void **unused)
{
	(void)unused;
	assert_places(NULL, NULL, NULL);
	assert_places("/var/lib/anomdetect/state.json", "/var/lib/anomdetect", "/var/lib");
	assert_places("/var/state.json", "/var", NULL);
	assert_places("/state.json", "/", NULL);
	assert_places("/var/lib//anomdetect///state.json", "/var/lib//anomdetect", "/var/lib");
	assert_places("//state.json", "/", NULL);
	assert_places("state.json", ".", NULL);
	assert_int_equal(chdir(top), 0);
	assert_places("sub/state.json", "sub", ".");
	assert_places("sub//state.json", "sub", ".");
	assert_int_equal(chdir("/"), 0);
	assert_places("sub/state.json", "sub", NULL);
}

static void run_may_write_to_the_parent_of_a_link_target(void **unused)
{
	char room[128], target[192], link_name[128], parent[128];
	struct statedir d = dir_of("way/state", room, -1);
	struct statedir_places p;

	(void)unused;
	snprintf(parent, sizeof parent, "%s/sub", top);
	snprintf(target, sizeof target, "%s/real", parent);
	snprintf(link_name, sizeof link_name, "%s/way", top);
	assert_true(mkdir(parent, 0700) == 0 && mkdir(target, 0700) == 0);
	statedir_places(&d, &p);
	assert_null(p.real_parent); /* the link does not exist yet */
	assert_int_equal(symlink(target, link_name), 0);
	statedir_places(&d, &p);
	assert_string_equal(p.parent, top);
	assert_non_null(p.real_parent);
	assert_string_equal(strrchr(p.real_parent, '/'), "/sub");
	remove_file("way");
	assert_int_equal(symlink("sub", link_name), 0);
	statedir_places(&d, &p);
	assert_null(p.real_parent); /* the target has the same parent */
	remove_file("way");
	remove_file("sub/real");
	remove_file("sub");
}

static void message_on_a_missing_top_level_directory_advises_a_restart(void **unused)
{
	struct statedir d = {.path = "/no-such-directory-of-a-test/s", .uid = -1, .gid = -1};
	char why[512];

	(void)unused;
	statedir_explain(&d, d.path, EACCES, why, sizeof why);
	assert_non_null(strstr(why, "give it to the user of this run, and restart anomdetect"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(missing_directory_is_made_for_its_user),
		TEST(missing_parent_is_reported_and_not_made),
		TEST(missing_parents_of_the_default_directory_are_made),
		cmocka_unit_test(directory_is_made_only_if_the_path_names_one),
		TEST(file_in_place_of_the_directory_is_reported),
		TEST(existing_directory_keeps_its_owner),
		TEST(user_without_write_access_is_reported),
		TEST(second_run_with_the_same_file_is_refused),
		TEST(lock_of_a_killed_run_is_free),
		TEST(lock_file_of_another_user_is_ignored),
		TEST(removed_directory_is_made_and_locked_again),
		TEST(removed_or_replaced_lock_is_locked_again),
		TEST(run_waits_for_a_lock_of_another_run),
		TEST(failure_to_make_the_directory_again_is_reported),
		TEST(run_may_write_to_the_parent_unless_it_is_slash),
		TEST(run_may_write_to_the_parent_of_a_link_target),
		TEST(message_on_a_missing_top_level_directory_advises_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
