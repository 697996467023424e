/* make_lines.c - makes the benchmark's input: lines of nginx, each of 395 bytes. It writes them as
 * fast as a disk accepts them.
 *
 *     make_lines LINES [CLIENTS [LINES_PER_S [HEAVY]]] >FILE
 *
 * Clients are drawn evenly from CLIENTS addresses. Every eighth address is in 2001:db8::/32. The
 * others are in 198.18.0.0/15 (reserved for benchmarks, RFC 2544), or in 64.0.0.0/6 if
 * 198.18.0.0/15 is too small. If there are at least as many CLIENTS as LINES, each client makes at
 * most one request. Every HEAVY-th line is from 203.0.113.9. Time advances by 1/LINES_PER_S per
 * line. One response in 64 is a 404. The seed is fixed: the same arguments make the same bytes.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* with its newline: as long as a line of the documented log_format on a real site */
#define LINE_BYTES  395
#define HOSTS       131072        /* in 198.18.0.0/15 */
#define CLIENTS_MAX (1 << 24)     /* every fourth address of 64.0.0.0/6 */
#define START_MS    1795341600000 /* 2026-11-22T10:00:00Z */

static uint64_t next_random(uint64_t *state)
{
	/* xorshift64* (Vigna 2016): random enough for clients, and its cost is negligible compared
	 * with fwrite */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* Writes the address of a client if there are more clients than HOSTS. The addresses are in no
 * order. Knuth's factor is odd, so each client has its own place. */
static void scattered_text(uint32_t client, char *out, size_t cap)
{
	uint32_t place = client * 2654435761u % CLIENTS_MAX;

	if (client % 8 == 7)
		snprintf(out, cap, "2001:db8:%" PRIx32 ":%" PRIx32 "::7", place >> 16,
			place & 0xffff);
	else
		snprintf(out, cap, "%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			64 + (place >> 22), place >> 14 & 255, place >> 6 & 255, place << 2 & 255);
}

static void client_text(uint32_t client, char *out, size_t cap)
{
	if (client % 8 == 7)
		snprintf(out, cap, "2001:db8:%" PRIx32 ":1::7", client & 0xffff);
	else
		snprintf(out, cap, "198.%" PRIu32 ".%" PRIu32 ".%" PRIu32, 18 + (client >> 16),
			client >> 8 & 255, client & 255);
}

static void put_line(char line[LINE_BYTES + 1], const char *address, int64_t ms, uint64_t r)
{
	char head[LINE_BYTES], tail[LINE_BYTES];
	int64_t second_of_day = ms / 1000 % 86400;
	int head_len, tail_len;

	head_len = snprintf(head, sizeof(head),
		"{\"remote_addr\":\"%s\",\"msec\":%" PRId64 ".%03d,"
		"\"time_iso8601\":\"2026-11-22T%02d:%02d:%02d+00:00\","
		"\"request\":\"GET /articles/%d?page=%d HTTP/1.1\",\"status\":%d,\"bytes\":%d,"
		"\"ua\":\"",
		address, ms / 1000, (int)(ms % 1000), (int)(second_of_day / 3600),
		(int)(second_of_day / 60 % 60), (int)(second_of_day % 60), (int)(r % 9000),
		(int)(r >> 20 & 63), (r >> 32 & 63) == 0 ? 404 : 200, (int)(r >> 40 & 0xffff));
	tail_len = snprintf(tail, sizeof(tail),
		"\",\"referer\":\"https://www.example.org/\",\"rt\":0.004,"
		"\"host\":\"www.example.org\"}\n");
	memcpy(line, head, (size_t)head_len);
	memset(line + head_len, 'm', (size_t)(LINE_BYTES - head_len - tail_len));
	memcpy(line + LINE_BYTES - tail_len, tail, (size_t)tail_len);
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
	char *end;
	uint64_t v;

	if (i >= argc)
		return otherwise;
	v = strtoull(argv[i], &end, 10);
	if (*end != '\0' || v == 0) {
		fprintf(stderr, "make_lines: error: '%s' is not a number above 0\n", argv[i]);
		exit(2);
	}
	return v;
}

int main(int argc, char **argv)
{
	uint64_t lines = argument(argc, argv, 1, 500000);
	uint64_t clients = argument(argc, argv, 2, 20000);
	uint64_t per_s = argument(argc, argv, 3, 2000);
	uint64_t heavy = argument(argc, argv, 4, UINT64_MAX);
	uint64_t state = 0x9e3779b97f4a7c15;
	char line[LINE_BYTES + 1], address[40];

	if (clients > CLIENTS_MAX) {
		fprintf(stderr, "make_lines: error: at most %d clients\n", CLIENTS_MAX);
		return 2;
	}
	for (uint64_t i = 0; i < lines; i++) {
		uint64_t r = next_random(&state);
		int64_t ms = START_MS + (int64_t)(i * 1000 / per_s);

		uint32_t client = (uint32_t)(clients < lines ? (r >> 32) % clients : i);
		if (i % heavy == heavy - 1)
			snprintf(address, sizeof(address), "203.0.113.9");
		else if (clients > HOSTS)
			scattered_text(client, address, sizeof(address));
		else
			client_text(client, address, sizeof(address));
		put_line(line, address, ms, next_random(&state));
		if (fwrite(line, LINE_BYTES, 1, stdout) != 1)
			break;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("make_lines: error: unable to write");
		return 1;
	}
	return 0;
}
