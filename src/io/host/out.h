/* out.h - whole lines to standard output, each in one write, without ever holding up the input.
 *
 * Path:    core/record/event -> [out] -> stdout.
 * Live:    a line is written when the reader takes it (poll says so: a pipe that is writable has
 *          room for PIPE_BUF = 4096 bytes, the longest event). Until then lines wait, in order, in
 *          a queue of OUT_QUEUE_BYTES. A line of OUT_ALERT class is dropped when over three
 *          quarters of the queue are used, one of OUT_BAN class only when it is full: bans outlast
 *          alerts. Dropped lines are counted.
 * Disk:    a regular file that has no room (ENOSPC, EDQUOT, EFBIG) or fails (EIO, EROFS, ESTALE and
 *          so on) is such a reader: lines wait, and writing is tried again after OUT_RETRY_MS. What
 *          was written of a line is cut off again. A line that an earlier run left unfinished is
 *          ended first.
 * Replay:  a write waits for the reader; nothing is dropped, and a full disk is a failure.
 * Flags:   those of the descriptor are not changed: other processes may share it.
 */
#ifndef IO_HOST_OUT_H
#define IO_HOST_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

#define OUT_QUEUE_BYTES (1 << 20)
#define OUT_RETRY_MS    1000

enum out_class {
	OUT_ALERT, /* start, baseline, alert, recovered, error */
	OUT_BAN,   /* ban, unban, stop */
};

struct out;

/* Does not own fd. NULL when memory is short. SIGPIPE must be ignored. */
struct out *out_new(int fd, bool wait);
void out_free(struct out *o);

/* A write that waits gives up when `fd` becomes readable: false with EINTR. */
void out_stop_on(struct out *o, int fd);

/* Takes one line with its newline, at most 4096 bytes (a longer one is dropped). False when the
 * reader is gone or the write failed (errno), and the line was not taken; a dropped line is no
 * failure. */
bool out_put(struct out *o, enum out_class class, const char *line, size_t len);

/* Writes what the reader takes now. False as above. */
bool out_flush(struct out *o);

/* Writes until the queue is empty or the time is over. False as above, and with ETIMEDOUT when
 * lines still wait. */
bool out_drain(struct out *o, struct span most);

/* Lines wait for the reader: poll fd for POLLOUT. False while they wait for a disk. */
bool out_waiting(const struct out *o);

/* The errno for which lines wait for a disk; 0: they do not. */
int out_disk_error(const struct out *o);

/* Whether a line of `len` bytes of class OUT_BAN would not be dropped now. */
bool out_has_room(const struct out *o, size_t len);

uint64_t out_dropped(const struct out *o);

/* Lines that wait, counted: O(bytes). */
uint64_t out_lines(const struct out *o);

#endif
