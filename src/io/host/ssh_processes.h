/* ssh_processes.h - the processes of sshd, and which of its connections have a session after login.
 *
 * A stranger decides nothing here but which existing user it claims to be. sshd itself writes the
 * title of each of its processes ("sshd:", from OpenSSH 9.8 on also "sshd-session:"):
 *
 *     [accepted]             root    a bare TCP connection
 *     NAME [priv]            root    before login, and beside a session of another user than root
 *     [net], NAME [net]      sshd    its child before login, in a sandbox (sshd-auth: from 9.8 on)
 *     NAME, NAME@pts/0       NAME    after login: a child of NAME [priv]; root's own may be alone
 *     PATH ... [listener]    root
 *
 * So a connection has a session when a process of root holds it, and that process or a child of it
 * has a title without a bracket, and no child of it is in the sandbox. The title alone could be cut
 * off before its bracket, where sshd was started with next to no environment; the sandbox cannot.
 * Names are not read: whatever they are, [priv] and [net] stand behind them.
 *
 * A local user can start a setuid program, such as sudo, by a link named "sshd", with any title and
 * any socket. So /proc/PID/exe must be an sshd, too: the kernel writes the name of the file itself.
 *
 * Others:  utmp is gone in Debian 13; the audit session (/proc/PID/loginuid) needs PAM and is
 *          inherited by an sshd that somebody has restarted by hand.
 * Cost:    /proc/PID/comm of each process, and the title, program and descriptors of sshd's: see
 *          ssh_sessions.h.
 */
#ifndef IO_HOST_SSH_PROCESSES_H
#define IO_HOST_SSH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/instant.h"

/* Of sshd, a connection has three at most. */
#define SSH_PROCESSES_MAX 1024
/* The connection comes first, then what is forwarded through it. */
#define SSH_PROCESS_SOCKETS_MAX 16

enum ssh_process_kind {
	SSH_LISTENER,
	SSH_BEFORE_LOGIN, /* and what says nothing, such as NAME [priv] */
	SSH_SANDBOX,
	SSH_AFTER_LOGIN,
};

struct ssh_process {
	pid_t pid, parent;
	enum ssh_process_kind kind;
	bool root;                                 /* all its user ids are 0 */
	bool session;                              /* its connection has a session after login */
	bool hidden;                               /* its sockets may not be seen */
	uint64_t locks;                            /* how much of seccomp confines it */
	uint64_t sockets[SSH_PROCESS_SOCKETS_MAX]; /* inodes; of root's alone */
	size_t sockets_n;
};

struct ssh_processes {
	struct ssh_process *list; /* SSH_PROCESSES_MAX */
	size_t n;
	bool blind;  /* a process with a session may not be looked into */
	bool hidden; /* no sshd can be seen, nor process 1: /proc hides other users' processes */
	bool cut;    /* there are too many processes, or it took too long */
};

/* Looks through `proc` ("/proc") until the monotonic clock says `deadline`. False with errno when
 * it cannot be read, or memory is short; p->list is the caller's to free all the same. */
bool ssh_processes_find(struct ssh_processes *p, const char *proc, struct span deadline);
void ssh_processes_fini(struct ssh_processes *p);

#endif
