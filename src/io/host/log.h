/* log.h - messages on standard error: "anomdetect: warning: unable to ...".
 *
 * There are four levels: info, warning, error and fatal. Messages of level info are printed only
 * after log_set_verbose. No call changes errno. A condition that repeats is logged by log_repeat:
 * at most once per minute, with the number of repetitions. Control bytes are replaced in text that
 * may come from a log or a file, so that a message is one line. In the journal each message begins
 * with its priority: fatal 2, error 3, warning 4, info 6.
 */
#ifndef IO_HOST_LOG_H
#define IO_HOST_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Sets the program's name, at the start of main. Checks whether standard error is the journal. */
void log_init(const char *program);
void log_set_verbose(bool verbose);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Logs an error that ends the program. The function itself does not exit: the caller returns an
 * exit code. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A condition that may occur thousands of times per second; one struct for each condition.
 * log_repeat returns whether the message was printed. */
struct log_repeat {
	struct instant last; /* when it was last printed */
	uint64_t muted;      /* number of repetitions since then */
};
bool log_repeat(struct log_repeat *r, struct instant now, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
