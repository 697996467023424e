/* given_argv.h - a writable command line, as main receives it. Include it after cmocka.h. */
#ifndef UNIT_GIVEN_ARGV_H
#define UNIT_GIVEN_ARGV_H

#include <stdio.h>

#define ARGV_MAX 1024

/* Returns copies of n words, followed by NULL. The copies stay valid after the return, because
 * parsed options point to them. The next call overwrites the copies. */
static inline char **given_argv(const char *const *args, size_t n)
{
	static char copies[ARGV_MAX][512];
	static char *argv[ARGV_MAX + 1];

	assert_true(n <= ARGV_MAX);
	for (size_t i = 0; i < n; i++) {
		snprintf(copies[i], sizeof copies[i], "%s", args[i]);
		argv[i] = copies[i];
	}
	argv[n] = NULL;
	return argv;
}

#endif
