/* log.h - messages for people, on standard error: "anomdetect: warning: unable to ...".
 *
 * Four levels; info is silent without log_set_verbose. errno is as before after each call. A
 * condition that repeats is given to log_repeat, which prints it at most once a minute, with how
 * often it came. Text that may come from a log or a file is printed with control bytes replaced, so
 * that a message is one line. In the journal each begins with its priority: fatal 2, error 3,
 * warning 4, info 6.
 */
#ifndef IO_HOST_LOG_H
#define IO_HOST_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* The program's name, at start of main. Looks whether standard error is the journal. */
void log_init(const char *program);
void log_set_verbose(bool verbose);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For the caller that is about to return an exit code; it does not exit itself. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A condition that may come thousands of times a second; one struct for each. Tells whether it was
 * printed. */
struct log_repeat {
	struct instant last; /* when it was printed */
	uint64_t muted;      /* times since */
};
bool log_repeat(struct log_repeat *r, struct instant now, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
