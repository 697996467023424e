/* rule_keeper.h - a helper that keeps the firewall rules in place. So the detector neither waits
 * for iptables nor keeps the right to run it.
 *
 *     start:  rule_keeper_new, then privileges_drop; both before large memory is allocated, because
 *             the keeper would share that memory
 *     loop:   rule_keeper_ask every FIREWALL_RULES_EVERY; rule_keeper_answer every second
 *
 * For each question, the keeper puts back rules that were flushed and checks the place of all
 * rules. It is a helper (io/host/helper.h): two processes, "anomdetect-rule" in `ps -e`, which
 * replace each other. They keep CAP_NET_ADMIN and CAP_NET_RAW. They also keep the user that started
 * the program, because root owns the lock file of iptables-legacy. They write to no file. A
 * question is one byte, and they read no other input.
 */
#ifndef IO_FIREWALL_RULE_KEEPER_H
#define IO_FIREWALL_RULE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/firewall.h"

struct rule_keeper;

struct rule_keeper_answer {
	bool ok;       /* if false, why has the reason and what to do */
	bool put_back; /* a rule was missing; it is back if ok */
	bool behind;   /* packets of banned clients do not reach a rule; why describes the place */
	char why[FIREWALL_WHY_CAP];
};

enum rule_keeper_result {
	RULE_KEEPER_OK = 0,  /* *answer has the answer */
	RULE_KEEPER_WAITING, /* no answer yet */
	/* one of the keeper's processes was killed and replaced; the question is lost */
	RULE_KEEPER_REPLACED,
	RULE_KEEPER_GONE, /* no process of the keeper exists any more, so rules are not put back */
};

/* Makes the processes, with the rules of `config` (copied). Call it from a thread that lives as
 * long as the program. NULL with a reason. */
struct rule_keeper *rule_keeper_new(
	const struct firewall_config *config, char *why, size_t why_cap);

/* Asks the keeper to check the rules. Never waits. False when a question is under way, or the
 * keeper is gone. */
bool rule_keeper_ask(struct rule_keeper *k);

/* Fetches the answer. Never waits. */
enum rule_keeper_result rule_keeper_answer(
	struct rule_keeper *k, struct rule_keeper_answer *answer);

/* Ends the keeper, and waits at most 200 ms for its end. A running iptables may take longer; the
 * keeper ends after it. Does nothing for NULL. */
void rule_keeper_free(struct rule_keeper *k);

#endif
