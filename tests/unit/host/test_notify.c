/* test_notify.c - the notifications that a service manager receives, over a real socket with a path
 * or an abstract name. */
#include "io/host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "unit/given_file.h"

static int manager = -1; /* the socket of the service manager */

/* Binds the socket to `name`, "/path" or "@name". */
static void given_manager(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(name);

	memcpy(a.sun_path, name, len);
	if (*name == '@')
		a.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&a,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void end_manager(void)
{
	close(manager);
	manager = -1;
	unlink(path);
}

/* The next message; "" if there is none. */
static const char *message(void)
{
	static char text[512];
	ssize_t n = recv(manager, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static const char *abstract_name(void)
{
	static char name[64];

	snprintf(name, sizeof name, "@anomdetect-test-%d", (int)getpid());
	return name;
}

/* Runs `act` in a process of its own, because notify_init accepts one manager only. NOTIFY_SOCKET
 * names the manager. Returns the exit status. */
static int in_a_run(void (*act)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		errno = ENOSPC;
		notify_init();
		if (errno != ENOSPC || getenv("NOTIFY_SOCKET"))
			_exit(9);
		act();
		_exit(errno == ENOSPC ? 0 : 8);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void live_and_end(void)
{
	notify_ready();
	notify_stopping();
}

static void begin_and_end_are_reported(void **state)
{
	const char *names[] = {path, abstract_name()};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		given_manager(names[i]);
		assert_int_equal(in_a_run(live_and_end), 0);
		assert_string_equal(message(), "READY=1");
		assert_string_equal(message(), "STOPPING=1");
		assert_string_equal(message(), "");
		end_manager();
	}
}

static void reload(void)
{
	notify_reloading();
}

static void notification_of_a_reload_contains_the_monotonic_time(void **state)
{
	struct timespec before, after;
	long long told;
	int end = 0;

	(void)state;
	given_manager(path);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(in_a_run(reload), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	const char *text = message();
	static const char head[] = "RELOADING=1\nMONOTONIC_USEC=";
	assert_memory_equal(text, head, sizeof head - 1);
	char *stop;
	told = strtoll(text + sizeof head - 1, &stop, 10);
	end = *stop;
	assert_int_equal(end, 0);
	assert_true(told >= before.tv_sec * 1000000LL + before.tv_nsec / 1000);
	assert_true(told <= after.tv_sec * 1000000LL + after.tv_nsec / 1000);
	end_manager();
}

static void tell_often(void)
{
	notify_status((struct span){5000}, "%d lines", 1);
	notify_status((struct span){5000 + 9999}, "%d lines", 2); /* too early */
	notify_status((struct span){15000}, "%d lines", 1);       /* the same text */
	notify_status((struct span){25000}, "%d lines", 3);
}

static void status_is_sent_at_intervals_and_only_when_it_changed(void **state)
{
	(void)state;
	given_manager(path);
	assert_int_equal(in_a_run(tell_often), 0);
	assert_string_equal(message(), "STATUS=1 lines");
	assert_string_equal(message(), "STATUS=3 lines");
	assert_string_equal(message(), "");
	end_manager();
}

/* Sends far more messages than a socket has room for. */
static void tell_too_much(void)
{
	for (int i = 0; i < 10000; i++)
		notify_ready();
}

static void manager_that_does_not_read_blocks_nothing(void **state)
{
	(void)state;
	given_manager(path);
	alarm(60); /* a blocking send would wait forever */
	assert_int_equal(in_a_run(tell_too_much), 0);
	alarm(0);
	assert_string_equal(message(), "READY=1");
	end_manager();
}

/* The socket has no room for READY=1. Then the manager reads, and notify_wants_status is called. */
static void be_late(void)
{
	char text[64];
	ssize_t n;

	for (int i = 0; i < 10000; i++)
		notify_stopping();
	notify_ready();
	while ((n = recv(manager, text, sizeof text, 0)) > 0)
		if (n == 7)
			_exit(7);
	errno = ENOSPC;
	(void)notify_wants_status((struct span){0});
	(void)notify_wants_status((struct span){0});
}

static void ready_is_sent_again_when_there_was_no_room(void **state)
{
	(void)state;
	given_manager(path);
	assert_int_equal(in_a_run(be_late), 0);
	assert_string_equal(message(), "READY=1");
	assert_string_equal(message(), "");
	end_manager();
}

static void all_calls(void)
{
	if (notify_wants_status(SPAN_MAX))
		_exit(7);
	live_and_end();
	reload();
	tell_often();
}

static void without_a_manager_nothing_happens(void **state)
{
	static const char *const none[] = {NULL, "", "/", "@", "relative", "/nonexistent/notify"};
	char endless[300];

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		unsetenv("NOTIFY_SOCKET");
		if (none[i])
			setenv("NOTIFY_SOCKET", none[i], 1);
		assert_int_equal(in_a_run(all_calls), 0);
	}
	memset(endless, '/', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	setenv("NOTIFY_SOCKET", endless, 1);
	assert_int_equal(in_a_run(all_calls), 0);
	unsetenv("NOTIFY_SOCKET");
}

/* A program that this process would start must not inherit the socket. */
static void look_for_descriptors(void)
{
	int saved = errno;

	for (int fd = 3; fd < 64; fd++) {
		int flags = fcntl(fd, F_GETFD), type;
		socklen_t len = sizeof type;
		if (flags >= 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
			!(flags & FD_CLOEXEC))
			_exit(6);
	}
	errno = saved;
}

static void no_child_inherits_the_socket(void **state)
{
	(void)state;
	given_manager(path);
	assert_int_equal(in_a_run(look_for_descriptors), 0);
	end_manager();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_and_end_are_reported),
		cmocka_unit_test(notification_of_a_reload_contains_the_monotonic_time),
		cmocka_unit_test(status_is_sent_at_intervals_and_only_when_it_changed),
		cmocka_unit_test(manager_that_does_not_read_blocks_nothing),
		cmocka_unit_test(ready_is_sent_again_when_there_was_no_room),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(no_child_inherits_the_socket),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
