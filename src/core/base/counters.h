/* counters.h - every number that is counted over a run, in one list.
 *
 * The list makes the struct, the `stop` event, the state file and what anomstat prints; a name in
 * it has a row in anomdetect(5). All only grow.
 */
#ifndef CORE_BASE_COUNTERS_H
#define CORE_BASE_COUNTERS_H

#include <stdint.h>

/* What line_parse rejects, one counter a reason (enum line_reason is made from this list). */
#define COUNTERS_REJECTED(X)                                                                       \
	X(not_json)   /* begins as an object and is none */                                        \
	X(no_client)  /* an access-log object without a client */                                  \
	X(bad_client) /* the client is no address */                                               \
	X(bad_time)   /* the time is none, or the log's clock does not believe it */               \
	X(bad_count)  /* it stands for no number of requests from 1 to 1,000,000 */                \
	X(too_long)   /* over 4 MiB, and no client in its first 4 MiB */                           \
	X(nul)        /* a NUL byte in it */                                                       \
	X(other)      /* no access-log object: text, another program's line */

/* Paths that made room in a full table, by enum paths_kind. */
#define COUNTERS_PATHS(X)                                                                          \
	X(paths_evicted_single)        /* one network, no honest visit */                          \
	X(paths_evicted_several)       /* several networks, no honest visit */                     \
	X(paths_evicted_honest_single) /* honest visits of one network */                          \
	X(paths_evicted_honest_few)    /* of 2 or 3 networks */                                    \
	X(paths_evicted_honest_many)   /* of 4 or more networks */

/* Lines of counts of other hosts, with --format counts. */
#define COUNTERS_ORIGINS(X)                                                                        \
	X(bad_origin)      /* the origin is no name, or not the last word of the topic */          \
	X(counts_repeated) /* lines that came before */                                            \
	X(counts_old)      /* lines that may have come before: of an older run, or long ago */     \
	X(counts_jumped)   /* lines whose number is far ahead of all others */                     \
	X(counts_missing)  /* lines that never came */                                             \
	X(origins_full)    /* lines of a host for which there was no room */                       \
	X(origins_evicted) /* hosts that made room for others */

#define COUNTERS(X)                                                                                \
	X(lines)    /* read, of any kind */                                                        \
	X(requests) /* counted; a line may stand for several */                                    \
	COUNTERS_REJECTED(X)                                                                       \
	X(truncated)  /* lines cut off after their client, counted as requests */                  \
	X(glued)      /* lines that stood behind a half line, counted as requests */               \
	X(bad_status) /* requests whose status is out of range, counted with status unknown */     \
	X(late)       /* older than the window: not judged */                                      \
	X(ahead)      /* time over 2 s ahead of the wall clock, taken as now */                    \
	X(blocked)    /* requests of banned clients, which enter nothing */                        \
	X(clients)    /* clients that came (again after 60 s of silence) */                        \
	X(evicted)    /* clients that made room in a full table */                                 \
	X(coarse)     /* clients counted in 10-s steps, when the memory for rings is used up */    \
	COUNTERS_PATHS(X)                                                                          \
	COUNTERS_ORIGINS(X)                                                                        \
	X(slow_evicted)         /* clients that made room in the table of failing clients */       \
	X(written_evicted)      /* paths that made room in the table of written paths */           \
	X(alerts)               /* alerts of any scope */                                          \
	X(bans)                 /* bans */                                                         \
	X(unbans)               /* bans that ended */                                              \
	X(repeated_events)      /* bans and unbans announced again, not counted as such */         \
	X(unbans_evicted)       /* unbans of the last day that are not announced any more */       \
	X(ban_failed)           /* bans that the firewall refused, each tried again */             \
	X(ban_requests_evicted) /* requests of bans in force, forgotten for those of newer bans */ \
	X(bans_full)      /* verdicts not carried out, because the table of strikes was full */    \
	X(bans_held)      /* verdicts not carried out, beyond the bans of a minute */              \
	X(events_dropped) /* events not written, because the reader of stdout stalled */

#define COUNTERS_FIELD(name) uint64_t name;
struct counters {
	COUNTERS(COUNTERS_FIELD)
};
#undef COUNTERS_FIELD

#endif
