/* ssh_lookup.h - runs ssh_sessions_find in a helper, for a confined program: the kernel does not
 * let a confined program inspect sshd's processes (io/host/confine.h).
 *
 * The helper (io/host/helper.h), "anomdetect-ssh" in `ps -e`, keeps only CAP_SYS_PTRACE. A question
 * contains the connections that had a session at earlier calls; the answer contains the connections
 * that have a session now.
 */
#ifndef IO_HOST_SSH_LOOKUP_H
#define IO_HOST_SSH_LOOKUP_H

#include <stdbool.h>

#include "io/host/ssh_sessions.h"

struct ssh_lookup;

enum ssh_lookup_result {
	SSH_LOOKUP_OK = 0,  /* *s has the answer */
	SSH_LOOKUP_WAITING, /* no answer yet */
	SSH_LOOKUP_FAILED,  /* ssh_sessions_find failed, with errno */
	/* a process of the helper was killed, and the question is lost: ask again */
	SSH_LOOKUP_LOST,
	SSH_LOOKUP_GONE, /* the helper no longer exists */
};

/* Makes the helper. NULL with errno. */
struct ssh_lookup *ssh_lookup_new(const struct ssh_places *places);

/* Asks the helper to call ssh_sessions_find. Never waits. False when a question is under way, or
 * the helper is gone. */
bool ssh_lookup_ask(struct ssh_lookup *l, const struct ssh_peers *known);

/* Fetches the answer. Never waits. */
enum ssh_lookup_result ssh_lookup_answer(struct ssh_lookup *l, struct ssh_sessions *s);

/* Does nothing for NULL. */
void ssh_lookup_free(struct ssh_lookup *l);

#endif
