/* notify.h - reports the run's status to the service manager, by systemd's notification protocol.
 *
 * Path:    src/anom*.c -> [notify] -> the datagram socket of NOTIFY_SOCKET (sd_notify(3)).
 * Order:   notify_init runs before the run drops any privilege. It connects the socket, so a change
 *          of user or confinement cannot block the messages later.
 * Failed:  failures are not reported, no call waits, and the run goes on. A message is lost if the
 *          manager's socket has no room; only READY=1 is sent again with the next status call.
 *          Without a service manager the calls do nothing.
 */
#ifndef IO_HOST_NOTIFY_H
#define IO_HOST_NOTIFY_H

#include <stdbool.h>

#include "core/base/instant.h"

/* Shortest time between two status lines, because each wakes the service manager. */
#define NOTIFY_STATUS_EVERY ((struct span){10 * 1000})

/* Connects, and removes NOTIFY_SOCKET from the environment, so that no child can send messages in
 * this process's name. Keeps errno. */
void notify_init(void);

/* Sends READY=1: the run has begun. */
void notify_ready(void);
/* Sends STOPPING=1: the run ends. */
void notify_stopping(void);
/* Sends RELOADING=1 with the time of the monotonic clock: a reload begins. notify_ready reports its
 * end. */
void notify_reloading(void);

/* Whether notify_status would send a line now. `now` is on the monotonic clock. Call it at least
 * once per second: it also retries a READY=1 that could not be sent. */
bool notify_wants_status(struct span now);
/* Sends one line for people, STATUS=. A line equal to the previous one is not sent. */
void notify_status(struct span now, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
