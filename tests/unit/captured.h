/* captured.h - captures what a test writes on standard error. Include it after cmocka.h. */
#ifndef UNIT_CAPTURED_H
#define UNIT_CAPTURED_H

#include <sys/mman.h>
#include <unistd.h>

/* Between capture_begin and capture_end, standard error is written to a file. A test must not
 * assert anything between these calls, because cmocka also writes to standard error. */
static int captured = -1, kept = -1;

static inline void capture_begin(void)
{
	captured = memfd_create("stderr", MFD_CLOEXEC);
	kept = dup(STDERR_FILENO);
	assert_true(captured >= 0 && kept >= 0);
	assert_int_equal(dup2(captured, STDERR_FILENO), STDERR_FILENO);
}

/* Returns the captured text with a terminator. The text is valid until the next call. */
static inline const char *capture_end(void)
{
	static char text[65536];

	(void)dup2(kept, STDERR_FILENO);
	close(kept);
	ssize_t n = pread(captured, text, sizeof text - 1, 0);
	close(captured);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

#endif
