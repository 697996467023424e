/* option_rows.h - the options with a number or a time: the least and the most that they take, as
 * text and as value, and what is just beyond. */
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
	double least_value; /* of a time: seconds */
	const char *most;
	double most_value;
	const char *below;
	const char *above;
};

#define AT(member) offsetof(struct options, member)

static const struct option_row option_rows[] = {
	{"announce", ROW_SPAN, AT(run.announce), "0s", 0, "1d", 86400, "-1s", "86401"},
	{"state-interval", ROW_SPAN, AT(state.interval), "1s", 1, "1h", 3600, "0", "3601"},
	{"memory-interval", ROW_SPAN, AT(state.memory_interval), "1s", 1, "1d", 86400, "0",
		"86401"},
	{"forget", ROW_SPAN, AT(bans.forget), "1s", 1, "3660d", 316224000, "0", "316224001"},
	{"zscore", ROW_NUMBER, AT(detection.rules.zscore), "0.1", 0.1, "1000", 1000, "0.099",
		"1000.1"},
	{"multiplier", ROW_NUMBER, AT(detection.rules.multiplier), "1", 1, "1000", 1000, "0.99",
		"1000.1"},
	{"tight-zscore", ROW_NUMBER, AT(detection.rules.tight_zscore), "0.1", 0.1, "1000", 1000,
		"0.099", "1000.1"},
	{"tight-multiplier", ROW_NUMBER, AT(detection.rules.tight_multiplier), "1", 1, "1000", 1000,
		"0.99", "1000.1"},
	{"error-surge", ROW_NUMBER, AT(detection.rules.error_surge), "0.1", 0.1, "1000", 1000,
		"0.099", "1000.1"},
	{"min-requests", ROW_COUNT, AT(detection.rules.min_requests), "1", 1, "1000000000",
		1000000000, "0", "1000000001"},
	{"risk", ROW_NUMBER, AT(detection.visits.risk), "1e-09", 1e-09, "0.01", 0.01, "9.9e-10",
		"0.010001"},
	{"busy-seconds", ROW_COUNT, AT(detection.rules.busy_seconds), "1", 1, "60", 60, "0", "61"},
	{"burst", ROW_NUMBER, AT(detection.rules.burst), "1", 1, "1000", 1000, "0.99", "1000.1"},
	{"tight-share", ROW_NUMBER, AT(detection.rules.tight_share), "0.01", 0.01, "1", 1, "0.0099",
		"1.0001"},
	{"error-share", ROW_NUMBER, AT(detection.rules.error_share), "0.01", 0.01, "1", 1, "0.0099",
		"1.0001"},
	{"mark-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_MARK]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"visit-mark-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_VISIT_MARK]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"known-from", ROW_COUNT, AT(detection.visits.known_from), "1", 1, "1000000000", 1000000000,
		"0", "1000000001"},
	{"growth", ROW_NUMBER, AT(detection.visits.growth), "1", 1, "1000", 1000, "0.99", "1000.1"},
	{"growth-from", ROW_COUNT, AT(detection.visits.growth_from), "1", 1, "1000000000",
		1000000000, "0", "1000000001"},
	{"top-share", ROW_NUMBER, AT(detection.visits.top_share), "0.0001", 0.0001, "0.5", 0.5,
		"0.00009", "0.51"},
	{"top-share-few", ROW_NUMBER, AT(detection.visits.top_share_few), "0.0001", 0.0001, "0.5",
		0.5, "0.00009", "0.51"},
	{"top-many", ROW_COUNT, AT(detection.visits.top_many), "1", 1, "1000000000", 1000000000,
		"0", "1000000001"},
	{"beyond-highest", ROW_NUMBER, AT(detection.visits.beyond_highest), "1", 1, "1000", 1000,
		"0.99", "1000.1"},
	{"mark-share", ROW_NUMBER, AT(detection.visits.mark_share), "0.0001", 0.0001, "0.5", 0.5,
		"0.00009", "0.51"},
	{"per-network", ROW_COUNT, AT(detection.visits.per_network), "1", 1, "255", 255, "0",
		"256"},
	{"half-life", ROW_SPAN, AT(detection.visits.half_life), "1h", 3600, "366d", 31622400,
		"3599", "31622401"},
	{"swarm-min", ROW_COUNT, AT(detection.swarm.swarm_min), "1", 1, "1000000000", 1000000000,
		"0", "1000000001"},
	{"swarm-share", ROW_NUMBER, AT(detection.swarm.swarm_share), "0.001", 0.001, "1", 1,
		"0.00099", "1.0001"},
	{"visit-swarm-share", ROW_NUMBER, AT(detection.swarm.visit_swarm_share), "0.001", 0.001,
		"1", 1, "0.00099", "1.0001"},
	{"learn", ROW_SPAN, AT(detection.holds.learn), "0s", 0, "7d", 604800, "-1s", "604801"},
	{"severe", ROW_NUMBER, AT(detection.holds.severe), "1", 1, "1000", 1000, "0.99", "1000.1"},
	{"known-after", ROW_SPAN, AT(detection.holds.known_after), "1m", 60, "1d", 86400, "59",
		"86401"},
	{"mass-min", ROW_COUNT, AT(detection.holds.mass_min), "1", 1, "1000000000", 1000000000, "0",
		"1000000001"},
	{"mass-share", ROW_NUMBER, AT(detection.holds.mass_share), "0", 0, "1", 1, "-0.01",
		"1.0001"},
	{"proxy-share", ROW_NUMBER, AT(detection.holds.proxy_share), "0.1", 0.1, "1", 1, "0.099",
		"1.0001"},
	{"warmup", ROW_SPAN, AT(detection.site.warmup), "0s", 0, "1d", 86400, "-1s", "86401"},
	{"baseline-window", ROW_SPAN, AT(detection.site.baseline_window), "2m", 120, "1d", 86400,
		"119", "86401"},
	{"recompute", ROW_SPAN, AT(detection.site.recompute), "1s", 1, "1h", 3600, "0", "3601"},
	{"hour-min", ROW_SPAN, AT(detection.site.hour_min), "1m", 60, "3660d", 316224000, "59",
		"316224001"},
	{"mean-floor", ROW_NUMBER, AT(detection.site.mean_floor), "0.001", 0.001, "1000000",
		1000000, "0.00099", "1000001"},
	{"stddev-floor", ROW_NUMBER, AT(detection.site.stddev_floor), "0.001", 0.001, "1000000",
		1000000, "0.00099", "1000001"},
	{"error-mean-floor", ROW_NUMBER, AT(detection.site.error_floor), "0.001", 0.001, "1000000",
		1000000, "0.00099", "1000001"},
	{"recovery", ROW_SPAN, AT(detection.site.recovery), "1s", 1, "1h", 3600, "0", "3601"},
	{"accept-after", ROW_SPAN, AT(detection.site.accept_after), "1m", 60, "7d", 604800, "59",
		"604801"},
	{"max-clients", ROW_COUNT, AT(detection.max_clients), "100", 100, "100000000", 100000000,
		"99", "100000001"},
	{"max-paths", ROW_COUNT, AT(detection.max_paths), "0", 0, "1000000", 1000000, "-1",
		"1000001"},
	{"max-strikes", ROW_COUNT, AT(bans.max_strikes), "100", 100, "100000000", 100000000, "99",
		"100000001"},
	{"max-bans-per-minute", ROW_COUNT, AT(bans.max_bans_per_minute), "1", 1, "1000000000",
		1000000000, "0", "1000000001"},
	{"in-flight", ROW_SPAN, AT(bans.in_flight), "1s", 1, "1h", 3600, "0", "3601"},
	{"ipv4-prefix", ROW_COUNT, AT(bans.ipv4_prefix), "8", 8, "32", 32, "7", "33"},
	{"ipv6-prefix", ROW_COUNT, AT(bans.ipv6_prefix), "16", 16, "128", 128, "15", "129"},
	{"requests-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_REQUESTS]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"requests-cold", ROW_NUMBER, AT(detection.visits.limit_cold[LIMIT_REQUESTS]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"errors-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_ERRORS]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"errors-cold", ROW_NUMBER, AT(detection.visits.limit_cold[LIMIT_ERRORS]), "1", 1,
		"1000000000", 1000000000, "0.99", "1000000001"},
	{"visit-requests-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_VISIT_REQUESTS]),
		"1", 1, "1000000000", 1000000000, "0.99", "1000000001"},
	{"visit-requests-cold", ROW_NUMBER, AT(detection.visits.limit_cold[LIMIT_VISIT_REQUESTS]),
		"1", 1, "1000000000", 1000000000, "0.99", "1000000001"},
	{"visit-errors-floor", ROW_NUMBER, AT(detection.visits.limit_floor[LIMIT_VISIT_ERRORS]),
		"1", 1, "1000000000", 1000000000, "0.99", "1000000001"},
	{"visit-errors-cold", ROW_NUMBER, AT(detection.visits.limit_cold[LIMIT_VISIT_ERRORS]), "1",
		1, "1000000000", 1000000000, "0.99", "1000000001"},
};

#define OPTION_ROWS_N (sizeof option_rows / sizeof *option_rows)

#endif
