/* logind_sessions.h - the addresses that systemd-logind has SSH sessions of.
 *
 * The files say of themselves that they are private to systemd; libsystemd reads the same lines,
 * which are the same from systemd 205 on, and would be a library more for three of them. Only root
 * can write there, and pam_systemd does so after login.
 */
#ifndef IO_HOST_LOGIND_SESSIONS_H
#define IO_HOST_LOGIND_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* Writes each address once, at most `cap`. False when there is no logind. A host name, as sshd has
 * with UseDNS, is no address. */
bool logind_sessions_find(
	const char *directory, struct span deadline, struct address *out, size_t cap, size_t *n);

#endif
