/* options.h - the command line of anomdetect and of anomban, and their configuration file.
 *
 * One table (options_table.c) makes the parser, --help and the configuration file; anomdetect(8)
 * and anomban(8) document each row. The command line wins over the file. Texts point into argv or
 * into memory held until options_free.
 *
 * The file is anomdetect's, so that both programs can be given the same one: anomban checks all of
 * it, and takes from it what it has, too.
 */
#ifndef IO_CONFIG_OPTIONS_H
#define IO_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/judge/bans.h"
#include "core/base/instant.h"
#include "core/measure/visits.h"

#define OPTIONS_LIST_MAX 256 /* --allow given; each may be a file of many */

/* Networks and @FILEs. */
struct options_list {
	const char *values[OPTIONS_LIST_MAX];
	size_t n;
};

/* What anomban does instead of reading events. */
enum options_action {
	OPTIONS_FILTER,
	OPTIONS_LIST,
	OPTIONS_BAN,
	OPTIONS_UNBAN,
	OPTIONS_FLUSH,
	OPTIONS_TEARDOWN
};

struct options {
	bool ban;
	bool replay;
	bool verbose;
	bool help;
	bool version;
	bool doctor;
	bool ban_private;
	const char *config;
	const char *state; /* NULL: the default; "none": no file */
	const char *state_group;
	const char *format;
	const char *set_name;
	const char *chain; /* TABLE/CHAIN */
	const char *ports; /* "80,443"; NULL: all */
	const char *user;  /* to become after start; NULL: nobody else */
	const char *rule;  /* "auto" or "none" */
	struct options_list allow;
	struct options_list trust_proxy;
	bool transparent_proxy;
	bool prefix_any;
	bool explain;
	const char *client_path, *status_path, *time_path, *count_path; /* NULL: the format's */
	const char *tz;  /* "local", "UTC", "+01:00", "Europe/Berlin" */
	unsigned events; /* bit per enum event_kind */
	uint32_t max_clients;
	uint32_t max_strikes;
	uint32_t max_bans_per_minute;
	struct span in_flight;
	uint32_t ipv4_prefix;
	uint32_t ipv6_prefix;
	uint32_t min_requests;
	double zscore, multiplier;
	double tight_zscore, tight_multiplier;
	double error_surge;
	const char *client_baseline; /* "visits" or "site" */
	uint32_t busy_seconds;
	double burst, tight_share, error_share;
	double risk, growth;
	double limit_floor[LIMIT_COUNT], limit_cold[LIMIT_COUNT]; /* by enum limit_kind */
	double top_share, top_share_few, beyond_highest, mark_share;
	uint32_t known_from, growth_from, per_network, top_many;
	struct span half_life;
	uint32_t swarm_min;
	double swarm_share, visit_swarm_share;
	struct span learn, known_after;
	double severe;
	uint32_t mass_min;
	double mass_share, proxy_share;
	double mean_floor, stddev_floor, error_floor;
	struct span warmup, baseline_window, recompute, hour_min;
	struct span recovery, accept_after;
	struct span forget;
	struct span state_interval, memory_interval;
	struct span schedule[BANS_SCHEDULE_MAX]; /* SPAN_MAX: permanent */
	uint32_t schedule_n;
	/* of anomban alone */
	enum options_action action;
	bool force;
	char **operands; /* addresses, of OPTIONS_BAN and OPTIONS_UNBAN */
	size_t operands_n;
	struct span ban_time; /* of OPTIONS_BAN; SPAN_MAX: permanent */

	char *config_text; /* owned */
};

/* Fills *o with the defaults, then the file, then the command line. On failure false, and `why`
 * says in one line what is wrong: the option, its value and the range. */
bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap);
void options_free(struct options *o);

/* The same with anomban's options and its operands, which are in argv. */
bool options_parse_anomban(struct options *o, int argc, char **argv, char *why, size_t why_cap);

/* The text of --help, to standard output. */
void options_print_help(void);
void options_print_help_anomban(void);

#endif
