/* event.h - what happened, and its JSON line.
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

#define EVENT_BYTES_MAX 4096 /* PIPE_BUF on Linux: a write of a whole event is atomic on a pipe */
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
	SCOPE_CLIENT,
	SCOPE_SITE,
	SCOPE_BANS,
	SCOPE_ORIGIN,
};

enum signal_kind { SIGNAL_REQUESTS, SIGNAL_ERRORS, SIGNAL_COUNT };

/* Only the members of its kind (named behind each) are read when it is written. */
struct event {
	enum event_kind kind;
	struct instant time;
	bool replay;
	uint64_t lost; /* all kinds: events that were dropped since the last one that was written */
	/* ban, unban: it was reported before, and is announced again. Of a repeated ban the verdict
	 * is not known any more. */
	bool repeat;
	unsigned rules; /* repeated ban: bit per enum rule that held, as far as they are known */

	enum event_scope scope;  /* alert, recovered */
	enum signal_kind signal; /* alert of scope site, recovered */
	struct address client;   /* ban, unban, alert of scope client */
	struct verdict verdict;  /* ban, alert; of recovered: rate, mean, stddev, z, source */
	const struct request
		*request;     /* ban, alert of scope client: that crossed the limit, or NULL */
	uint32_t requests;    /* ban, alert of scope client: in the window */
	uint32_t errors;      /* the same */
	uint32_t origins;     /* the same: hosts that saw the client; 0: this one alone */
	uint32_t strike;      /* ban, unban: 1 for the first */
	struct span seconds;  /* ban; recovered: how long the anomaly lasted */
	struct instant until; /* ban */
	bool permanent;       /* ban: no end */
	bool temporary;       /* ban: permanent by its strike, but rates alone are no reason */
	bool enforced;        /* ban: the firewall has it; start: --ban is on */
	/* ban that is enforced: where; lives until it is written. NULL: it is not said. */
	const struct lift_sets *sets;
	bool behind_proxy;  /* ban: a packet filter here cannot see the client */
	const char *reason; /* unban, error, baseline, alert of scope bans: a fixed word, or NULL */
	const char *hold;   /* alert of scope client: why it is not banned */
	const char *message; /* error, alert of a client or bans: for people, or NULL */
	/* scope origin: the host; ban, alert of scope client: the one that saw it alone, or NULL */
	const struct origin *origin;           /* lives until it is written */
	enum origin_trouble trouble;           /* scope origin */
	struct baseline baseline;              /* baseline */
	double limit, error_limit;             /* baseline: of the clients, in 60 s */
	double visit_limit, visit_error_limit; /* baseline: of the clients, a visit */
	double visits;                         /* baseline: how many taught them, decayed */
	uint32_t clients;                      /* alert of scope site: clients in the window */
	uint32_t new_clients; /* alert of scope site: of those, came in the window */
	size_t networks_n;    /* alert of scope site */
	struct top_network networks[TOP_NETWORKS_MAX];
	bool has_paths; /* alert of scope site: the log has some, and they are not turned off */
	size_t paths_n; /* the same */
	struct top_path paths[TOP_PATHS_MAX];
	size_t top_n; /* alert of scope site */
	struct top_client top[EVENT_TOP_MAX];
	uint64_t restored;  /* start: bans in force */
	size_t ssh_peers_n; /* start: who had logged in by SSH */
	const struct address *ssh_peers;
	uint64_t count;                  /* alert of scope bans: lines, or verdicts */
	const char *version;             /* start */
	int64_t log_seconds;             /* stop: from the first to the newest log time */
	const struct counters *counters; /* stop; lives until the event is written */
};

/* Appends the line with its newline. Never more than EVENT_BYTES_MAX. */
void event_write(const struct event *e, struct buf *out);

const char *event_name(enum event_kind kind);
const char *signal_name(enum signal_kind signal);

/* Why a ban is as long as it is: "schedule"; or, if it is shorter than that, "rates_alone" or
 * "paths_alone". */
const char *event_length(const struct event *e);

#endif
