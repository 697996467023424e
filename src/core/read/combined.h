/* combined.h - parses a line of the common or the combined log format into fields.
 *
 *   CLIENT IDENT USER [06/Feb/2026:12:12:51 +0000] "GET / HTTP/1.1" 200 612 "REFERER" "USER AGENT"
 *   HOST[:PORT] CLIENT IDENT USER [...                         (Debian's vhost_combined)
 *   [06/Feb/2026:12:12:51 +0000] - 200 200 - GET https HOST "/" [Client CLIENT] [Length 612] ...
 *                                                              (Nginx Proxy Manager)
 *
 * https://httpd.apache.org/docs/2.4/logs.html#accesslog. The client chooses the user name, which
 * may contain blanks and brackets, but no quote. So the time is the text in brackets right before
 * the first quote. The client may also choose the host (Apache's %V, nginx's $host), but the host
 * contains no blank: see combined.c. ($http_host of nginx 1.22 may contain blanks. No grammar can
 * separate a host with blanks from the words after it.)
 */
#ifndef CORE_READ_COMBINED_H
#define CORE_READ_COMBINED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/read/fields.h"
#include "core/read/request.h"

struct combined {
	struct field client, time, status;
	struct field method; /* absent if the method is part of `path` */
	struct field path;   /* the path, or the whole request line as it was logged */
	bool truncated;      /* the line was cut off after the client */
};

/* Returns false if the line has another form. The fields point into the line. */
bool combined_read(const char *line, size_t len, struct combined *out);

/* Parses the `client` of a combined line: an address, or a network in the form that events
 * print. */
bool combined_client(const struct field *f, struct address *out);

/* Stores the method and the path of c in r. */
void combined_request(const struct combined *c, struct request *r);

#endif
