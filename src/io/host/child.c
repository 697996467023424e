/* child.c - see child.h.
 *
 * posix_spawn is used instead of fork: its cost does not grow with the parent's memory, and it
 * returns an error if the program cannot be executed. The child inherits none of the parent's
 * descriptors, although libipset's netlink socket has no CLOEXEC.
 *
 * PATH is not used: anybody who can set PATH, for example in a service's environment, could choose
 * the program that runs with the parent's rights. The child gets a fixed PATH. For the same reason
 * it does not inherit the environment: LD_PRELOAD and XTABLES_LIBDIR load code into iptables.
 */
#include "io/host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_CAP 2048 /* iptables' longest rule, with a comment of 255 bytes, is about 1000 bytes */
/* Maximum bytes of one read. The deadline is checked after each read, because the output may never
 * end. */
#define READ_CAP  4096
#define LAST_READ 64 /* maximum of reads after the child's end: a pipe contains up to 64 KiB */

/* Directories that are searched for programs, in this order. The distribution's directories come
 * first, because ufw, Docker and the boot scripts use the iptables there. Firewall rules inserted
 * by another iptables would be hard to find. Then come the directories for locally built programs,
 * and the directory that NixOS uses. */
static const char *const directories[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin",
	"/usr/local/sbin", "/usr/local/bin", "/run/current-system/sw/bin"};
#define DIRECTORIES (sizeof directories / sizeof *directories)

/* Room for the names of all directories in one text. */
#define LIST_CAP 256

/* The only environment variable that a child inherits. It names the lock file of iptables-legacy,
 * for services that may not write to /run. */
#define LOCK_VARIABLE "XTABLES_LOCKFILE"

/* Room for this variable. A path longer than PATH_MAX cannot be opened. */
#define VARIABLE_CAP (PATH_MAX + sizeof LOCK_VARIABLE)

/* The child's output. */
struct output {
	int fds[2]; /* read ends of standard error and standard output; -1: closed or not wanted */
	struct child_end *end;
	size_t said_len;
	child_line *each;
	void *ctx;
	size_t line_len; /* at most LINE_CAP: further bytes are dropped */
	char line[LINE_CAP];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Returns 0 or an errno. out_fd -1: /dev/null. */
static int spawn_child(const char *path, char *const argv[], char *const environment[], int err_fd,
	int out_fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	if ((error = posix_spawn_file_actions_init(&files)))
		return error;
	if ((error = posix_spawnattr_init(&attributes)))
		goto out_files;
	if (out_fd >= 0)
		error = posix_spawn_file_actions_adddup2(&files, out_fd, 1);
	else
		error = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (!error && !(error = posix_spawn_file_actions_adddup2(&files, err_fd, 2)) &&
		!(error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) &&
		!(error = posix_spawn_file_actions_addclosefrom_np(&files, 3)) &&
		!(error = posix_spawnattr_setsigmask(&attributes, &none)) &&
		!(error = posix_spawnattr_setsigdefault(&attributes, &all)) &&
		!(error = posix_spawnattr_setflags(
			  &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)))
		error = posix_spawn(pid, path, &files, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
out_files:
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Appends the names of the directories to `list`, with `between` between them. */
static void list_directories(const char *between, char *list, size_t cap)
{
	for (size_t i = 0; i < DIRECTORIES; i++) {
		size_t used = strlen(list);
		snprintf(list + used, cap - used, "%s%s", i ? between : "", directories[i]);
	}
}

/* Starts the program from the first directory that contains it. Returns 0 or an errno; ENOENT: no
 * directory contains it. */
static int spawn_found(char *const argv[], int err_fd, int out_fd, pid_t *pid)
{
	char path_list[LIST_CAP] = "PATH=", lock[VARIABLE_CAP], path[PATH_MAX];
	const char *lock_file = getenv(LOCK_VARIABLE);
	char *environment[] = {path_list, NULL, NULL};
	int error = ENOENT;

	list_directories(":", path_list, sizeof path_list);
	if (lock_file &&
		snprintf(lock, sizeof lock, LOCK_VARIABLE "=%s", lock_file) < (int)sizeof lock)
		environment[1] = lock;
	for (size_t i = 0; i < DIRECTORIES && error == ENOENT; i++) {
		snprintf(path, sizeof path, "%s/%s", directories[i], argv[0]);
		error = spawn_child(path, argv, environment, err_fd, out_fd, pid);
	}
	return error;
}

static void take_said(struct output *o, const char *s, size_t len)
{
	size_t room = sizeof o->end->said - 1 - o->said_len;

	if (len > room)
		len = room;
	memcpy(o->end->said + o->said_len, s, len);
	o->said_len += len;
	o->end->said[o->said_len] = '\0';
}

static void take_line(struct output *o)
{
	o->each(o->ctx, o->line, o->line_len < LINE_CAP ? o->line_len : LINE_CAP);
	o->line_len = 0;
}

static void take_lines(struct output *o, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			take_line(o);
		else if (o->line_len < LINE_CAP)
			o->line[o->line_len++] = s[i];
	}
}

/* Reads pipe `i` once, and closes it at its end. False when nothing was read. */
static bool output_read(struct output *o, int i)
{
	char piece[READ_CAP];
	ssize_t n = o->fds[i] < 0 ? -1 : read(o->fds[i], piece, sizeof piece);

	if (n > 0) {
		(i ? take_lines : take_said)(o, piece, (size_t)n);
		return true;
	}
	if (o->fds[i] >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
		close(o->fds[i]);
		o->fds[i] = -1;
	}
	return false;
}

/* Reads the child's output until the child ends. False when the child still runs after CHILD_MS, or
 * poll failed. */
static bool collect_output(int pid_fd, struct output *o)
{
	int64_t deadline = now_ms() + CHILD_MS;

	for (;;) {
		struct pollfd fds[] = {{.fd = pid_fd, .events = POLLIN},
			{.fd = o->fds[0], .events = POLLIN}, {.fd = o->fds[1], .events = POLLIN}};
		int64_t left = deadline - now_ms();
		if (left <= 0)
			return false;
		if (poll(fds, 3, (int)left) < 0) {
			if (errno != EINTR)
				return false;
			continue;
		}
		for (int i = 0; i < 2; i++) {
			if (fds[i + 1].revents)
				output_read(o, i);
		}
		/* Without pidfd (Linux < 5.3) the end of the child's output counts as the child's
		 * end. */
		if (pid_fd < 0 ? o->fds[0] < 0 && o->fds[1] < 0 : fds[0].revents)
			break;
	}
	for (int i = 0; i < 2; i++) {
		for (int round = 0; round < LAST_READ && output_read(o, i); round++)
			;
	}
	if (o->line_len)
		take_line(o);
	return true;
}

/* Waits until the child has ended. If the child still runs after CHILD_MS, sends SIGKILL. False
 * when a signal has killed the child. */
static bool end_child(const char *name, pid_t pid, struct output *o, char *why, size_t why_cap)
{
	int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	bool ended = collect_output(pid_fd, o);
	pid_t waited;

	if (!ended)
		kill(pid, SIGKILL);
	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (pid_fd >= 0)
		close(pid_fd);
	if (!ended || waited < 0 || !WIFEXITED(status)) {
		snprintf(why, why_cap, "%s did not end properly%s", name,
			ended ? "" : " within 10 s; is the machine overloaded?");
		return false;
	}
	o->end->code = WEXITSTATUS(status);
	return true;
}

static void close_both(const int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* The read end does not block. The write end, which the child gets, blocks: otherwise the child
 * would lose output while the pipe is full. */
static bool open_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC) == 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

static void explain_error(const char *name, int error, char *why, size_t why_cap)
{
	char list[LIST_CAP] = " in ";

	if (error != ENOENT) {
		snprintf(why, why_cap, "unable to run %s: %s", name, strerror(error));
		return;
	}
	list_directories(", ", list, sizeof list);
	snprintf(why, why_cap,
		"unable to run %s: %s%s; install it (apt install iptables), "
		"or add the firewall rule by other means and use --rule none",
		name, strerror(error), list);
}

bool child_run(char *const argv[], child_line *each, void *ctx, struct child_end *end, char *why,
	size_t why_cap)
{
	int err[2] = {-1, -1}, out[2] = {-1, -1}, error = 0;
	struct output o = {.end = end, .each = each, .ctx = ctx};
	bool done = false;
	pid_t pid;

	*end = (struct child_end){0};
	if (!open_pipe(err) || (each && !open_pipe(out)))
		error = errno;
	else
		error = spawn_found(argv, err[1], out[1], &pid);
	close_both((int[]){err[1], out[1]});
	o.fds[0] = err[0];
	o.fds[1] = out[0];
	end->missing = error == ENOENT;
	if (error)
		explain_error(argv[0], error, why, why_cap);
	else
		done = end_child(argv[0], pid, &o, why, why_cap);
	close_both(o.fds);
	return done;
}
