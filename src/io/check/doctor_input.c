/* doctor_input.c - see doctor_parts.h: reads lines of standard input, or the last lines of the log
 * that a service follows; doctor_lines.c judges them. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/read/line.h"
#include "io/host/clock.h"
#include "io/check/doctor_lines.h"
#include "io/check/doctor_parts.h"
#include "io/config/input.h"
#include "io/host/accounts.h"
#include "io/host/line_reader.h"

/* Maximum number of bytes at a log's end in which the last lines are searched. This is enough for
 * DOCTOR_LINES_MAX lines of 16 KiB. If lines are longer, fewer lines are read. */
#define TAIL_MAX   ((off_t)16 << 20)
#define TAIL_BLOCK 65536

/* The group that may read logs on Debian. The service of contrib/systemd has this group, too. */
#define LOG_GROUP "adm"
/* Maximum number of the user's groups that are used, in addition to LOG_GROUP. */
#define GROUPS_MAX 256

/* Exit codes of the child in try_as_user. Any other exit code is an errno of open(2), which is
 * below 200. */
enum { READABLE = 0, CLOSED_DIRECTORY = 200, NOT_TRIED = 201 };

/* ---- the log of a service ---- */

/* Seeks to the beginning of the last DOCTOR_LINES_MAX lines. */
static bool seek_last_lines(int fd)
{
	static char block[TAIL_BLOCK];
	off_t end = lseek(fd, 0, SEEK_END), at = end;
	unsigned newlines = 0;

	while (at > 0 && end - at < TAIL_MAX) {
		off_t from = at > TAIL_BLOCK ? at - TAIL_BLOCK : 0;
		ssize_t n = pread(fd, block, (size_t)(at - from), from);
		if (n != at - from)
			return false;
		for (off_t k = n - 1; k >= 0; k--) {
			/* no line begins after the last newline */
			if (block[k] != '\n' || from + k == end - 1)
				continue;
			if (++newlines == DOCTOR_LINES_MAX)
				return lseek(fd, from + k + 1, SEEK_SET) >= 0;
		}
		at = from;
	}
	return at >= 0 && lseek(fd, at, SEEK_SET) >= 0;
}

/* Sets the same groups as the service has: the user's groups, and LOG_GROUP if the host has it. */
static bool take_groups(const char *user, const struct account *account)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX - 1;
	struct account log_group;

	if (!accounts_find_group(LOG_GROUP, &log_group) ||
		getgrouplist(user, (gid_t)account->gid, groups, &n) < 0)
		return false;
	if (log_group.found)
		groups[n++] = (gid_t)log_group.gid;
	return setgroups((size_t)n, groups) == 0;
}

/* Runs in a child: opens the log with the same user and groups as the service's tail. */
static int open_as_user(const char *path, const char *user)
{
	struct account account;
	struct stat st;
	int error;

	if (!accounts_find_user(user, &account) || !account.found || !take_groups(user, &account) ||
		setgid((gid_t)account.gid) < 0 || setuid((uid_t)account.uid) < 0)
		return NOT_TRIED;
	if (open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) >= 0)
		return READABLE;
	error = errno;
	return error == EACCES && stat(path, &st) < 0 ? CLOSED_DIRECTORY : error;
}

/* Tests whether the service's user can read the log. Without root, the test is skipped, because
 * only root can become the user. Another step reports a user that does not exist. */
static int try_as_user(const char *path, const char *user)
{
	int status = 0;
	pid_t pid, waited;

	if (!user || geteuid() != 0)
		return READABLE;
	(void)fflush(stdout); /* otherwise the child would print the buffered lines again */
	pid = fork();
	if (pid == 0)
		_exit(open_as_user(path, user));
	do
		waited = pid < 0 ? -1 : waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	return waited < 0 || !WIFEXITED(status) ? NOT_TRIED : WEXITSTATUS(status);
}

void doctor_open_log(struct doctor_log *log, const char *path, const char *user)
{
	struct stat st;

	*log = (struct doctor_log){
		.path = path && *path ? path : NULL, .user = user, .fd = STDIN_FILENO};
	if (!log->path)
		return;
	/* O_NONBLOCK: a FIFO without a writer must not block */
	log->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (log->fd >= 0 && fstat(log->fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(log->fd);
		log->fd = -1;
		errno = ENOTSUP;
	}
	if (log->fd < 0 || !seek_last_lines(log->fd))
		log->error = errno;
	else
		log->user_status = try_as_user(path, user);
}

static bool fail_log(const struct doctor_log *log)
{
	return doctor_report(false, "input",
		"unable to read the log '%.300s': %s; LOG in the file of --config names it, and an "
		"empty LOG= means standard input",
		log->path,
		log->error == ENOTSUP ? "it is not a regular file" : strerror(log->error));
}

/* Reports a failed or skipped try_as_user. False when the user may not read the log. */
static bool report_readable(const struct doctor_log *log)
{
	switch (log->user_status) {
	case READABLE:
		return true;
	case NOT_TRIED:
		doctor_skip("input", "not checked whether '%.64s' may read the log '%.300s'",
			log->user, log->path);
		return true;
	case CLOSED_DIRECTORY:
		return doctor_report(false, "input",
			"the user '%.64s' may not read the log '%.240s': a directory above it is "
			"closed to the user and to the group " LOG_GROUP
			", which the service has; find the directory: namei -l '%.240s'; then "
			"chgrp " LOG_GROUP " DIRECTORY; chmod g+x DIRECTORY",
			log->user, log->path, log->path);
	default:
		return doctor_report(false, "input",
			"the user '%.64s' may not read the log '%.240s': %s; let the group "
			"" LOG_GROUP ", which the service has, read it: "
			"chgrp " LOG_GROUP " '%.240s'; chmod g+r '%.240s'",
			log->user, log->path, strerror(log->user_status), log->path, log->path);
	}
}

/* ---- lines ---- */

/* Reads and parses lines until a limit or the deadline is reached. False when the input cannot be
 * read. */
static bool read_some(
	int fd, struct line_reader *lines, struct line_parser *parser, struct doctor_lines *seen)
{
	int64_t end = clock_monotonic().ms + DOCTOR_WAIT_MS;
	enum line_reader_status status = LINE_READER_OK;
	const struct counters *c = &seen->counters;

	while (status == LINE_READER_OK && c->lines < DOCTOR_LINES_MAX) {
		struct pollfd in = {.fd = fd, .events = POLLIN};
		int64_t left = end - clock_monotonic().ms;
		struct line_reader_line line;
		struct line_result result;
		if (left <= 0 || poll(&in, 1, (int)left) == 0)
			break;
		status = line_reader_fill(lines);
		while (c->lines < DOCTOR_LINES_MAX && line_reader_next(lines, &line)) {
			enum line_reason reason =
				line_parse(parser, line.text, line.len, line.cut, &result);
			doctor_lines_note(seen, reason, &result);
		}
	}
	seen->ended = status == LINE_READER_END;
	return status != LINE_READER_ERROR;
}

static bool report_lines(const struct doctor_lines *seen)
{
	char text[DOCTOR_TEXT_CAP];
	enum doctor_verdict verdict;
	struct buf b;

	buf_init(&b, text, sizeof text);
	verdict = doctor_lines_judge(seen, clock_now(), &b);
	if (verdict != DOCTOR_WARN)
		return doctor_report(verdict == DOCTOR_OK, "input", "%.*s", (int)b.len, b.data);
	doctor_warn("input", "%.*s", (int)b.len, b.data);
	return true;
}

static bool check_lines(const struct doctor_log *log, struct input *in)
{
	struct line_reader *lines = line_reader_new(log->fd, LINE_LONGEST);
	struct line_parser *parser = line_parser_new(&in->line);
	struct doctor_lines seen = {.log = log->path};
	bool ok;

	if (!lines || !parser)
		ok = doctor_report(false, "input", "%s", strerror(ENOMEM));
	else if (!read_some(log->fd, lines, parser, &seen))
		ok = doctor_report(
			false, "input", "unable to read standard input: %s", strerror(errno));
	else {
		seen.east_s = in->zone.timestamp.east_s(
			in->zone.timestamp.ctx, instant_second(seen.newest));
		ok = report_lines(&seen);
	}
	line_parser_free(parser);
	line_reader_free(lines);
	return ok;
}

bool doctor_check_input(const struct doctor_log *log, const struct input_options *o,
	const struct options_list *trust_proxy)
{
	char why[DOCTOR_TEXT_CAP] = "";
	struct input in;
	bool ok;

	if (!input_open(&in, o, trust_proxy, why, sizeof why)) {
		ok = doctor_report(false, "input", "%s", why);
	} else if (in.counts) {
		doctor_skip("input", "lines of counts are not checked");
		ok = true;
	} else if (log->error) {
		ok = fail_log(log);
	} else if (!log->path && isatty(STDIN_FILENO)) {
		doctor_skip("input",
			"standard input is a terminal; to check lines of a log: tail -n 1000 FILE "
			"| anomdetect --doctor");
		ok = true;
	} else {
		ok = report_readable(log) && check_lines(log, &in);
	}
	input_close(&in);
	return ok;
}
