/* unnamed_proxy.h - whether most requests come from a private client that is a proxy without a
 * name.
 *
 * Path:    line -> [unnamed_proxy] -> engine.
 * Why:     private clients are never banned. Behind a proxy of this host or network that
 *          --trust-proxy does not name, the whole site is one such client, and nobody is judged.
 * Method:  the client of most lines by majority vote (Boyer and Moore, 1991): a candidate, whose
 *          own lines are counted from the moment when it became one. When it is private and has
 *          over half of at least UNNAMED_PROXY_LEAST lines, the engine reads its next lines once
 *          more, and most of them must have a forwarded member with another address.
 * Bounds:  the first UNNAMED_PROXY_LINES lines of a run; at most UNNAMED_PROXY_LOOKS of them are
 *          read again.
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
	uint32_t votes;           /* for the candidate, less those against it */
	uint32_t seen;            /* its lines since it is the candidate */
	struct address candidate; /* meaningful when votes > 0 */
	uint32_t looks,
		forwards; /* its lines that were read again, and those with another address */
	bool done;
	char message[UNNAMED_PROXY_TEXT]; /* for people, when it is reported */
};

/* A request's client, as it was logged. All zeros is the start. True: read its line again and
 * call unnamed_proxy_look. */
bool unnamed_proxy_note(struct unnamed_proxy *p, const struct address *client);

/* `name`: the forwarded member that holds another address; "": there is none. `host`: nobody
 * may believe that member; it shows that the log lacks the header. True: report it now, once a
 * run. */
bool unnamed_proxy_look(struct unnamed_proxy *p, const char *name, bool host);

/* Loopback or private. */
bool unnamed_proxy_may_be(const struct address *client);

#endif
