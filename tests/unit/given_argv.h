/* given_argv.h - a command line that may be changed, as that of main. Included behind cmocka.h. */
#ifndef UNIT_GIVEN_ARGV_H
#define UNIT_GIVEN_ARGV_H

#include <stdio.h>

#define ARGV_MAX 1024

/* Copies of n words, and NULL. They live until the next call: options point into them. */
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
