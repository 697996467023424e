/* child.h - runs a short program to its end, without a shell, bounded in time and memory.
 *
 * Bound:   CHILD_MS, then it is killed. Its output is read as it comes; CHILD_SAID_CAP bytes of
 *          standard error and one line of standard output are kept.
 * Needs:   SIGCHLD must not be ignored (signals_reset).
 */
#ifndef IO_HOST_CHILD_H
#define IO_HOST_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* An iptables call takes a few ms, and waits up to 5 s for the xtables lock. */
#define CHILD_MS 10000

/* Enough for iptables' two or three lines on standard error; the rest is read and dropped. */
#define CHILD_SAID_CAP 1024

struct child_end {
	int code;                  /* exit code */
	bool missing;              /* there is no such program */
	char said[CHILD_SAID_CAP]; /* on standard error */
};

/* One line of standard output, without its newline; one longer than 2 KiB is cut there. */
typedef void child_line(void *ctx, const char *line, size_t len);

/* Runs the program argv[0] of the system's directories for programs (child.c has the list), never
 * of PATH. Its standard input is empty; its standard output goes to `each`, or nowhere when that is
 * NULL. It has no other descriptor of ours, signals as at boot, and no variable of our environment
 * but XTABLES_LOCKFILE. False when it did not run or did not end by itself; `why` then says
 * so in one line. */
bool child_run(char *const argv[], child_line *each, void *ctx, struct child_end *end, char *why,
	size_t why_cap);

#endif
