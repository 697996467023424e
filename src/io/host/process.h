/* process.h - memory and CPU time of this process, for the state and for -v. */
#ifndef IO_HOST_PROCESS_H
#define IO_HOST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* The current resident memory in bytes; 0 when it is unknown (there is no /proc, or a sandbox hides
 * it). */
uint64_t process_memory_bytes(void);

/* Whether an error is temporary, such as too little memory or too few descriptors: a retry may
 * succeed. */
bool process_is_short(int error);

/* User and system CPU time of all threads since the start. */
double process_cpu_seconds(void);

/* Opens /dev/null on each of the descriptors 0 to 2 that is closed. Otherwise the next file opened
 * would get that number, and be used as standard input, output or error. Call it at the start of
 * main; false with errno. */
bool process_open_standard(void);

#endif
