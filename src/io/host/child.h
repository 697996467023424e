/* child.h - runs a short program to its end, without a shell, bounded in time and memory.
 *
 * Bound:   after CHILD_MS the program is killed. Its output is read while it runs. Memory is needed
 *          only for CHILD_SAID_CAP bytes of standard error and one line of standard output.
 * Needs:   SIGCHLD must not be ignored (signals_reset).
 */
#ifndef IO_HOST_CHILD_H
#define IO_HOST_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* An iptables call takes a few ms, and waits up to 5 s for the xtables lock. */
#define CHILD_MS 10000

/* Enough for iptables' two or three lines on standard error; further bytes are read and dropped. */
#define CHILD_SAID_CAP 1024

struct child_end {
	int code;                  /* exit code */
	bool missing;              /* the program does not exist */
	char said[CHILD_SAID_CAP]; /* its standard error */
};

/* Called with one line of standard output, without its newline; a line over 2 KiB is cut. */
typedef void child_line(void *ctx, const char *line, size_t len);

/* Runs the program argv[0] from one of the system's program directories (child.c has the list),
 * never from PATH. Its standard input is empty. Its standard output is passed to `each` line by
 * line, or goes to /dev/null if `each` is NULL. The program inherits no other descriptor. Its
 * environment has a fixed PATH, and XTABLES_LOCKFILE if this process has it. All its signals have
 * their default actions, and none is blocked. False when the program did not start or did not end
 * by itself; then `why` has the reason in one line. */
bool child_run(char *const argv[], child_line *each, void *ctx, struct child_end *end, char *why,
	size_t why_cap);

#endif
