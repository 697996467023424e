/* ssh_processes.c - see ssh_processes.h. */
#include "io/host/ssh_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/num.h"
#include "io/host/clock.h"

#define PATH_CAP 320
/* Room for the longest title of sshd: a user name of 256 bytes and the names of its terminals. */
#define TITLE_CAP 512
/* "Seccomp_filters" is within the first 1500 bytes of /proc/PID/status. */
#define STATUS_CAP 4096

/* Reads the beginning of a file, and ends the text with a NUL. */
static bool read_start(const char *path, char *text, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return false;
	while (n > 0 && len < cap - 1) {
		n = read(fd, text + len, cap - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	text[len] = '\0';
	return n >= 0;
}

/* The text after "sshd: " or a similar start; NULL when `text` is not a title of sshd. */
static const char *title_of(const char *text)
{
	static const char *const starts[] = {"sshd: ", "sshd-session: ", "sshd-auth: "};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return text + strlen(starts[i]);
	return NULL;
}

/* A listener's title begins with its path. So even a listener whose title was cut off is not
 * treated as a process after login. */
static enum ssh_process_kind kind_of(const char *text)
{
	const char *title = title_of(text);

	if (strncmp(text, "sshd-auth: ", 11) == 0)
		return SSH_SANDBOX;
	if (strstr(title, " [listener]"))
		return SSH_LISTENER;
	if (title[0] == '\0' || title[0] == '/' || title[0] == ' ' || strchr(title, '['))
		return SSH_BEFORE_LOGIN;
	return SSH_AFTER_LOGIN;
}

/* Reads the numbers of a line of /proc/PID/status. Returns how many there are, at most n. */
static size_t read_numbers(const char *status, const char *name, uint64_t *numbers, size_t n)
{
	const char *line = strstr(status, name);
	size_t i = 0;

	if (!line)
		return 0;
	line += strlen(name);
	while (i < n) {
		line += strspn(line, " \t");
		size_t len = strcspn(line, " \t\n");
		if (!num_u64(line, len, &numbers[i]))
			break;
		line += len;
		i++;
	}
	return i;
}

static bool read_status(const char *proc, pid_t pid, struct ssh_process *out)
{
	char path[PATH_CAP], status[STATUS_CAP];
	uint64_t parent, uids[4], locks;

	snprintf(path, sizeof path, "%s/%d/status", proc, (int)pid);
	if (!read_start(path, status, sizeof status) ||
		read_numbers(status, "\nPPid:", &parent, 1) != 1 ||
		read_numbers(status, "\nUid:", uids, 4) != 4)
		return false;
	out->pid = pid;
	out->parent = (pid_t)parent;
	out->root = (uids[0] | uids[1] | uids[2] | uids[3]) == 0;
	/* from Linux 5.9 on the number of filters; before that, whether there is one */
	if (read_numbers(status, "\nSeccomp_filters:", &locks, 1) ||
		read_numbers(status, "\nSeccomp:", &locks, 1))
		out->locks = locks;
	return true;
}

/* Whether errno means that the kernel denies access because the other process has more rights. */
static bool is_denied(void)
{
	return errno == EACCES || errno == EPERM;
}

/* False when the sockets may not be read. The kernel may allow listing the descriptors, but not
 * reading their links. */
static bool read_sockets(const char *proc, struct ssh_process *p)
{
	char path[PATH_CAP], target[64];
	const struct dirent *d;
	bool seen = true;

	snprintf(path, sizeof path, "%s/%d/fd", proc, (int)p->pid);
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT; /* the process has ended */
	while (seen && p->sockets_n < SSH_PROCESS_SOCKETS_MAX && (d = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, target, sizeof target);
		uint64_t inode;
		if (n < 0)
			seen = !is_denied();
		if (n > 9 && n < (ssize_t)sizeof target && memcmp(target, "socket:[", 8) == 0 &&
			num_u64(target + 8, (size_t)n - 9, &inode))
			p->sockets[p->sockets_n++] = inode;
	}
	closedir(dir);
	return seen;
}

/* Whether the process runs a program "sshd..." (after an upgrade "sshd (deleted)") without the
 * setuid bit. sudo that was started through a link named "sshd" does not pass. A process whose
 * program's name may not be read passes, because its sockets may not be read either. */
static bool runs_sshd(const char *proc, pid_t pid)
{
	char path[PATH_CAP], target[PATH_CAP];
	struct stat file;

	snprintf(path, sizeof path, "%s/%d/exe", proc, (int)pid);
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n < 0)
		return is_denied();
	target[n] = '\0';
	const char *slash = strrchr(target, '/');
	return slash && strncmp(slash + 1, "sshd", 4) == 0 &&
	       (stat(path, &file) != 0 || !(file.st_mode & S_ISUID));
}

/* Whether this is a process of sshd that belongs to root. Another user's process may have any
 * title. */
static bool is_roots(const char *proc, pid_t pid)
{
	char path[PATH_CAP], title[TITLE_CAP];
	struct ssh_process p = {0};

	snprintf(path, sizeof path, "%s/%d/cmdline", proc, (int)pid);
	return read_start(path, title, sizeof title) && title_of(title) &&
	       read_status(proc, pid, &p) && p.root && runs_sshd(proc, pid);
}

/* Checks the process's short name, "sshd" or "sshd-session". It is read before the title, because
 * reading the title needs a lock on the process's memory, and another process may hold this lock
 * for long. */
static bool is_sshd(const char *proc, pid_t pid)
{
	char path[PATH_CAP], name[32];

	snprintf(path, sizeof path, "%s/%d/comm", proc, (int)pid);
	return read_start(path, name, sizeof name) && strncmp(name, "sshd", 4) == 0;
}

/* Reads the sockets of a process of root. Program and user are checked again afterwards, because
 * meanwhile the process may have executed another program. */
static bool take_sockets(const char *proc, struct ssh_process *p)
{
	struct ssh_process after = {0};

	p->hidden = !read_sockets(proc, p);
	return read_status(proc, p->pid, &after) && after.root && runs_sshd(proc, p->pid);
}

/* Every user may read the short name of process 1, unless /proc hides other users' processes. */
static bool is_first_hidden(const char *proc)
{
	char path[PATH_CAP], name[32];

	snprintf(path, sizeof path, "%s/1/comm", proc);
	return !read_start(path, name, sizeof name);
}

static void look_at(struct ssh_processes *all, const char *proc, pid_t pid)
{
	char path[PATH_CAP], title[TITLE_CAP];
	struct ssh_process p = {0};

	if (!is_sshd(proc, pid))
		return;
	snprintf(path, sizeof path, "%s/%d/cmdline", proc, (int)pid);
	if (!read_start(path, title, sizeof title) || !title_of(title) ||
		!read_status(proc, pid, &p) || !runs_sshd(proc, pid) ||
		(!p.root && !is_roots(proc, p.parent)))
		return;
	if (all->n == SSH_PROCESSES_MAX) {
		all->cut = true;
		return;
	}
	p.kind = kind_of(title);
	if (p.root && !take_sockets(proc, &p))
		return;
	all->list[all->n++] = p;
}

/* Decides from the children of a process of root whether its connection has a session. */
static void judge_session(struct ssh_processes *all, struct ssh_process *p)
{
	if (!p->root || p->kind == SSH_LISTENER || p->kind == SSH_SANDBOX)
		return;
	p->session = p->kind == SSH_AFTER_LOGIN;
	for (size_t i = 0; i < all->n; i++) {
		const struct ssh_process *child = &all->list[i];
		if (child->parent != p->pid)
			continue;
		if (child->kind == SSH_SANDBOX || child->locks > p->locks) {
			p->session = false;
			return;
		}
		p->session |= child->kind == SSH_AFTER_LOGIN;
	}
}

bool ssh_processes_find(struct ssh_processes *p, const char *proc, struct span deadline)
{
	const struct dirent *d;
	DIR *dir;

	*p = (struct ssh_processes){.list = calloc(SSH_PROCESSES_MAX, sizeof *p->list)};
	if (!p->list)
		return false;
	dir = opendir(proc);
	if (!dir)
		return false;
	while (!p->cut && (d = readdir(dir))) {
		uint64_t pid;
		if (!num_u64(d->d_name, strlen(d->d_name), &pid) || pid == 0 || pid > INT32_MAX)
			continue;
		look_at(p, proc, (pid_t)pid);
		p->cut |= clock_monotonic().ms > deadline.ms;
	}
	closedir(dir);
	p->hidden = p->n == 0 && is_first_hidden(proc);
	for (size_t i = 0; i < p->n; i++) {
		judge_session(p, &p->list[i]);
		p->blind |= p->list[i].session && p->list[i].hidden;
	}
	return true;
}

void ssh_processes_fini(struct ssh_processes *p)
{
	free(p->list);
	*p = (struct ssh_processes){0};
}
