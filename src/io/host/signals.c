/* signals.c - see signals.h.
 *
 * It uses the self-pipe trick (D. J. Bernstein). Flags, not the pipe's bytes, record which signal
 * came: otherwise a SIGTERM would be lost while the pipe is full of SIGHUPs. signalfd would need
 * blocked signals, and then a signal would not interrupt a blocking read of a quiet input.
 */
#include "io/host/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop_came;
static volatile sig_atomic_t reload_came;
static volatile sig_atomic_t announce_came;
static int wake[2] = {-1, -1}; /* read end, write end */

static void note_signal(int number)
{
	int saved = errno;

	if (number == SIGHUP)
		reload_came = 1;
	else if (number == SIGUSR1)
		announce_came = 1;
	else
		stop_came = 1;
	/* If the pipe is full, the reader is woken anyway. */
	(void)!write(wake[1], "", 1);
	errno = saved;
}

void signals_reset(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
	sigset_t none;

	sigemptyset(&usual.sa_mask);
	sigemptyset(&ignored.sa_mask);
	sigemptyset(&none);
	sigaction(SIGCHLD, &usual, NULL);
	sigaction(SIGXFSZ, &ignored, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int signals_init(void)
{
	struct sigaction caught = {.sa_handler = note_signal};
	struct sigaction ignored = {.sa_handler = SIG_IGN};

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	sigfillset(&caught.sa_mask);
	sigemptyset(&ignored.sa_mask);
	if (sigaction(SIGTERM, &caught, NULL) < 0 || sigaction(SIGINT, &caught, NULL) < 0 ||
		sigaction(SIGHUP, &caught, NULL) < 0 || sigaction(SIGUSR1, &caught, NULL) < 0 ||
		sigaction(SIGPIPE, &ignored, NULL) < 0)
		return -1;
	return wake[0];
}

struct signals_seen signals_take(void)
{
	struct signals_seen seen = {false, false, false};
	char bytes[256];

	/* The pipe is emptied before the flags are read. So a signal between these steps may leave
	 * an extra byte in the pipe, but never a flag that nobody reads. */
	while (read(wake[0], bytes, sizeof bytes) > 0)
		;
	/* A flag is cleared only if it was set, just before it is reported. So no signal is lost
	 * between the test and the clearing. */
	if (stop_came) {
		stop_came = 0;
		seen.stop = true;
	}
	if (reload_came) {
		reload_came = 0;
		seen.reload = true;
	}
	if (announce_came) {
		announce_came = 0;
		seen.announce = true;
	}
	return seen;
}
