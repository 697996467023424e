/* helper.h - processes of ours that keep a right which the program itself gives up, and answer
 * questions over a socket.
 *
 *     start:  helper_new, before large memory is taken, because a fork shares it, and before the
 *             program holds anything that must end with it, such as a lock
 *     loop:   helper_ask, then helper_answer; neither ever waits
 *
 * A helper is two processes of one name. The worker answers; the supervisor waits for the worker's
 * end and makes a new one. When the supervisor ends, the worker becomes the supervisor of a new
 * worker. So a helper survives the end of either process, but not of both at once. It ends with
 * this process, however that ends. SIGTERM, SIGINT and SIGHUP, which a terminal or a service
 * manager sends to the whole group, leave it alone. It has no descriptor of ours and no terminal.
 */
#ifndef IO_HOST_HELPER_H
#define IO_HOST_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A helper's work. Lives as long as the helper. */
struct helper_kind {
	const char *name; /* in `ps -e`; the kernel keeps 15 bytes */
	size_t question_bytes;
	size_t answer_bytes;
	uint32_t capabilities; /* bits that it keeps, if it has them: privileges_limit */
	bool writes_nothing; /* confined (io/host/confine.h): it writes to no file but /dev/null */
	void (*work)(const void *ctx, const void *question, void *answer);
};

struct helper;

enum helper_result {
	HELPER_OK = 0,   /* *answer is the answer */
	HELPER_WAITING,  /* none yet */
	HELPER_REPLACED, /* a process was killed, with the question; there is a new one */
	HELPER_GONE,     /* no process is there any more */
};

/* Makes the processes. `ctx` is for the work; they see it as it is now. Call it from the thread
 * that lives as long as the program. NULL with errno. */
struct helper *helper_new(const struct helper_kind *kind, const void *ctx);

/* Asks. False when a question is under way, or the helper is gone. */
bool helper_ask(struct helper *h, const void *question);

/* Takes the answer. */
enum helper_result helper_answer(struct helper *h, void *answer);

/* Ends it, and waits for that at most 200 ms: work that it does may take longer, and then it ends
 * after that. Nothing for NULL. */
void helper_free(struct helper *h);

#endif
