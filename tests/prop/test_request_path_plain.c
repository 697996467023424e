/* test_request_path_plain.c - test_request_path.c again, with the reader as it is built without
 * SSE2.
 *
 * The reader is compiled into this program and replaces the copy in libcore.a.
 */
#undef __SSE2__

#include "core/read/request_path.c"

#include "unit/read/test_request_path.c"
