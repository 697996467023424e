/* rule_keeper.h - a small process that keeps the rules in place, so that the detector neither waits
 * for iptables nor keeps the right to run it.
 *
 *     start:  rule_keeper_new, then privileges_drop; both before large memory is taken, because a
 *             fork shares it
 *     loop:   rule_keeper_ask every FIREWALL_RULES_EVERY; rule_keeper_answer every second
 *
 * Each time it is asked, it puts back rules that were flushed and checks their place. It is a
 * helper (io/host/helper.h): two processes, "anomdetect-rule" in `ps -e`, which replace each other.
 * They keep CAP_NET_ADMIN and CAP_NET_RAW, and the user of the start: root owns the file that
 * iptables-legacy locks. They write to no file. The question is one byte, and they read nothing
 * else.
 */
#ifndef IO_FIREWALL_RULE_KEEPER_H
#define IO_FIREWALL_RULE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/firewall.h"

struct rule_keeper;

struct rule_keeper_answer {
	bool ok;       /* else why says what failed, and what to do */
	bool put_back; /* some rule was missing; it is there again when ok */
	bool behind;   /* banned clients pass before the rules; why says where */
	char why[FIREWALL_WHY_CAP];
};

enum rule_keeper_result {
	RULE_KEEPER_OK = 0,   /* *answer is the answer */
	RULE_KEEPER_WAITING,  /* none yet */
	RULE_KEEPER_REPLACED, /* a process of it was killed; there is a new one, not asked yet */
	RULE_KEEPER_GONE,     /* no process is there any more: nobody puts rules back */
};

/* Makes the processes, with the rules of `config` (copied). Call it from the thread that lives as
 * long as the program. NULL with a reason. */
struct rule_keeper *rule_keeper_new(
	const struct firewall_config *config, char *why, size_t why_cap);

/* Asks it to keep the rules. Never waits. False when a question is under way, or it is gone. */
bool rule_keeper_ask(struct rule_keeper *k);

/* Takes the answer. Never waits. */
enum rule_keeper_result rule_keeper_answer(
	struct rule_keeper *k, struct rule_keeper_answer *answer);

/* Ends it, and waits for that at most 200 ms: an iptables it has running may take longer, and then
 * it ends after that. Nothing for NULL. */
void rule_keeper_free(struct rule_keeper *k);

#endif
