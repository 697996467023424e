/* notify.c - see notify.h. It does not use libsystemd, because a message is only one datagram of
 * text. The library would load a dozen other libraries into a program that reads text that anybody
 * can send.
 *
 * Globals are used because a process has one service manager, as it has one standard error (log.c).
 */
#include "io/host/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Longest status: counters and their names. */
#define STATUS_MAX 256

static int manager = -1;             /* connected socket; -1: there is no manager */
static char last_status[STATUS_MAX]; /* the last status that was sent */
static struct span status_due;       /* earliest time of the next status, on the monotonic clock */
static bool owes_ready;              /* READY=1 could not be sent yet */

/* Parses "/path", or "@name" in the abstract namespace. Returns the length of *a; 0: the text has
 * neither form. */
static socklen_t read_address(const char *text, struct sockaddr_un *a)
{
	size_t len = strlen(text);

	if ((*text != '/' && *text != '@') || len < 2 || len >= sizeof a->sun_path)
		return 0;
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(a->sun_path, text, len);
	if (*text == '@')
		a->sun_path[0] = '\0';
	/* a path includes its NUL, an abstract name does not */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*text == '/'));
}

static void connect_manager(const char *name)
{
	struct sockaddr_un address;
	socklen_t len = read_address(name, &address);

	if (!len)
		return;
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (manager >= 0 && connect(manager, (struct sockaddr *)&address, len) < 0) {
		close(manager);
		manager = -1;
	}
}

void notify_init(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int saved = errno;

	if (name)
		connect_manager(name);
	unsetenv("NOTIFY_SOCKET");
	errno = saved;
}

/* Sends one datagram, without waiting for a manager that does not read. False when its socket has
 * no room now. */
static bool send_text(const char *text)
{
	int saved = errno;
	bool full = manager >= 0 &&
		    send(manager, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    (errno == EAGAIN || errno == ENOBUFS);

	errno = saved;
	return !full;
}

/* Without READY=1 the manager assumes that the start hangs, and kills the run. */
void notify_ready(void)
{
	owes_ready = !send_text("READY=1");
}

void notify_stopping(void)
{
	(void)send_text("STOPPING=1");
}

void notify_reloading(void)
{
	char text[64];
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)send_text(text);
}

bool notify_wants_status(struct span now)
{
	if (owes_ready)
		notify_ready();
	return manager >= 0 && now.ms >= status_due.ms;
}

void notify_status(struct span now, const char *format, ...)
{
	char status[STATUS_MAX], text[STATUS_MAX + 8];
	va_list args;

	if (!notify_wants_status(now))
		return;
	status_due.ms = now.ms + NOTIFY_STATUS_EVERY.ms;
	va_start(args, format);
	vsnprintf(status, sizeof status, format, args);
	va_end(args);
	if (strcmp(status, last_status) == 0)
		return;
	memcpy(last_status, status, sizeof last_status);
	snprintf(text, sizeof text, "STATUS=%s", status);
	(void)send_text(text);
}
