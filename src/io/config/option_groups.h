/* option_groups.h - the options of all programs as values, grouped by the module that uses them.
 *
 * Path:    options -> [option_groups] -> the modules that use the values.
 * Such a module includes only this file, and gets only the group that it needs: the saver does not
 * know the firewall's options. Only the programs, settings_engine and --doctor get the whole struct
 * options.
 * The row of an option in options_table.c has its range and its help text; its default is below the
 * rows. Texts point into argv, or into memory that options_free frees.
 */
#ifndef IO_CONFIG_OPTION_GROUPS_H
#define IO_CONFIG_OPTION_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/read/format_match.h"
#include "core/judge/bans.h"

#define OPTIONS_LIST_MAX 256 /* values of --allow; each may be a file with many networks */

/* Networks, and @FILE for each file with networks. */
struct options_list {
	const char *values[OPTIONS_LIST_MAX];
	size_t n;
};

/* Read only by the programs, before a run. */
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
	bool ban;             /* ban in the kernel */
	bool replay;          /* time comes from the log alone */
	const char *user;     /* user to become after the start; NULL: stay the same user */
	unsigned events;      /* events to print: bit per enum event_kind */
	struct span announce; /* time between two announcements of all bans; 0: no announcement */
};

/* Read by input: how a line is parsed. */
struct input_options {
	const char *format; /* "auto", "combined" or the name of a row in core/read/format */
	/* names of JSON members, such as "req.ip"; NULL: the names of the format */
	struct format_names names;
	const char *count;
	const char *tz;         /* "local", "UTC", "+01:00", "Europe/Berlin" */
	bool prefix_any;        /* the object begins at the first brace */
	bool transparent_proxy; /* trusted proxies keep the client's address in the packets */
};

/* Read by allowlist: the networks that are never banned. Input also reads trust_proxy. */
struct allow_options {
	struct options_list networks;    /* --allow */
	struct options_list trust_proxy; /* --trust-proxy: their X-Forwarded-For is used, too */
	bool ban_private;                /* private addresses are banned like others */
	/* only anomban: a list of ports; hosts to which this host has a connection at one of them
	 * are not banned. "none": they are banned */
	const char *peer_ports;
};

/* Read by statedir and saver: the files of a run. */
/* Default of --state-group. On Debian this group may read logs. */
#define OPTIONS_STATE_GROUP "adm"

struct state_options {
	const char *path;            /* NULL: the default; "none": no file */
	const char *group;           /* group that may read the files */
	struct span memory_interval; /* time between two saves of the memory file */
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
	uint32_t ipv4_prefix; /* leading bits of an IPv4 address that identify a client */
	uint32_t ipv6_prefix; /* leading bits of an IPv6 address that identify a client */
	/* maximum number of clients with strikes, and of entries in a new set */
	uint32_t max_strikes;
	uint32_t max_bans_per_minute;            /* bans beyond this number wait */
	uint32_t schedule_n;                     /* used entries of schedule */
	struct span schedule[BANS_SCHEDULE_MAX]; /* by strike; SPAN_MAX: permanent */
	struct span forget; /* time after a client's last ban until its strikes are 0 */
};

/* Read by settings_engine: the detection rules. */
struct detection_options {
	uint32_t max_clients;  /* maximum number of clients in memory */
	uint32_t max_paths;    /* maximum number of paths in memory; 0: no paths are learned */
	double risk;           /* share of honest visits above a limit, 0..1 */
	double requests_floor; /* lowest learned limit of requests in 60 s */
	struct span learn;  /* time after a cold start in which only the worst clients are banned */
	double severe;      /* the worst clients exceed a cold limit times this */
	double mass_share;  /* bans above this share of known clients are held back, 0..1 */
	double proxy_share; /* addresses above this share of all requests are proxies, 0..1 */
};

/* Read by anomcount alone. */
struct anomcount_options {
	const char *origin; /* the name of this host in counts; NULL: its host name */
	struct span grace;  /* wait after the end of a second before its counts are published */
};

/* The actions of anomban: OPTIONS_FILTER reads events. */
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
	bool json;           /* print OPTIONS_LIST as JSON */
	struct span longest; /* longest ban that another host may order; 0: no maximum */
	char **operands;     /* addresses, for OPTIONS_BAN and OPTIONS_UNBAN */
	size_t operands_n;
	struct span ban_time; /* for OPTIONS_BAN; SPAN_MAX: permanent */
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

	/* LOG in a service's file (service_file.h), for --doctor; NULL or "": standard input */
	const char *log;
	const char *config;  /* --config; only options.c reads it */
	const char *service; /* path of a service's file; NULL: --config names no service's file */
	char *config_text;   /* owned; values point into it */
	char *service_text;  /* owned; like config_text, for a service's file */
};

#endif
