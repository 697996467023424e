/* request_path.h - normalises the target of a request, so that different forms of the same path
 * become equal.
 *
 * Path:    extract -> [request_path] -> request.   Pure.
 * Form:    percent escapes are decoded. "//" and "/./" become "/", and "/x/../" becomes "/" (RFC
 *          3986, 5.2.4). The path ends before the first ";", "?" or "#", after REQUEST_PATH_MAX
 *          bytes, or after the first 64 KiB of the target. Only the path of a whole URL is used.
 *          The result may contain any bytes, even control bytes, so code that prints it must escape
 *          it.
 */
#ifndef CORE_READ_REQUEST_PATH_H
#define CORE_READ_REQUEST_PATH_H

#include <stddef.h>

#include "core/read/request.h"

/* Stores the path of text[0..len) in r->path. If the text is a whole request line ("GET /x
 * HTTP/1.1") and r->method is empty, also stores the method. If the text is neither a request line
 * nor a path, path_len becomes 0. */
void request_path_read(struct request *r, const char *text, size_t len);

/* Stores the method, an HTTP token of at most REQUEST_METHOD_MAX bytes. r->method is empty for any
 * other text. */
void request_path_set_method(struct request *r, const char *text, size_t len);

#endif
