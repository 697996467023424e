/* tcp_table.c - see tcp_table.h. */
#include "io/host/tcp_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "io/host/clock.h"

#define LINE_CAP 512
/* The kernel returns one page per read; stdio's default buffer here would be 1 KiB. */
#define BUFFER_BYTES 16384
/* Lines between two checks of the clock: 0.15 ms at 2.3 us per line. */
#define CLOCK_EVERY 64
/* Fields of a line, counted from 0. */
#define FIELDS_N 10
enum { LOCAL = 1, REMOTE = 2, STATE = 3, INODE = 9 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Parses an address, which the kernel prints as words of 8 hexadecimal digits, each in the host's
 * byte order. */
static bool read_words(const char *hex, size_t words, uint8_t *to)
{
	for (size_t i = 0; i < words; i++) {
		char word[9] = {0};
		memcpy(word, hex + i * 8, 8);
		char *end;
		uint32_t v = (uint32_t)strtoul(word, &end, 16);
		if (*end)
			return false;
		memcpy(to + i * 4, &v, 4);
	}
	return true;
}

/* Parses "0100007F:0016": `words` words and a port. */
static bool read_end(const char *text, size_t words, struct address *a, uint16_t *port)
{
	char *end;

	if (strlen(text) != words * 8 + 5 || text[words * 8] != ':')
		return false;
	*port = (uint16_t)strtoul(text + words * 8 + 1, &end, 16);
	if (words == 1)
		memcpy(a->bytes, mapped, sizeof mapped);
	if (*end || !read_words(text, words, words == 1 ? a->bytes + 12 : a->bytes))
		return false;
	a->prefix_len = address_is_v4(a) ? 32 : 128;
	return true;
}

/* Parses "0: 0100007F:0016 0200007F:D431 01 00000000:00000000 00:00000000 00000000 0 0 5003498
 * ..." */
static bool read_row(char *line, size_t words, struct tcp_row *row)
{
	char *fields[FIELDS_N], *rest = line;
	struct address local;

	for (size_t i = 0; i < FIELDS_N; i++) {
		fields[i] = rest += strspn(rest, " ");
		rest = strchr(rest, ' ');
		if (!rest)
			return false;
		*rest++ = '\0';
		if (i == STATE && strcmp(fields[i], "01") != 0 && strcmp(fields[i], "02") != 0 &&
			strcmp(fields[i], "0A") != 0)
			return false;
	}
	row->listens = fields[STATE][1] == 'A';
	row->connects = fields[STATE][1] == '2';
	return read_end(fields[LOCAL], words, &local, &row->port) &&
	       read_end(fields[REMOTE], words, &row->peer, &row->peer_port) &&
	       num_u64(fields[INODE], strlen(fields[INODE]), &row->inode);
}

bool tcp_table_read(
	const char *proc, struct span deadline, tcp_table_each *each, void *ctx, bool *cut)
{
	static const char *const names[] = {"net/tcp", "net/tcp6"};
	bool any = false, more = true;
	char buffer[BUFFER_BYTES];
	size_t lines = 0;

	*cut = false;
	for (size_t i = 0; i < 2; i++) {
		char path[256], line[LINE_CAP];
		struct tcp_row row;
		snprintf(path, sizeof path, "%s/%s", proc, names[i]);
		FILE *f = fopen(path, "re");
		if (!f)
			continue; /* a kernel without IPv6 has no tcp6 */
		any = true;
		(void)setvbuf(f, buffer, _IOFBF, sizeof buffer);
		while (more && !*cut && fgets(line, sizeof line, f)) {
			*cut = ++lines % CLOCK_EVERY == 0 && clock_monotonic().ms > deadline.ms;
			if (read_row(line, i == 0 ? 1 : 4, &row))
				more = each(ctx, &row);
		}
		fclose(f);
	}
	return any;
}
