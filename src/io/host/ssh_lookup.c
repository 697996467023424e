/* ssh_lookup.c - see ssh_lookup.h. */
#include "io/host/ssh_lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "io/host/helper.h"
#include "io/host/privileges.h"

struct answer {
	int error; /* 0: `sessions` is valid */
	struct ssh_sessions sessions;
};

struct ssh_lookup {
	struct helper *helper;
	struct answer room;
};

/* Runs in the helper's process. */
static void find_sessions(const void *ctx, const void *question, void *answer)
{
	struct answer *a = answer;

	errno = 0;
	if (!ssh_sessions_find(ctx, question, &a->sessions))
		a->error = errno ? errno : EIO;
}

static const struct helper_kind lookup_kind = {
	.name = "anomdetect-ssh",
	.question_bytes = sizeof(struct ssh_peers),
	.answer_bytes = sizeof(struct answer),
	.capabilities = PRIVILEGES_SYS_PTRACE,
	.work = find_sessions,
};

struct ssh_lookup *ssh_lookup_new(const struct ssh_places *places)
{
	struct ssh_lookup *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->helper = helper_new(&lookup_kind, places);
	if (l->helper)
		return l;
	int saved = errno;
	free(l);
	errno = saved;
	return NULL;
}

bool ssh_lookup_ask(struct ssh_lookup *l, const struct ssh_peers *known)
{
	return helper_ask(l->helper, known);
}

enum ssh_lookup_result ssh_lookup_answer(struct ssh_lookup *l, struct ssh_sessions *s)
{
	switch (helper_answer(l->helper, &l->room)) {
	case HELPER_OK:
		*s = l->room.sessions;
		errno = l->room.error;
		return l->room.error ? SSH_LOOKUP_FAILED : SSH_LOOKUP_OK;
	case HELPER_WAITING:
		return SSH_LOOKUP_WAITING;
	case HELPER_REPLACED:
		return SSH_LOOKUP_LOST;
	case HELPER_GONE:
		break;
	}
	return SSH_LOOKUP_GONE;
}

void ssh_lookup_free(struct ssh_lookup *l)
{
	if (!l)
		return;
	helper_free(l->helper);
	free(l);
}
