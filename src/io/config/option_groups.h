/* option_groups.h - the options of all programs as values, in groups by who reads them.
 *
 * Path:    options -> [option_groups] -> each reader, which includes this file alone.
 * A reader takes the group that it needs: the saver knows nothing of the firewall's options. Only
 * the programs, settings_engine and --doctor take struct options as a whole.
 * The range and the help text of each option are in its row of options_table.c, its default below
 * these rows. Texts point into argv or into memory held until options_free.
 */
#ifndef IO_CONFIG_OPTION_GROUPS_H
#define IO_CONFIG_OPTION_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/read/format_match.h"
#include "core/judge/bans.h"

#define OPTIONS_LIST_MAX 256 /* --allow given; each may be a file of many */

/* Networks and @FILEs. */
struct options_list {
	const char *values[OPTIONS_LIST_MAX];
	size_t n;
};

/* Read by the programs alone, before a run. */
struct program_options {
	bool help;         /* print the help text instead of a run */
	bool version;      /* print the version instead of a run */
	bool doctor;       /* check every step instead of a run */
	bool explain;      /* explain lines instead of a run */
	bool make_sets;    /* make the kernel's sets instead of a run */
	bool check_config; /* check the options instead of a run */
	bool verbose;
};

/* Read by anomdetect, statedir and --doctor. */
struct run_options {
	bool ban;             /* in the kernel */
	bool replay;          /* time comes from the log alone */
	const char *user;     /* to become after start; NULL: nobody else */
	unsigned events;      /* to print: bit per enum event_kind */
	struct span announce; /* from one announcement of all bans to the next; 0: none */
};

/* Read by input: how a line is parsed. */
struct input_options {
	const char *format; /* "auto", "combined" or the name of a row in core/read/format */
	/* members by their names, such as "req.ip"; NULL: the format's own */
	struct format_names names;
	const char *count;
	const char *tz;         /* "local", "UTC", "+01:00", "Europe/Berlin" */
	bool prefix_any;        /* the object begins at the first brace */
	bool transparent_proxy; /* trusted proxies keep the client's address in the packets */
};

/* Read by allowlist: who is never banned. Input reads trust_proxy, too. */
struct allow_options {
	struct options_list networks;    /* --allow */
	struct options_list trust_proxy; /* whose X-Forwarded-For is believed, too */
	bool ban_private;                /* private addresses are not allowed by themselves */
	/* anomban alone: hosts are not banned that this one is connected to there; or "none" */
	const char *peer_ports;
};

/* Read by statedir and saver: the files of a run. */
/* The group that may read the state, unless another one is named: reads logs on Debian. */
#define OPTIONS_STATE_GROUP "adm"

struct state_options {
	const char *path;            /* NULL: the default; "none": no file */
	const char *group;           /* that may read the files */
	struct span memory_interval; /* between two savings of the memory file */
};

/* Read by settings_firewall: the kernel's sets and the iptables rules. */
struct firewall_options {
	const char *set_name; /* the sets are NAME4 and NAME6 */
	const char *chain;    /* TABLE/CHAIN */
	const char *ports;    /* "80,443"; NULL: all */
	const char *rule;     /* "auto" or "none" */
};

/* Read by settings and apply_orders: the size, number and length of bans. */
struct ban_options {
	uint32_t ipv4_prefix;                    /* bits of an address that make a client */
	uint32_t ipv6_prefix;                    /* bits */
	uint32_t max_strikes;                    /* clients remembered, and entries of a new set */
	uint32_t max_bans_per_minute;            /* later bans wait */
	uint32_t schedule_n;                     /* used entries of schedule */
	struct span schedule[BANS_SCHEDULE_MAX]; /* by strike; SPAN_MAX: permanent */
	struct span forget; /* strikes are forgotten so long after the last ban's end */
};

/* Read by settings_engine: which clients are abnormal. */
struct detection_options {
	uint32_t max_clients;  /* in memory at a time */
	uint32_t max_paths;    /* in memory at a time; 0: none are learned */
	double risk;           /* share of honest visits above a limit, 0..1 */
	double requests_floor; /* lowest learned limit of requests in 60 s */
	struct span learn;     /* from a cold start: only severe clients are banned */
	double severe;         /* times the cold limits */
	double mass_share;     /* share of all known clients, 0..1 */
	double proxy_share;    /* share of all requests, 0..1 */
};

/* Read by anomcount alone. */
struct anomcount_options {
	const char *origin; /* names this host; NULL: the host's own name */
	struct span grace;  /* after the end of a second, before its counts are published */
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

/* Read by anomban alone. */
struct anomban_options {
	enum options_action action;
	bool force;          /* obey events of replays, too */
	bool json;           /* of OPTIONS_LIST: for programs */
	struct span longest; /* ban that another host may order; 0: any */
	char **operands;     /* addresses, of OPTIONS_BAN and OPTIONS_UNBAN */
	size_t operands_n;
	struct span ban_time; /* of OPTIONS_BAN; SPAN_MAX: permanent */
};

struct options {
	struct program_options program;
	struct run_options run;
	struct input_options input;
	struct allow_options allow;
	struct state_options state;
	struct firewall_options firewall;
	struct ban_options bans;
	struct detection_options detection;
	struct anomban_options anomban;
	struct anomcount_options anomcount;

	const char *log;     /* of a service's file, for --doctor; NULL or "": standard input */
	const char *config;  /* --config; read by options.c alone */
	const char *service; /* the same, of a service's file; NULL: it is none */
	char *config_text;   /* owned; texts point into it */
	char *service_text;  /* the same of a service's file */
};

#endif
