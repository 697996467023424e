/* rule.c - see rule.h. The program and not a library, because only the program knows whether this
 * host speaks nft or legacy, and a rule put in by the other one would work but never be found again
 * by the administrator.
 *
 * posix_spawn and not fork: its cost does not grow with our memory, and a program that cannot be
 * executed is an error of the call. The child gets no descriptor of ours: libipset's netlink socket
 * has no CLOEXEC. */
#include "io/rule.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_MS 10000 /* an iptables call takes a few ms; it waits 5 s for the xtables lock */

/* Enough for iptables' two or three lines; the rest is read and dropped. */
#define SAID_CAP 1024

/* What the child did: its exit code, and what it said on standard error. */
struct outcome {
	int code; /* exit code */
	char said[SAID_CAP];
};

extern char **environ;

static const char *program_of(const struct rule *r)
{
	return r->v6 ? "ip6tables" : "iptables";
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 0 or an errno. Standard error of the child is `err_fd`; signals are as at boot. */
static int spawn(const char *path, char *const argv[], int err_fd, pid_t *pid)
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
	if (!(error = posix_spawn_file_actions_adddup2(&files, err_fd, 2)) &&
		!(error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) &&
		!(error = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)) &&
		!(error = posix_spawn_file_actions_addclosefrom_np(&files, 3)) &&
		!(error = posix_spawnattr_setsigmask(&attributes, &none)) &&
		!(error = posix_spawnattr_setsigdefault(&attributes, &all)) &&
		!(error = posix_spawnattr_setflags(
			  &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)))
		error = posix_spawnp(pid, path, &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
out_files:
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* The PATH of services and of plain `su` often lacks the sbin directories. */
static int spawn_anywhere(char *const argv[], int err_fd, pid_t *pid)
{
	static const char *const directories[] = {"", "/usr/sbin/", "/sbin/"};
	char path[64];
	int error = ENOENT;

	for (size_t i = 0; i < sizeof directories / sizeof *directories && error == ENOENT; i++) {
		snprintf(path, sizeof path, "%s%s", directories[i], argv[0]);
		error = spawn(path, argv, err_fd, pid);
	}
	return error;
}

/* Reads what is there; false at the end. */
static bool read_said(int fd, char *said, size_t *len)
{
	for (;;) {
		char piece[256] = "";
		ssize_t n = read(fd, piece, sizeof piece);
		size_t room = SAID_CAP - 1 - *len;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		if ((size_t)n < room)
			room = (size_t)n;
		memcpy(said + *len, piece, room);
		*len += room;
	}
}

/* Waits until the child is over or the time is; reads its standard error meanwhile. */
static bool attend(int pid_fd, int err_fd, char *said)
{
	int64_t deadline = now_ms() + CHILD_MS;
	struct pollfd fds[2] = {{.fd = pid_fd, .events = POLLIN}, {.fd = err_fd, .events = POLLIN}};
	size_t len = 0;

	for (;;) {
		int64_t left = deadline - now_ms();
		if (left <= 0)
			break;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			break;
		if (fds[1].revents && !read_said(err_fd, said, &len))
			fds[1].fd = -1;
		if (fds[0].revents) {
			if (fds[1].fd >= 0)
				read_said(err_fd, said, &len);
			said[len] = '\0';
			return true;
		}
	}
	said[len] = '\0';
	return false;
}

/* Runs argv to its end. False when it did not run or did not end; `why` then says so. */
static bool run(char *const argv[], struct outcome *o, char *why, size_t why_cap)
{
	int fds[2], pid_fd, error, status = 0;
	pid_t pid, waited;
	bool ended;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		snprintf(why, why_cap, "unable to run %s: %s", argv[0], strerror(errno));
		return false;
	}
	error = spawn_anywhere(argv, fds[1], &pid);
	close(fds[1]);
	if (error) {
		close(fds[0]);
		snprintf(why, why_cap, "unable to run %s: %s%s", argv[0], strerror(error),
			error == ENOENT ? "; install it (apt install iptables), or put the rule in "
					  "by other means and use --rule none"
					: "");
		return false;
	}
	pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = pid_fd >= 0 && attend(pid_fd, fds[0], o->said);
	if (!ended &&
		pid_fd >= 0) /* without pidfd (Linux < 5.3) its own lock timeout is the bound */
		kill(pid, SIGKILL);
	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (pid_fd >= 0)
		close(pid_fd);
	close(fds[0]);
	if (!ended || waited < 0 || !WIFEXITED(status)) {
		snprintf(why, why_cap, "%s did not end properly%s", argv[0],
			ended || pid_fd < 0 ? "" : " within 10 s; is the machine overloaded?");
		return false;
	}
	o->code = WEXITSTATUS(status);
	return true;
}

static bool is_denied(const char *said)
{
	return strstr(said, "ermission denied") || strstr(said, "not permitted") ||
	       strstr(said, "you must be root") || strstr(said, "Can't open socket");
}

/* Appends `text`, of `len` bytes, with control bytes as blanks; what does not fit is cut. */
static void append_clean(char *out, size_t cap, const char *text, size_t len)
{
	size_t at = strlen(out);

	for (size_t i = 0; i < len && at + 1 < cap; i++)
		out[at++] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	out[at] = '\0';
}

/* The lines of `said` that tell something, in one line. */
static void explain(const struct rule *r, const struct outcome *o, char *why, size_t why_cap)
{
	const char *line = o->said;
	bool first = true;

	snprintf(why, why_cap, "unable to put the rule for set '%s' into %s/%s: ", r->set_name,
		r->table, r->chain);
	while (*line) {
		size_t len = strcspn(line, "\n");
		if (len && line[0] != '#' && strncmp(line, "Try `", 5) != 0) {
			append_clean(why, why_cap, "; ", first ? 0 : 2);
			append_clean(why, why_cap, line, len);
			first = false;
		}
		line += len + (line[len] == '\n');
	}
	if (first) {
		char text[64];
		snprintf(text, sizeof text, "%s ended with code %d", program_of(r), o->code);
		append_clean(why, why_cap, text, strlen(text));
	}
	if (is_denied(o->said)) {
		static const char hint[] =
			"; run as root or give CAP_NET_ADMIN and CAP_NET_RAW, or use --rule none";
		append_clean(why, why_cap, hint, sizeof hint - 1);
	}
}

/* `operation`: "-C" or "-I". */
static bool run_rule(
	const struct rule *r, const char *operation, struct outcome *o, char *why, size_t why_cap)
{
	/* exec's argument type; nothing writes to them. */
	const char *const words[] = {program_of(r), "-w", "5", "-t", r->table, operation, r->chain,
		"-m", "set", "--match-set", r->set_name, "src", "-j", "DROP", NULL};
	char *argv[sizeof words / sizeof *words];

	memcpy(argv, words, sizeof argv);
	return run(argv, o, why, why_cap);
}

bool rule_present(const struct rule *r, bool *present, char *why, size_t why_cap)
{
	struct outcome o;

	if (!run_rule(r, "-C", &o, why, why_cap))
		return false;
	/* 1 is "no such rule", but also what a call without the right to ask ends with. */
	if (o.code > 1 || (o.code == 1 && is_denied(o.said))) {
		explain(r, &o, why, why_cap);
		return false;
	}
	*present = o.code == 0;
	return true;
}

bool rule_put(const struct rule *r, bool *put, char *why, size_t why_cap)
{
	struct outcome o;
	bool present;

	*put = false;
	if (!rule_present(r, &present, why, why_cap))
		return false;
	if (present)
		return true;
	if (!run_rule(r, "-I", &o, why, why_cap))
		return false;
	if (o.code != 0) {
		explain(r, &o, why, why_cap);
		return false;
	}
	*put = true;
	return true;
}
