/* option_rows.h - the options with a number or a time: their minimum and maximum, as text and as
 * value, and the values just beyond them. */
#ifndef UNIT_OPTION_ROWS_H
#define UNIT_OPTION_ROWS_H

#include <stddef.h>

#include "io/config/options.h"

enum option_row_kind { ROW_COUNT, ROW_NUMBER, ROW_SPAN };

struct option_row {
	const char *name;
	enum option_row_kind kind;
	size_t offset;
	const char *least;
	double least_value; /* for a time: in seconds */
	const char *most;
	double most_value;
	const char *below;
	const char *above;
};

#define AT(member) offsetof(struct options, member)

static const struct option_row option_rows[] = {
	{"announce", ROW_SPAN, AT(run.announce), "0s", 0, "1d", 86400, "-1s", "86401"},
	{"memory-interval", ROW_SPAN, AT(state.memory_interval), "1s", 1, "1d", 86400, "0",
		"86401"},
	{"forget", ROW_SPAN, AT(bans.forget), "1s", 1, "3660d", 316224000, "0", "316224001"},
	{"risk", ROW_NUMBER, AT(detection.risk), "1e-09", 1e-09, "0.01", 0.01, "9.9e-10",
		"0.010001"},
	{"learn", ROW_SPAN, AT(detection.learn), "0s", 0, "7d", 604800, "-1s", "604801"},
	{"severe", ROW_NUMBER, AT(detection.severe), "1", 1, "1000", 1000, "0.99", "1000.1"},
	{"mass-share", ROW_NUMBER, AT(detection.mass_share), "0", 0, "1", 1, "-0.01", "1.0001"},
	{"proxy-share", ROW_NUMBER, AT(detection.proxy_share), "0.1", 0.1, "1", 1, "0.099",
		"1.0001"},
	{"max-clients", ROW_COUNT, AT(detection.max_clients), "100", 100, "100000000", 100000000,
		"99", "100000001"},
	{"max-paths", ROW_COUNT, AT(detection.max_paths), "0", 0, "1000000", 1000000, "-1",
		"1000001"},
	{"max-strikes", ROW_COUNT, AT(bans.max_strikes), "100", 100, "100000000", 100000000, "99",
		"100000001"},
	{"max-bans-per-minute", ROW_COUNT, AT(bans.max_bans_per_minute), "1", 1, "1000000000",
		1000000000, "0", "1000000001"},
	{"ipv4-prefix", ROW_COUNT, AT(bans.ipv4_prefix), "8", 8, "32", 32, "7", "33"},
	{"ipv6-prefix", ROW_COUNT, AT(bans.ipv6_prefix), "16", 16, "128", 128, "15", "129"},
	{"requests-floor", ROW_NUMBER, AT(detection.requests_floor), "1", 1, "1000000000",
		1000000000, "0.99", "1000000001"},
};

#define OPTION_ROWS_N (sizeof option_rows / sizeof *option_rows)

#endif
