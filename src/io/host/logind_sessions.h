/* logind_sessions.h - the addresses of SSH sessions that systemd-logind knows.
 *
 * A comment in logind's files says that they are private to systemd. libsystemd reads the same
 * lines, which have not changed since systemd 205. But libsystemd would be one more library, for
 * three lines. Only root can write there, and pam_systemd does so after a login.
 */
#ifndef IO_HOST_LOGIND_SESSIONS_H
#define IO_HOST_LOGIND_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* Writes each address once, at most `cap` addresses. False when there is no logind. Host names,
 * which sshd stores with UseDNS, are ignored. */
bool logind_sessions_find(
	const char *directory, struct span deadline, struct address *out, size_t cap, size_t *n);

#endif
