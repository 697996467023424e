/* rule_keeper.h - a small process that looks after the rules, so that the detector neither waits for
 * iptables nor keeps the right to run it.
 *
 *     keeper_new, then io/host/privileges.h        before large memory is taken: a fork shares it
 *     loop:  keeper_ask every 60 s; poll keeper_fd; when it is readable, keeper_answer
 *
 * It puts back rules that were flushed and looks at their place, each time it is asked, and reads
 * nothing but that one byte. It ends with this process, however that ends; SIGTERM, SIGINT and
 * SIGHUP, which a terminal or a supervisor sends to the whole group, leave it alone. It holds no
 * descriptor of ours and no terminal, and is called "anomdetect-rule" in `ps -e`.
 */
#ifndef IO_FIREWALL_RULE_KEEPER_H
#define IO_FIREWALL_RULE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/firewall.h"

struct keeper;

struct keeper_answer {
	bool ok;       /* else why says what failed, and what to do */
	bool put_back; /* some rule was missing; it is there again when ok */
	bool behind;   /* banned clients pass before the rules; why says where */
	char why[FIREWALL_WHY_CAP];
};

enum keeper_result {
	KEEPER_OK = 0,  /* *answer is the answer */
	KEEPER_WAITING, /* none yet */
	KEEPER_GONE,    /* the process is not there any more: nobody puts rules back */
};

/* Makes the process, with the rules of `config` (copied). Call it from the thread that lives as
 * long as the program. NULL with a reason. */
struct keeper *keeper_new(const struct firewall_config *config, char *why, size_t why_cap);

/* Asks it to keep the rules. Never waits. False when a question is under way, or it is gone. */
bool keeper_ask(struct keeper *k);

/* To wait on for reading; -1, which poll leaves out, once it is gone. */
int keeper_fd(const struct keeper *k);

/* Takes the answer. Never waits. */
enum keeper_result keeper_answer(struct keeper *k, struct keeper_answer *answer);

/* Makes a process anew where the old one has gone (KEEPER_GONE). False with a reason when it
 * cannot, for example since we may not run iptables any more. It is a fork of what we are by now:
 * it shares our memory, and what we change afterwards is there twice. */
bool keeper_revive(struct keeper *k, char *why, size_t why_cap);

/* Its process id, for messages. */
int keeper_pid(const struct keeper *k);

/* Ends it, and waits for that at most 200 ms: an iptables it has running may take longer, and then
 * it ends after that. Nothing for NULL. */
void keeper_free(struct keeper *k);

#endif
