/* test_scan_plain.c - test_scan_model.c again, with the scanner as it is built without SSE2 and
 * NEON.
 *
 * The scanner is compiled into this program and replaces the copy in libcore.a.
 */
#undef __SSE2__
#undef __ARM_NEON

#include "core/read/scan.c"

#include "test_scan_model.c"
