/* bench_read.c - only reads with read(2) and searches newlines. No line reader can be faster. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024) /* a larger buffer gains nothing with a file */

static char buffer[BUFFER_BYTES];

int main(void)
{
	uint64_t lines = 0;
	ssize_t got;

	while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
		const char *at = buffer;
		const char *end = buffer + got;

		while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
			at++;
			lines++;
		}
	}
	if (got < 0) {
		perror("bench_read: error: unable to read");
		return 1;
	}
	printf("%llu\n", (unsigned long long)lines);
	return 0;
}
