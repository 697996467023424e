/* test_request_path_plain.c - runs the tests of test_request_path.c with the code that is built for
 * a processor without SSE2.
 *
 * core/read/request_path.c is compiled into this program and replaces the copy in libcore.a.
 */
#undef __SSE2__

#include "core/read/request_path.c"

#include "unit/read/test_request_path.c"
