/* thread.h - starts a second thread; only the main thread receives signals. */
#ifndef IO_HOST_THREAD_H
#define IO_HOST_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Starts run(ctx) with a stack of `stack_bytes` and all signals blocked. The caller joins *thread.
 * False when the system has no room for a thread. */
bool thread_start(pthread_t *thread, size_t stack_bytes, void *(*run)(void *), void *ctx);

#endif
