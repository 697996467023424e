/* test_scan_plain.c - test_scan_model.c once more, with the scanner as it is built where there is
 * neither SSE2 nor NEON.
 *
 * It is compiled in here, so that the one of libcore.a stays out.
 */
#undef __SSE2__
#undef __ARM_NEON

#include "core/read/scan.c"

#include "test_scan_model.c"
