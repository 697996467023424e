/* combined.h - a line of the common or the combined log format -> the members it has no names for.
 *
 *   CLIENT IDENT USER [06/Feb/2026:12:12:51 +0000] "GET / HTTP/1.1" 200 612 "REFERER" "USER AGENT"
 *   HOST[:PORT] CLIENT IDENT USER [...                         (Debian's vhost_combined)
 *   [06/Feb/2026:12:12:51 +0000] - 200 200 - GET https HOST "/" [Client CLIENT] [Length 612] ...
 *                                                              (Nginx Proxy Manager)
 *
 * https://httpd.apache.org/docs/2.4/logs.html#accesslog. The user's name is the client's own words
 * and may hold blanks and brackets, but no quote: the time is what stands in brackets right before
 * the first quote. The host may be the client's own words, too (Apache's %V, nginx's $host), but
 * holds no blank: see combined.c. (nginx 1.22's $http_host does; no grammar tells its words apart.)
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
	struct field method; /* absent: it is in `path` */
	struct field path;   /* or the whole request line, as it was logged */
	bool truncated;      /* cut off behind the client */
};

/* False when the line is of another shape. Texts point into the line. */
bool combined_read(const char *line, size_t len, struct combined *out);

/* The client that a text of such a line is: an address, or a network as events print clients. */
bool combined_client(const struct field *f, struct address *out);

/* The method and the path of c, into r. */
void combined_request(const struct combined *c, struct request *r);

#endif
