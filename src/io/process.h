/* process.h - what this process uses, for the dashboard and for -v. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include <stdint.h>

/* Resident memory in bytes, now; 0 when it is not known (no /proc, or a sandbox that hides it). */
uint64_t process_memory_bytes(void);

/* CPU time since start, user and system, of all threads. */
double process_cpu_seconds(void);

#endif
