/* unnamed_proxy.h - detects that most requests come from a private client that is a proxy which
 * --trust-proxy does not name.
 *
 * Path:    line -> [unnamed_proxy] -> engine.
 * Why:     private clients are never banned. Behind an unnamed proxy of this host or network, the
 *          whole site is one private client, and no visitor is judged.
 * Method:  the client of most lines by majority vote (Boyer and Moore, 1991): a candidate, whose
 *          lines are counted since it became one. If it is private and has over half of at least
 *          UNNAMED_PROXY_LEAST lines, the engine parses its next lines once more. Most of them must
 *          have a forwarded member with another address.
 * Bounds:  the first UNNAMED_PROXY_LINES lines of a run; at most UNNAMED_PROXY_LOOKS of them are
 *          parsed again.
 */
#ifndef CORE_MEASURE_UNNAMED_PROXY_H
#define CORE_MEASURE_UNNAMED_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"

#define UNNAMED_PROXY_LEAST 100
#define UNNAMED_PROXY_LINES 100000
#define UNNAMED_PROXY_LOOKS 200
#define UNNAMED_PROXY_TEXT  384

struct unnamed_proxy {
	uint32_t lines;
	uint32_t votes;           /* votes for the candidate, less those against it */
	uint32_t seen;            /* its lines since it became the candidate */
	struct address candidate; /* valid when votes > 0 */
	uint32_t looks, forwards; /* its lines that were parsed again, and
				   * those of them with another address */
	bool done;
	char message[UNNAMED_PROXY_TEXT]; /* for people, when it is reported */
};

/* Notes a request's client, as it was logged. True: parse the line again and call
 * unnamed_proxy_look. All zeros is a valid start. */
bool unnamed_proxy_note(struct unnamed_proxy *p, const struct address *client);

/* `name`: the forwarded member with another address; "": the line has none. `host`: the member
 * cannot be trusted, but shows that the log lacks the header. True: report the message now; once
 * per run. */
bool unnamed_proxy_look(struct unnamed_proxy *p, const char *name, bool host);

/* True for loopback and private addresses. */
bool unnamed_proxy_may_be(const struct address *client);

#endif
