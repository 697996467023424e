/* signals.h - signals as something that poll can wait for.
 *
 * SIGTERM and SIGINT mean stop: finish the line, save, exit. SIGHUP means reload. SIGUSR1 means
 * announce all bans again; a program that announces none ignores it. SIGPIPE is
 * ignored: a reader that is gone is an EPIPE where the write is. System calls are interrupted (no
 * SA_RESTART), so that a loop blocked in read or write comes to look.
 */
#ifndef IO_HOST_SIGNALS_H
#define IO_HOST_SIGNALS_H

#include <stdbool.h>

struct signals_seen {
	bool stop;
	bool reload;
	bool announce;
};

/* What a starter may have left otherwise, and a program inherits: an ignored SIGCHLD, which would
 * take away how iptables ended; a SIGTERM that is blocked. And a file at the size limit is an EFBIG
 * where the write is, not the end. At start of main. */
void signals_reset(void);

/* Installs the handlers, once in a process. The descriptor is readable while a signal waits to be
 * taken; it stays open to the end. -1 on failure, with errno. */
int signals_init(void);

/* What came since the last call; the descriptor is then no longer readable. */
struct signals_seen signals_take(void);

#endif
