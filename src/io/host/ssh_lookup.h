/* ssh_lookup.h - ssh_sessions.h by a helper, for a program that is confined: the kernel does not
 * let it look into sshd's processes any more (io/host/confine.h).
 *
 * The helper (io/host/helper.h), "anomdetect-ssh" in `ps -e`, keeps CAP_SYS_PTRACE alone. It
 * reads the connections that are known already, and answers with those that have a session.
 */
#ifndef IO_HOST_SSH_LOOKUP_H
#define IO_HOST_SSH_LOOKUP_H

#include <stdbool.h>

#include "io/host/ssh_sessions.h"

struct ssh_lookup;

enum ssh_lookup_result {
	SSH_LOOKUP_OK = 0,  /* *s is the answer */
	SSH_LOOKUP_WAITING, /* none yet */
	SSH_LOOKUP_FAILED,  /* errno: ssh_sessions_find failed */
	SSH_LOOKUP_LOST,    /* a process was killed, with the question: ask again */
	SSH_LOOKUP_GONE,    /* there is no helper any more */
};

/* Makes the helper. NULL with errno. */
struct ssh_lookup *ssh_lookup_new(const struct ssh_places *places);

/* Asks, as ssh_sessions_find. Never waits. False when a question is under way, or it is gone. */
bool ssh_lookup_ask(struct ssh_lookup *l, const struct ssh_peers *known);

/* Takes the answer. Never waits. */
enum ssh_lookup_result ssh_lookup_answer(struct ssh_lookup *l, struct ssh_sessions *s);

/* Nothing for NULL. */
void ssh_lookup_free(struct ssh_lookup *l);

#endif
