/* rule_keeper.c - see rule_keeper.h. */
#include "io/firewall/rule_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/firewall/drop_rules.h"
#include "io/host/helper.h"
#include "io/host/privileges.h"

static const char ask = 'k';

struct rule_keeper {
	struct helper *helper;
	struct drop_rules rules;
};

/* Runs in the keeper's process. */
static void keep_rules(const void *ctx, const void *question, void *answer)
{
	const struct drop_rules *rules = ctx;
	struct rule_keeper_answer *a = answer;

	(void)question;
	a->ok = drop_rules_repair(rules, &a->put_back, a->why, sizeof a->why) &&
		drop_rules_are_bypassed(rules, &a->behind, a->why, sizeof a->why);
}

/* The keeper needs no right to write: iptables only opens the lock file. */
static const struct helper_kind keeper_kind = {
	.name = "anomdetect-rule",
	.question_bytes = sizeof ask,
	.answer_bytes = sizeof(struct rule_keeper_answer),
	.capabilities = PRIVILEGES_NET_ADMIN | PRIVILEGES_NET_RAW,
	.writes_nothing = true,
	.work = keep_rules,
};

/* Makes the lock file of iptables-legacy, because the confined keeper may not. It is made even if
 * iptables uses nft, because this can change during the run. If the file cannot be made, the
 * keeper's answers contain the reason. */
static void make_lock_file(void)
{
	const char *path = getenv("XTABLES_LOCKFILE");
	int fd = open(path && *path ? path : "/run/xtables.lock",
		O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

struct rule_keeper *rule_keeper_new(const struct firewall_config *config, char *why, size_t why_cap)
{
	struct rule_keeper *k = calloc(1, sizeof *k);

	if (k && !drop_rules_init(&k->rules, config, why, why_cap)) {
		free(k);
		return NULL;
	}
	make_lock_file();
	if (k)
		k->helper = helper_new(&keeper_kind, &k->rules);
	if (k && k->helper)
		return k;
	snprintf(why, why_cap, "%s", strerror(errno));
	free(k);
	return NULL;
}

bool rule_keeper_ask(struct rule_keeper *k)
{
	return helper_ask(k->helper, &ask);
}

enum rule_keeper_result rule_keeper_answer(struct rule_keeper *k, struct rule_keeper_answer *answer)
{
	switch (helper_answer(k->helper, answer)) {
	case HELPER_OK:
		answer->why[sizeof answer->why - 1] = '\0';
		return RULE_KEEPER_OK;
	case HELPER_WAITING:
		return RULE_KEEPER_WAITING;
	case HELPER_REPLACED:
		return RULE_KEEPER_REPLACED;
	case HELPER_GONE:
		break;
	}
	return RULE_KEEPER_GONE;
}

void rule_keeper_free(struct rule_keeper *k)
{
	if (!k)
		return;
	helper_free(k->helper);
	free(k);
}
