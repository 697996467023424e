/* helper.h - helper processes that keep a right which the program itself gives up. They answer the
 * program's questions over a socket.
 *
 *     start:  helper_new, before large memory is allocated, because the helper would share that
 *             memory; and before the program owns anything that must end with it, such as a lock
 *     loop:   helper_ask, then helper_answer; neither ever waits
 *
 * A helper consists of two processes with the same name. The worker answers; the supervisor waits
 * for the worker's end and makes a new worker. When the supervisor ends, the worker becomes the
 * supervisor of a new worker. So a helper survives the end of either process, but not the end of
 * both together. The helper ends when the program ends, for any reason. SIGTERM, SIGINT and SIGHUP,
 * which a terminal or a service manager sends to the whole group, do not end the helper. The helper
 * has no terminal, and none of the program's other descriptors.
 */
#ifndef IO_HOST_HELPER_H
#define IO_HOST_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The work of a helper. The struct must live as long as the helper. */
struct helper_kind {
	const char *name; /* in `ps -e`; the kernel keeps 15 bytes */
	size_t question_bytes;
	size_t answer_bytes;
	uint32_t capabilities; /* the mask for privileges_limit (io/host/privileges.h) */
	/* confined (io/host/confine.h): it writes to no file except /dev/null */
	bool writes_nothing;
	void (*work)(const void *ctx, const void *question, void *answer);
};

struct helper;

enum helper_result {
	HELPER_OK = 0,  /* *answer has the answer */
	HELPER_WAITING, /* no answer yet */
	/* a process of the helper was killed and replaced; the question is lost */
	HELPER_REPLACED,
	HELPER_GONE, /* no process of the helper exists any more */
};

/* Makes the processes. They pass `ctx` to kind->work, with its content at the time of this call.
 * Call this function from a thread that lives as long as the program. NULL with errno. */
struct helper *helper_new(const struct helper_kind *kind, const void *ctx);

/* Sends a question. False when a question is under way, or the helper is gone. */
bool helper_ask(struct helper *h, const void *question);

/* Fetches the answer, if it has arrived. */
enum helper_result helper_answer(struct helper *h, void *answer);

/* Ends the helper, and waits at most 200 ms for its end. A helper whose work takes longer ends
 * after the work. Does nothing for NULL. */
void helper_free(struct helper *h);

#endif
