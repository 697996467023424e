/* event.h - one event, and its JSON line.
 *
 * Path:    bans, anomaly -> [event] -> io/host/out.
 * Format:  anomdetect(5), EVENTS: one object, `event`, `time` and `mode` first, at most
 *          EVENT_BYTES_MAX bytes with its newline.
 */
#ifndef CORE_RECORD_EVENT_H
#define CORE_RECORD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/counters.h"
#include "core/base/instant.h"
#include "core/judge/rules.h"
#include "core/measure/clients.h"
#include "core/measure/origins.h"
#include "core/measure/top_networks.h"
#include "core/measure/top_paths.h"
#include "core/read/request.h"
#include "core/record/lift.h"

#define EVENT_BYTES_MAX 4096 /* PIPE_BUF on Linux: a write of a whole event to a pipe is atomic */
#define EVENT_TOP_MAX   10

enum event_kind {
	EVENT_START,
	EVENT_BASELINE,
	EVENT_ALERT,
	EVENT_RECOVERED,
	EVENT_BAN,
	EVENT_UNBAN,
	EVENT_ERROR,
	EVENT_STOP,
	EVENT_KIND_COUNT
};

enum event_scope {
	SCOPE_CLIENT, /* a client that is not banned */
	SCOPE_SITE,   /* a site anomaly */
	SCOPE_BANS,   /* a ban without effect, or the number of bans */
	SCOPE_ORIGIN, /* a host that sends counts */
};

enum signal_kind { SIGNAL_REQUESTS, SIGNAL_ERRORS, SIGNAL_COUNT };

/* The comment of each member begins with the kinds of event that use the member. Other kinds ignore
 * the member. */
struct event {
	enum event_kind kind;
	struct instant time;
	bool replay;
	uint64_t lost; /* all kinds: events dropped since the last event that was written */
	/* ban, unban: the event was reported before and is announced again. A repeated ban has no
	 * verdict. */
	bool repeat;
	unsigned rules; /* repeated ban: a bit for each enum rule that matched, if known */

	enum event_scope scope;  /* alert, recovered */
	enum signal_kind signal; /* alert of scope site, recovered */
	struct address client;   /* ban, unban; alert of scope client or bans */
	struct verdict verdict;  /* ban, alert; recovered: only rate, mean, stddev, z, source */
	const struct request
		/* ban, alert of scope client: the request that crossed the limit; or NULL */
		*request;
	uint32_t requests; /* ban, alert of scope client: requests in the window */
	uint32_t errors;   /* ban, alert of scope client: errors in the window */
	/* ban, alert of scope client: number of hosts that counted the client; 0: only this host */
	uint32_t origins;
	uint32_t strike;      /* ban, unban: number of the strike, from 1 */
	struct span seconds;  /* ban: its length; recovered: the length of the anomaly */
	struct instant until; /* ban: its end */
	bool permanent;       /* ban: it has no end */
	/* ban: shorter than in the schedule, because rates alone or paths alone do not justify a
	 * permanent ban */
	bool temporary;
	bool enforced; /* ban: it is in the firewall; start: --ban is on */
	/* enforced ban: its sets in the kernel, for `lift`. Must live until the event is written.
	 * NULL: not reported. */
	const struct lift_sets *sets;
	bool behind_proxy;  /* ban: packets at this host do not have the client's address */
	const char *reason; /* unban, error, baseline, alert of scope bans: a fixed word, or NULL */
	const char *hold;   /* alert of scope client: why the client is not banned */
	const char *message; /* error, alert of scope client or bans: a text for people, or NULL */
	/* scope origin: the host; ban, alert of scope client: the only host that counted the
	 * client, or NULL */
	const struct origin *origin;           /* must live until the event is written */
	enum origin_trouble trouble;           /* scope origin */
	struct baseline baseline;              /* baseline */
	double limit, error_limit;             /* baseline: limits of a client in 60 s */
	double visit_limit, visit_error_limit; /* baseline: limits of a client's visit */
	/* baseline: number of visits that taught the limits, decayed */
	double visits;
	/* alert of scope site: number of clients in the window */
	uint32_t clients;
	uint32_t new_clients; /* alert of scope site: clients that appeared in the window */
	size_t networks_n;    /* alert of scope site */
	struct top_network networks[TOP_NETWORKS_MAX];
	/* alert of scope site: the log has paths, and reporting them is not turned off */
	bool has_paths;
	size_t paths_n; /* alert of scope site */
	struct top_path paths[TOP_PATHS_MAX];
	size_t top_n; /* alert of scope site */
	struct top_client top[EVENT_TOP_MAX];
	uint64_t restored;  /* start: number of bans in force */
	size_t ssh_peers_n; /* start: number of addresses with an SSH login */
	const struct address *ssh_peers;
	uint64_t count;                  /* alert of scope bans: number of lines or verdicts */
	const char *version;             /* start */
	int64_t log_seconds;             /* stop: seconds from the first to the newest log time */
	const struct counters *counters; /* stop; must live until the event is written */
};

/* Appends the line with its newline, never more than EVENT_BYTES_MAX bytes. */
void event_write(const struct event *e, struct buf *out);

const char *event_name(enum event_kind kind);
const char *signal_name(enum signal_kind signal);

/* The reason for the length of a ban: "schedule"; or "rates_alone" or "paths_alone" if the ban is
 * shorter than in the schedule. */
const char *event_length(const struct event *e);

#endif
