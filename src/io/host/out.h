/* out.h - writes whole lines to standard output, each in one write, without delaying the input of a
 * live run.
 *
 * Path:    core/record/event -> [out] -> stdout.
 * Live:    a line is written when poll reports that the reader, the program that reads standard
 *          output, accepts data: a writable pipe has room for PIPE_BUF = 4096 bytes, the longest
 *          event. Until then lines wait, in order, in a queue of OUT_QUEUE_BYTES. A line of class
 *          OUT_ALERT is dropped when over three quarters of the queue are used. A line of class
 *          OUT_BAN is dropped only when the queue is full, because a lost ban does more harm than a
 *          lost alert. Dropped lines are counted.
 * Disk:    lines also wait while a regular file has no room (ENOSPC, EDQUOT, EFBIG) or fails (EIO,
 *          EROFS, ESTALE and so on). Writing is retried after OUT_RETRY_MS. A half-written line is
 *          removed from the file. If an earlier run left a line unfinished, a newline is written
 *          first.
 * Replay:  a write waits for the reader; nothing is dropped, and a full disk is a failure.
 * Flags:   the descriptor's flags are not changed, because other processes may share it.
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
	OUT_ALERT, /* start, baseline, alert, recovered, error, and announced bans */
	OUT_BAN,   /* ban, unban, stop */
};

struct out;

/* `wait`: true in a replay, where a write waits for the reader. Does not own fd. NULL when memory
 * is short. SIGPIPE must be ignored. */
struct out *out_new(int fd, bool wait);
void out_free(struct out *o);

/* Makes a waiting write fail with EINTR when `fd` becomes readable. */
void out_stop_on(struct out *o, int fd);

/* Queues or writes one line with its newline, at most 4096 bytes; a longer line is dropped.
 * False when the reader is gone or the write failed (errno): then the line was not accepted.
 * Dropping a line is not a failure. */
bool out_put(struct out *o, enum out_class class, const char *line, size_t len);

/* Writes as much as the reader accepts now. False as in out_put. */
bool out_flush(struct out *o);

/* Writes until the queue is empty, for at most `most`. False as in out_put, and with ETIMEDOUT when
 * lines still wait. */
bool out_drain(struct out *o, struct span most);

/* True when lines wait for the reader: poll fd for POLLOUT. False while they wait for a disk. */
bool out_waiting(const struct out *o);

/* The errno of the failed write, while lines wait for a disk; 0: no line waits for a disk. */
int out_disk_error(const struct out *o);

/* Whether a line of `len` bytes of class OUT_BAN would be accepted now. */
bool out_has_room(const struct out *o, size_t len);

uint64_t out_dropped(const struct out *o);

/* The number of waiting lines; counting them takes O(bytes). */
uint64_t out_lines(const struct out *o);

#endif
