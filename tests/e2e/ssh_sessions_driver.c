/* ssh_sessions_driver.c - prints the addresses of all SSH sessions, one per line. On standard error
 * it prints the time of one check (the median of 20 checks, in microseconds), and "blind",
 * "hidden" and "cut" if struct ssh_sessions has these flags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/host/ssh_sessions.h"

#define LOOKS 20

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare_longs(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(void)
{
	static const struct ssh_peers none;
	static struct ssh_sessions s;
	long took[LOOKS];

	for (int i = 0; i < LOOKS; i++) {
		long begin = now_us();
		if (!ssh_sessions_find(&ssh_places, &none, &s)) {
			perror("ssh_sessions_driver");
			return 1;
		}
		took[i] = now_us() - begin;
	}
	for (size_t i = 0; i < s.n; i++) {
		char text[ADDRESS_TEXT_MAX];
		struct buf b;
		buf_init(&b, text, sizeof text);
		buf_put_address(&b, &s.list[i].peer);
		printf("%.*s\n", (int)b.len, b.data);
	}
	qsort(took, LOOKS, sizeof *took, compare_longs);
	fprintf(stderr, "%ld us%s%s%s\n", took[LOOKS / 2], s.blind ? ", blind" : "",
		s.hidden ? ", hidden" : "", s.cut ? ", cut" : "");
	return 0;
}
