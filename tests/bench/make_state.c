/* make_state.c - writes FILE and FILE.memory for anomstat, as a run with 100,000 bans leaves them.
 *
 * The state lists only the newest STATE_BANS_MAX bans, as anomdetect writes it. The memory file
 * lists all bans.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/state.h"

#define BANS 100000
#define NOW  1795320960000

static struct state state;
static char text[STATE_BYTES_MAX];

static void fill(void)
{
	state.saved.ms = state.now.ms = NOW;
	state.started.ms = NOW - 86400000;
	state.running = true;
	state.interval_s = 86400;
	state.requests = 24000;
	state.baseline.mean = 300;
	state.baseline.stddev = 40;
	state.baseline.ready = true;
	state.alarm[SIGNAL_REQUESTS] = 420;
	state.limits[LIMIT_REQUESTS] = 120;
	snprintf(state.firewall, sizeof state.firewall, "ipset");
	state.bans_total = BANS;
	state.bans_n = STATE_BANS_MAX;
	for (size_t i = 0; i < STATE_BANS_MAX; i++) {
		char client[32];
		int len = snprintf(client, sizeof client, "2001:db8:%zx:%zx::/64", i, i);
		if (!address_parse_prefix(client, (size_t)len, &state.bans[i].client))
			abort();
		state.bans[i].since.ms = NOW - (int64_t)i;
		state.bans[i].until.ms = NOW + 600000;
		state.bans[i].rules = 7;
		state.bans[i].enforced = true;
	}
	state.history_n = STATE_HISTORY_MAX;
	for (size_t i = 0; i < STATE_HISTORY_MAX; i++)
		state.history_requests[i] = 3000 + (uint32_t)(i * 7919 % 997);
}

static bool write_memory(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fputs("{\"version\":1,\"clients\":[", f);
	for (int i = 0; i < BANS; i++)
		fprintf(f, "%s\"10.%d.%d.%d enforced 1 %lld %lld 7\"", i ? "," : "", i >> 16,
			i >> 8 & 255, i & 255, (long long)NOW - i, (long long)NOW + 600000);
	fputs("]}\n", f);
	return fclose(f) == 0;
}

int main(int argc, char **argv)
{
	char memory[4096];
	struct buf b;
	FILE *f;

	if (argc != 2)
		return EXIT_FAILURE;
	fill();
	buf_init(&b, text, sizeof text);
	state_write(&state, &b);
	f = fopen(argv[1], "w");
	snprintf(memory, sizeof memory, "%s.memory", argv[1]);
	if (b.full || !f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f) != 0)
		return EXIT_FAILURE;
	return write_memory(memory) ? EXIT_SUCCESS : EXIT_FAILURE;
}
