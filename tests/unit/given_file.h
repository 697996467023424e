/* given_file.h - a file in a directory of its own, for a group of tests. Include it after
 * cmocka.h. */
#ifndef UNIT_GIVEN_FILE_H
#define UNIT_GIVEN_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];
static char path[sizeof directory + 8]; /* of the file, which does not exist at first */

/* Set-up and tear-down of the group. */
static inline int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/%.32s.XXXXXX", program_invocation_short_name);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof path, "%s/file", directory);
	return 0;
}

static inline int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory); /* fails if a test leaves another file */
}

static inline void write_bytes(const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, bytes, len) == (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

#endif
