/* thread.c - see thread.h. */
#include "io/host/thread.h"

#include <signal.h>

bool thread_start(pthread_t *thread, size_t stack_bytes, void *(*run)(void *), void *ctx)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	if (pthread_attr_init(&attributes))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_attr_setstacksize(&attributes, stack_bytes);
	if (!error)
		error = pthread_create(thread, &attributes, run, ctx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return !error;
}
