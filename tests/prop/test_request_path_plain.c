/* test_request_path_plain.c - test_request_path.c once more, with the reader as it is built where
 * there is no SSE2.
 *
 * The reader is compiled in here, so that the one of libcore.a stays out.
 */
#undef __SSE2__

#include "core/read/request_path.c"

#include "unit/read/test_request_path.c"
