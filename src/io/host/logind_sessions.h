/* logind_sessions.h - the addresses of SSH sessions that systemd-logind knows.
 *
 * logind keeps one file for each session. The lines SERVICE, STATE and REMOTE_HOST are read from
 * it. According to a comment in these files, the files are private to systemd. But libsystemd reads
 * the same lines, and their form has not changed since systemd 205. libsystemd is not used, because
 * it would be one more library, for only three lines. Only root can write these files. pam_systemd
 * adds a session after a login.
 */
#ifndef IO_HOST_LOGIND_SESSIONS_H
#define IO_HOST_LOGIND_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* Reads the files in `directory` until the monotonic clock reaches `deadline`. Writes each address
 * once to `out`, at most `cap` addresses. False when there is no logind. Host names, which sshd
 * stores with UseDNS, are ignored. */
bool logind_sessions_find(
	const char *directory, struct span deadline, struct address *out, size_t cap, size_t *n);

#endif
