/* unnamed_proxy.h - detects that most requests come from a private address: a proxy that
 * --trust-proxy does not name.
 *
 * Path:    line -> [unnamed_proxy] -> engine.
 * Why:     private clients are never banned. Behind an unnamed proxy of this host or network, all
 *          requests come from one private client, and no visitor is judged.
 * Method:  a majority vote (Boyer and Moore, 1991) finds a candidate for the client of most lines.
 *          The lines of a client are counted from the time when it becomes the candidate. When at
 *          least UNNAMED_PROXY_LEAST lines were read, and over half of them are lines of a private
 *          candidate, the engine parses the candidate's next lines again. The proxy is reported if
 *          most of these lines have a forwarded member (a member with a header such as
 *          X-Forwarded-For) with another address.
 * Bounds:  only the first UNNAMED_PROXY_LINES lines of a run count; at most UNNAMED_PROXY_LOOKS of
 *          them are parsed again.
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
	uint32_t votes;           /* votes for the candidate, minus votes against it */
	uint32_t seen;            /* lines of the candidate since it became the candidate */
	struct address candidate; /* valid when votes > 0 */
	/* lines of the candidate that were parsed again, and the number of these with another
	 * address */
	uint32_t looks, forwards;
	bool done;
	char message[UNNAMED_PROXY_TEXT]; /* text for people; set when the proxy is reported */
};

/* Counts a request. `client`: the address as logged. True: parse the line again and call
 * unnamed_proxy_look. All zeros is a valid start. */
bool unnamed_proxy_note(struct unnamed_proxy *p, const struct address *client);

/* `name`: the forwarded member with another address; "": the line has none. `host`: the member is
 * Traefik's ClientHost. It cannot be trusted, but it shows that the log lacks X-Forwarded-For.
 * Returns true once per run, when the message must be reported. */
bool unnamed_proxy_look(struct unnamed_proxy *p, const char *name, bool host);

/* True for loopback and private addresses. */
bool unnamed_proxy_may_be(const struct address *client);

#endif
