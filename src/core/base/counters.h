/* counters.h - the one list of all counters of a run.
 *
 * The list generates the struct, the `stop` event, the counters of the state file and the rows that
 * anomstat prints. Each name has a row in anomdetect(5). Counters never decrease.
 */
#ifndef CORE_BASE_COUNTERS_H
#define CORE_BASE_COUNTERS_H

#include <stdint.h>

/* Lines that line_parse rejects, one counter per reason. enum line_reason is generated from this
 * list. */
#define COUNTERS_REJECTED(X)                                                                       \
	X(not_json)   /* the line begins like a JSON object, but is not one */                     \
	X(no_client)  /* an access-log object without a client */                                  \
	X(bad_client) /* the client is not an address */                                           \
	X(bad_time)   /* the time is not valid, or logclock.h does not accept it */                \
	X(bad_count)  /* the member for the number of requests is not from 1 to 1,000,000 */       \
	X(too_long)   /* over 4 MiB, and no client in the first 4 MiB */                           \
	X(nul)        /* contains a NUL byte */                                                    \
	X(other)      /* not an access-log object: text, or a line of another program */

/* Paths that were evicted from a full table, one counter for each enum paths_kind. */
#define COUNTERS_PATHS(X)                                                                          \
	X(paths_evicted_single)        /* asked for by one network, in no honest visit */          \
	X(paths_evicted_several)       /* asked for by several networks, in no honest visit */     \
	X(paths_evicted_honest_single) /* in honest visits of one network */                       \
	X(paths_evicted_honest_few)    /* in honest visits of 2 or 3 networks */                   \
	X(paths_evicted_honest_many)   /* in honest visits of 4 or more networks */

/* Lines of counts from other hosts, read with --format counts. */
#define COUNTERS_ORIGINS(X)                                                                        \
	X(bad_origin) /* the origin is not a name, or differs from the last word of the topic */   \
	X(counts_repeated) /* lines that have been counted before */                               \
	X(counts_old)      /* lines of an older run, or too far behind: perhaps counted before */  \
	X(counts_jumped)   /* lines numbered far ahead of all other lines of their host */         \
	X(counts_missing)  /* lines that never arrived */                                          \
	X(origins_full)    /* lines of a host for which the table had no room */                   \
	X(origins_evicted) /* hosts evicted from a full table */

#define COUNTERS(X)                                                                                \
	X(lines)    /* lines read, of any kind */                                                  \
	X(requests) /* requests counted; a line may stand for several */                           \
	COUNTERS_REJECTED(X)                                                                       \
	X(truncated)  /* lines cut off after their client, counted as requests */                  \
	X(glued)      /* lines directly after half a line, counted as requests */                  \
	X(bad_status) /* requests whose status is out of range, counted with status unknown */     \
	X(late)       /* requests older than the window, not judged */                             \
	X(ahead)      /* requests over 2 s ahead of the wall clock, counted as if made now */      \
	X(blocked)    /* requests of banned clients; they enter no statistics */                   \
	X(clients)    /* clients that appeared, or returned after 60 s of silence */               \
	X(evicted)    /* clients evicted from a full table */                                      \
	X(coarse)     /* clients counted in steps of 10 s, for lack of memory for steps of 1 s */  \
	COUNTERS_PATHS(X)                                                                          \
	COUNTERS_ORIGINS(X)                                                                        \
	X(slow_evicted)    /* clients evicted from the table of clients that fail or write */      \
	X(written_evicted) /* paths evicted from the table of paths that clients write to */       \
	X(alerts)          /* alerts of any scope */                                               \
	X(bans)            /* bans made */                                                         \
	X(unbans)          /* bans that ended */                                                   \
	X(repeated_events) /* bans and unbans announced again; not counted as bans or unbans */    \
	X(unbans_evicted)  /* unbans of the last 24 hours evicted from the list of unbans */       \
	X(ban_failed)      /* bans that the firewall refused; each is retried */                   \
	X(ban_requests_evicted) /* requests that caused bans in force, evicted by newer ones */    \
	X(bans_full)            /* verdicts not carried out: the table of strikes was full */      \
	X(bans_held)            /* verdicts not carried out: too many bans per minute */           \
	X(events_dropped)       /* events not written: the reader of stdout stalled */

#define COUNTERS_FIELD(name) uint64_t name;
struct counters {
	COUNTERS(COUNTERS_FIELD)
};
#undef COUNTERS_FIELD

#endif
