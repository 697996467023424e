/* options_table.c - see options_table.h. */
#include "io/config/options_table.h"

#include "core/record/event.h"

#define YEAR (366.0 * 86400)

/* Short names of the programs that have an option. */
#define DETECT   OPTIONS_ANOMDETECT
#define BAN      OPTIONS_ANOMBAN
#define COUNTING OPTIONS_ANOMCOUNT
#define BOTH     (DETECT | BAN)
#define READERS  (DETECT | COUNTING) /* they read access logs */
#define ALL      (BOTH | COUNTING)

/* The well-known ports of mqtt, nats, kafka, amqp, redis and RELP. */
#define ALLOW_PEERS "1883,8883,4222,9092,9093,5671,5672,6379,2514,20514"

/* clang-format off */
#define ROW(group, name, letter, programs, kind, member, min, max, argument, help) \
	OPTIONS_ROW(group, name, letter, programs, kind, member, min, max, argument, help)

#define FORMAT(program, more) \
	ROW(EVERYDAY, "format", 'f', program, TEXT, input.format, 0, 0, "NAME", \
		"one of auto,combined," more "generic,nginx,apache,haproxy," \
		"caddy,traefik,envoy,kong,apisix,ecs,pino,fluentbit (auto)")

/* --help prints neighbouring rows with the same help as one entry: MEMBER, PREFIX and ANSWER make
 * one entry each. */
#define MEMBER(name) \
	ROW(LINES, #name, 0, READERS, TEXT, input.names.name, 0, 0, "PATH", \
		"JSON member, such as req.ip")
#define PREFIX(family, min, max) \
	ROW(MEMORY, #family "-prefix", 0, ALL, COUNT, bans.family##_prefix, min, max, "BITS", \
		"address bits that make a client (32 and 64)")
#define ANSWER(name, letter) \
	ROW(EVERYDAY, #name, letter, ALL, FLAG, program.name, 0, 0, NULL, \
		"print the version, or this help, and exit")

#define REPLAY(program, help) \
	ROW(EVERYDAY, "replay", 'r', program, FLAG, run.replay, 0, 0, NULL, help)
#define TRUST_PROXY(program, help) \
	ROW(EVERYDAY, "trust-proxy", 0, program, NETWORKS, allow.trust_proxy, 0, 0, \
		"CIDR|@FILE", help)
#define STATE(program, help) \
	ROW(EVERYDAY, "state", 's', program, TEXT, state.path, 0, 0, "FILE", help)
#define MAX_STRIKES(program, help) \
	ROW(MEMORY, "max-strikes", 0, program, COUNT, bans.max_strikes, 100, 1e8, "N", help)
/* clang-format on */

/* Rows are in the order of --help. The --help of anomdetect has at most 50 lines of 80 columns. */
const struct options_row options_rows[] = {
	ROW(ACTIONS, "list", 0, BAN, ACTION, anomban.action, OPTIONS_LIST, 0, NULL,
		"print the banned clients"),
	ROW(ACTIONS, "ban", 0, BAN, ACTION, anomban.action, OPTIONS_BAN, 0, "ADDRESS [TIME]",
		"ban ADDRESS for TIME (10m), or permanently"),
	ROW(ACTIONS, "unban", 0, BAN, ACTION, anomban.action, OPTIONS_UNBAN, 0, "ADDRESS...",
		"unban these addresses"),
	ROW(ACTIONS, "flush", 0, BAN, ACTION, anomban.action, OPTIONS_FLUSH, 0, NULL,
		"unban all clients"),
	ROW(ACTIONS, "teardown", 0, BAN, ACTION, anomban.action, OPTIONS_TEARDOWN, 0, NULL,
		"remove the iptables rules, then the kernel sets"),
	ROW(ACTIONS, "json", 0, BAN, FLAG, anomban.json, 0, 0, NULL,
		"print --list as one JSON object"),

	ROW(EVERYDAY, "ban", 'b', DETECT, FLAG, run.ban, 0, 0, NULL,
		"ban clients in the kernel; without it only print bans"),
	ROW(EVERYDAY, "allow", 0, BOTH, NETWORKS, allow.networks, 0, 0, "CIDR|@FILE",
		"never ban these networks; may be repeated"),
	ROW(EVERYDAY, "force", 0, BAN, FLAG, anomban.force, 0, 0, NULL,
		"obey events of replays too; their times begin now"),
	ROW(EVERYDAY, "origin", 0, COUNTING, TEXT, anomcount.origin, 0, 0, "NAME",
		"name of this host in each line; without it, its host name"),
	ROW(EVERYDAY, "grace", 0, COUNTING, SPAN, anomcount.grace, 0, 60, "TIME",
		"wait TIME for late lines of each second (1s)"),
	FORMAT(DETECT, "counts,"),
	FORMAT(COUNTING, ""),
	TRUST_PROXY(DETECT, "believe X-Forwarded-For of these; never ban them"),
	TRUST_PROXY(COUNTING, "believe X-Forwarded-For of these networks"),
	TRUST_PROXY(BAN, "never ban these networks, as with --allow"),
	STATE(DETECT, "state file, for anomstat and restarts; none: no files"),
	STATE(COUNTING, "state file of this host's anomdetect, whose dead links are not "
			"errors; none: no file"),
	STATE(BAN, "state file of this host's anomdetect, from which --list has the reasons; "
		   "none: no file"),
	ROW(EVERYDAY, "schedule", 0, DETECT, SCHEDULE, bans.schedule, 1, YEAR, "LIST",
		"length of the 1st, 2nd, ... ban (10m,30m,2h,permanent)"),
	ROW(EVERYDAY, "ports", 0, BOTH, TEXT, firewall.ports, 0, 0, "LIST",
		"ports closed to banned clients, such as 80,443 (all)"),
	ROW(EVERYDAY, "user", 0, DETECT, TEXT, run.user, 0, 0, "NAME",
		"become this user after start, keep only the right to ban"),
	ROW(EVERYDAY, "events", 'e', DETECT, EVENTS, run.events, 0, 0, "LIST",
		"start,baseline,alert,recovered,ban,unban,error,stop (all)"),
	REPLAY(DETECT, "read an old log by its own times; ban nobody"),
	REPLAY(COUNTING, "read an old log by its own times"),
	ROW(EVERYDAY, "explain", 0, DETECT, FLAG, program.explain, 0, 0, NULL,
		"print how the first log lines are parsed, and exit"),
	ROW(EVERYDAY, "doctor", 0, DETECT, FLAG, program.doctor, 0, 0, NULL,
		"check every step from the log to the kernel, and exit"),
	ROW(EVERYDAY, "config", 'c', ALL, TEXT, config, 0, 0, "FILE",
		"read options from FILE, such as /etc/default/anomdetect"),
	ROW(EVERYDAY, "check-config", 0, ALL, FLAG, program.check_config, 0, 0, NULL,
		"check the options and the files they name, and exit"),
	ROW(EVERYDAY, "verbose", 'v', ALL, FLAG, program.verbose, 0, 0, NULL,
		"log more on standard error"),
	ANSWER(version, 'V'),
	ANSWER(help, 'h'),

	MEMBER(client),
	MEMBER(status),
	MEMBER(time),
	MEMBER(method),
	MEMBER(path),
	ROW(LINES, "forwarded", 0, READERS, TEXT, input.names.forwarded, 0, 0, "PATH",
		"JSON member in which a trusted proxy names the client"),
	ROW(LINES, "count", 0, READERS, TEXT, input.count, 0, 0, "PATH",
		"JSON member with the number of requests of a line"),
	ROW(LINES, "tz", 0, READERS, TEXT, input.tz, 0, 0, "ZONE",
		"time zone of the log: local, UTC, Europe/Berlin (local)"),
	ROW(LINES, "prefix-any", 0, READERS, FLAG, input.prefix_any, 0, 0, NULL,
		"any text may precede the JSON object of a line"),
	ROW(LINES, "transparent-proxy", 0, READERS, FLAG, input.transparent_proxy, 0, 0, NULL,
		"trusted proxies keep the client's address in packets"),

	ROW(BANS, "ban-private", 0, BOTH, FLAG, allow.ban_private, 0, 0, NULL,
		"ban private and NAT64 addresses too"),
	ROW(BANS, "allow-peers", 0, BAN, TEXT, allow.peer_ports, 0, 0, "PORTS",
		"never ban hosts to which this host has a connection at one of these ports, such "
		"as a broker; none: ban them (" ALLOW_PEERS ")"),
	ROW(BANS, "longest", 0, BAN, SPAN, anomban.longest, 0, YEAR, "TIME",
		"longest ban that another host may order; 0: any (0)"),
	ROW(BANS, "forget", 0, DETECT, SPAN, bans.forget, 1, 10 * YEAR, "TIME",
		"forget a client's bans TIME after the last one ended (7d)"),
	ROW(BANS, "set", 0, BOTH, TEXT, firewall.set_name, 0, 0, "NAME",
		"the kernel sets are NAME4 and NAME6 (anomdetect)"),
	ROW(BANS, "chain", 0, BOTH, TEXT, firewall.chain, 0, 0, "TABLE/CHAIN",
		"iptables chain of the firewall rule (raw/PREROUTING)"),
	ROW(BANS, "rule", 0, BOTH, TEXT, firewall.rule, 0, 0, "auto|none",
		"insert the firewall rule, or leave it to you (auto)"),
	ROW(BANS, "max-bans-per-minute", 0, BOTH, COUNT, bans.max_bans_per_minute, 1, 1e9, "N",
		"bans beyond this number wait (6000)"),
	ROW(BANS, "make-sets", 0, DETECT, FLAG, program.make_sets, 0, 0, NULL,
		"make the kernel sets for rules loaded at boot, and exit"),
	ROW(BANS, "announce", 0, DETECT, SPAN, run.announce, 0, 86400, "TIME",
		"print all bans again every TIME, from 10s; 0: never (0)"),

	ROW(DETECTION, "risk", 0, DETECT, NUMBER, detection.risk, 1e-9, 0.01, "N",
		"share of honest visits that may exceed a limit (0.00003)"),
	ROW(DETECTION, "requests-floor", 0, DETECT, NUMBER, detection.requests_floor, 1, 1e9, "N",
		"lowest learned limit of requests in 60 seconds (120)"),
	ROW(DETECTION, "learn", 0, DETECT, SPAN, detection.learn, 0, 7 * 86400, "TIME",
		"ban only the worst clients for TIME at a cold start (10m)"),
	ROW(DETECTION, "severe", 0, DETECT, NUMBER, detection.severe, 1, 1000, "N",
		"the worst clients exceed N times the cold limits (5)"),
	ROW(DETECTION, "mass-share", 0, DETECT, NUMBER, detection.mass_share, 0, 1, "N",
		"hold bans back above this share of known clients (0.05)"),
	ROW(DETECTION, "proxy-share", 0, DETECT, NUMBER, detection.proxy_share, 0.1, 1, "N",
		"share of requests that makes 1-5 clients proxies (0.8)"),

	ROW(MEMORY, "max-clients", 0, READERS, COUNT, detection.max_clients, 100, 1e8, "N",
		"clients in memory at a time (1000000)"),
	MAX_STRIKES(DETECT, "banned clients in memory at a time (1000000)"),
	MAX_STRIKES(BAN, "addresses that a new set has room for (1000000)"),
	ROW(MEMORY, "max-paths", 0, DETECT, COUNT, detection.max_paths, 0, 1e6, "N",
		"paths in memory at a time; 0: learn none (65536)"),
	PREFIX(ipv4, 8, 32),
	PREFIX(ipv6, 16, 128),
	ROW(MEMORY, "state-group", 0, DETECT, TEXT, state.group, 0, 0, "NAME",
		"group that may read the state file (adm)"),
	ROW(MEMORY, "memory-interval", 0, DETECT, SPAN, state.memory_interval, 1, 86400, "TIME",
		"time between two saves of FILE.memory (60s)"),
};

const size_t options_rows_n = sizeof options_rows / sizeof *options_rows;
_Static_assert(
	sizeof options_rows / sizeof *options_rows <= OPTIONS_ROWS_MAX, "room in the parser");

/* A member that is not named here is false, 0 or NULL. */
static const struct options defaults = {
	.run = {.events = (1u << EVENT_KIND_COUNT) - 1},
	.input = {.format = "auto", .tz = "local"},
	.state = {.group = OPTIONS_STATE_GROUP, .memory_interval = {60 * 1000}},
	.firewall = {.set_name = "anomdetect", .chain = "raw/PREROUTING", .rule = "auto"},
	.bans = {.ipv4_prefix = 32,
		.ipv6_prefix = 64,
		.max_strikes = 1000000,
		.max_bans_per_minute = 6000,
		.schedule = {{600 * 1000}, {1800 * 1000}, {7200 * 1000}, SPAN_MAX},
		.schedule_n = 4,
		.forget = {7 * 86400 * 1000}},
	.detection = {.max_clients = 1000000,
		.max_paths = 65536,
		.risk = 3e-5,
		.requests_floor = 120,
		.learn = {600 * 1000},
		.severe = 5,
		.mass_share = 0.05,
		.proxy_share = 0.8},
	.allow.peer_ports = ALLOW_PEERS,
	.anomban = {.ban_time = {600 * 1000}},
	.anomcount = {.grace = {1000}},
};

void options_set_defaults(struct options *o)
{
	*o = defaults;
}
