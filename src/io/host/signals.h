/* signals.h - signals in a form that poll can wait for.
 *
 * SIGTERM and SIGINT stop the run: it finishes the line, saves and exits. SIGHUP reloads. SIGUSR1
 * announces all bans again; a program that announces none ignores it. SIGPIPE is ignored: if the
 * program that reads standard output is gone, a write fails with EPIPE. Signals interrupt system
 * calls (no SA_RESTART), so a loop that is blocked in read or write wakes up and checks for them.
 */
#ifndef IO_HOST_SIGNALS_H
#define IO_HOST_SIGNALS_H

#include <stdbool.h>

struct signals_seen {
	bool stop;
	bool reload;
	bool announce;
};

/* Resets signal settings that a program inherits from its parent: an ignored SIGCHLD, which would
 * hide iptables' exit status, or a blocked SIGTERM. It also makes a write beyond the file size
 * limit fail with EFBIG instead of ending the process. Call it at the start of main. */
void signals_reset(void);

/* Installs the handlers, once per process. The descriptor is readable while a signal waits for
 * signals_take; it stays open to the end. -1 with errno on failure. */
int signals_init(void);

/* Returns the signals since the last call; then the descriptor is no longer readable. */
struct signals_seen signals_take(void);

#endif
