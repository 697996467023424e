/* ssh_processes.h - the processes of sshd, and which of its connections have a session after login.
 *
 * A remote client controls nothing here except which existing user name it claims. sshd itself
 * writes the title of each of its processes ("sshd:", from OpenSSH 9.8 on also "sshd-session:"):
 *
 *     [accepted]             root    a bare TCP connection
 *     NAME [priv]            root    before login, and during a session of a user other than root
 *     [net], NAME [net]      sshd    before login: a child of one of the two above, in a sandbox
 *                                    (from 9.8 on its program is sshd-auth)
 *     NAME, NAME@pts/0       NAME    after login: a child of NAME [priv]; only root's session may
 *                                    have no process [priv]
 *     PATH ... [listener]    root
 *
 * So a connection has a session if three conditions are true: a process of root has its socket;
 * this process or a child of it has a title without a bracket; and no child of it is in the
 * sandbox. The title alone is not enough: it could be cut off before its bracket if sshd was
 * started with almost no environment. A process cannot hide that it is in the sandbox. Names are
 * not parsed: [priv] and [net] come after any name.
 *
 * A local user can start a setuid program, such as sudo, by a link named "sshd", with any title and
 * any socket. So /proc/PID/exe must also name an sshd: this name comes from the kernel.
 *
 * Unused:  utmp, which Debian 13 no longer has; and the audit session (/proc/PID/loginuid). The
 *          audit session needs PAM, and an sshd that somebody restarted by hand inherits this
 *          person's session.
 * Cost:    it reads /proc/PID/comm of each process, and title, program and descriptors of sshd's
 *          processes. ssh_sessions.h has measured times.
 */
#ifndef IO_HOST_SSH_PROCESSES_H
#define IO_HOST_SSH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/instant.h"

/* Maximum number of sshd processes; a connection has at most three processes. */
#define SSH_PROCESSES_MAX 1024
/* The connection's socket comes first, then sockets of forwarded connections. */
#define SSH_PROCESS_SOCKETS_MAX 16

enum ssh_process_kind {
	SSH_LISTENER,
	/* also for a title that is the same before and after login, such as NAME [priv] */
	SSH_BEFORE_LOGIN,
	SSH_SANDBOX,
	SSH_AFTER_LOGIN,
};

struct ssh_process {
	pid_t pid, parent;
	enum ssh_process_kind kind;
	bool root;                                 /* all its user ids are 0 */
	bool session;                              /* its connection has a session after login */
	bool hidden;                               /* its sockets may not be read */
	uint64_t locks;                            /* number of seccomp filters that confine it */
	uint64_t sockets[SSH_PROCESS_SOCKETS_MAX]; /* inodes; only of root's processes */
	size_t sockets_n;
};

struct ssh_processes {
	struct ssh_process *list; /* room for SSH_PROCESSES_MAX */
	size_t n;
	bool blind; /* a process with a session may not be inspected */
	/* neither an sshd nor process 1 is visible: /proc hides other users' processes */
	bool hidden;
	bool cut; /* there are too many processes, or the search took too long */
};

/* Searches `proc` ("/proc") until the monotonic clock reaches `deadline`. False with errno when
 * `proc` cannot be read, or memory is short; even then the caller must call ssh_processes_fini. */
bool ssh_processes_find(struct ssh_processes *p, const char *proc, struct span deadline);
void ssh_processes_fini(struct ssh_processes *p);

#endif
