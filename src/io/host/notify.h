/* notify.h - tells the service manager about the run: systemd's notification protocol.
 *
 * Path:    src/anom*.c -> [notify] -> the datagram socket of NOTIFY_SOCKET (sd_notify(3)).
 * Order:   notify_init before the run gives anything up: the socket is connected then, so neither
 *          another user nor confinement is in the way later.
 * Failed:  nothing is reported, nobody waits, and the run goes on. A message for which the
 *          manager's socket has no room is lost, but READY=1 is sent again with the next call for a
 *          status.
 *          Without a service manager all calls do nothing.
 */
#ifndef IO_HOST_NOTIFY_H
#define IO_HOST_NOTIFY_H

#include <stdbool.h>

#include "core/base/instant.h"

/* The shortest time between two lines of status. Each wakes the service manager. */
#define NOTIFY_STATUS_EVERY ((struct span){10 * 1000})

/* Connects, and takes NOTIFY_SOCKET out of the environment, so that no child speaks for us. errno
 * is as before. */
void notify_init(void);

/* The run has begun: READY=1. */
void notify_ready(void);
/* The run ends: STOPPING=1. */
void notify_stopping(void);
/* A reload begins: RELOADING=1, with the monotonic clock. notify_ready ends it. */
void notify_reloading(void);

/* Whether notify_status would send a line now. `now` is on the monotonic clock. To be called at
 * least once a second: it sends a READY=1 that had no room. */
bool notify_wants_status(struct span now);
/* One line for people, STATUS=. A line that is equal to the one before is not sent. */
void notify_status(struct span now, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
