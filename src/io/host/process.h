/* process.h - what this process uses, for the dashboard and for -v. */
#ifndef IO_HOST_PROCESS_H
#define IO_HOST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* Resident memory in bytes, now; 0 when it is not known (no /proc, or a sandbox that hides it). */
uint64_t process_memory_bytes(void);

/* Whether an error is of this host at this moment, such as too little memory or too few
 * descriptors, and not of what was asked for: another try may succeed. */
bool process_is_short(int error);

/* CPU time since start, user and system, of all threads. */
double process_cpu_seconds(void);

/* Opens /dev/null on each of the descriptors 0 to 2 that is closed: else it would become a file of
 * ours, and be read or written as if it were the user's. At start of main; false with errno. */
bool process_open_standard(void);

#endif
