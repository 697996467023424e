/* request_path.h - the target of a request -> one form of its path: equal paths compare equal.
 *
 * Path:    extract -> [request_path] -> request.   Pure.
 * Form:    percent-decoding; "//" and "/./" become "/"; "/x/../" becomes "/" (RFC 3986, 5.2.4);
 *          everything from a ";", "?" or "#" on is cut off, as is what lies behind
 *          REQUEST_PATH_MAX bytes, or behind the first 64 KiB of the target. Of a whole URL the
 *          part from its path on is read. The result may hold any bytes, also control bytes:
 *          whoever prints it escapes it.
 */
#ifndef CORE_READ_REQUEST_PATH_H
#define CORE_READ_REQUEST_PATH_H

#include <stddef.h>

#include "core/read/request.h"

/* Writes the path of text[0..len) to r->path. A whole request line ("GET /x HTTP/1.1") gives the
 * method, too, where r->method is empty. An empty text, or one that is no request line and no path,
 * gives no path: path_len is 0 then. */
void request_path_read(struct request *r, const char *text, size_t len);

/* Copies a method (an HTTP token of at most REQUEST_METHOD_MAX bytes); else r->method is empty. */
void request_path_set_method(struct request *r, const char *text, size_t len);

#endif
