/* given_keeper.h - the keeper of the rules as its parent meets it: its process, and its answers. */
#ifndef UNIT_GIVEN_KEEPER_H
#define UNIT_GIVEN_KEEPER_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "io/firewall/rule_keeper.h"

#define KEEPER_LOOK_US   1000
#define KEEPER_LOOKS_MAX 10000 /* 10 s: only a keeper that hangs takes as long */

/* Whether the process is there and has not ended. */
static inline bool process_runs(pid_t pid)
{
	char path[64], stat[256] = "";

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	bool runs =
		f && fgets(stat, sizeof stat, f) && !strstr(stat, ") Z ") && !strstr(stat, ") X ");
	if (f)
		fclose(f);
	return runs;
}

/* The keeper: the only child of this process. 0: there is none that runs. */
static inline pid_t keeper_pid(void)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)getpid(), (int)getpid());
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid > 0 && process_runs(pid) ? pid : 0;
}

/* Waits for its answer. RULE_KEEPER_WAITING: it hangs. */
static inline enum rule_keeper_result keeper_answer(
	struct rule_keeper *k, struct rule_keeper_answer *a)
{
	enum rule_keeper_result result = rule_keeper_answer(k, a);

	for (int i = 0; i < KEEPER_LOOKS_MAX && result == RULE_KEEPER_WAITING; i++) {
		usleep(KEEPER_LOOK_US);
		result = rule_keeper_answer(k, a);
	}
	return result;
}

#endif
