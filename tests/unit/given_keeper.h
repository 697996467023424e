/* given_keeper.h - the processes and the answers of a keeper of firewall rules (rule_keeper.h): a
 * supervisor and its worker. For tests that run as the keeper's parent. */
#ifndef UNIT_GIVEN_KEEPER_H
#define UNIT_GIVEN_KEEPER_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "io/firewall/rule_keeper.h"

#define KEEPER_LOOK_US   1000
#define KEEPER_LOOKS_MAX 10000 /* 10 s: only a keeper that hangs takes longer */

/* Whether the process exists and has not ended. */
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

/* The only child of a process. 0: no child is running. */
static inline pid_t child_of(pid_t parent)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid > 0 && process_runs(pid) ? pid : 0;
}

/* The supervisor of the keeper or of another helper. It is the only child of the test. */
static inline pid_t keeper_pid(void)
{
	return child_of(getpid());
}

/* The worker of the supervisor. It starts soon after the supervisor. 0: it did not start. */
static inline pid_t worker_pid(void)
{
	pid_t pid = child_of(keeper_pid());

	for (int i = 0; i < KEEPER_LOOKS_MAX && !pid; i++) {
		usleep(KEEPER_LOOK_US);
		pid = child_of(keeper_pid());
	}
	return pid;
}

/* Kills the supervisor and the worker, so that neither can replace the other. */
static inline void kill_keeper(void)
{
	pid_t supervisor = keeper_pid(), worker = worker_pid();

	kill(supervisor, SIGSTOP);
	kill(worker, SIGKILL);
	kill(supervisor, SIGKILL);
	for (int i = 0; i < KEEPER_LOOKS_MAX && (process_runs(supervisor) || process_runs(worker));
		i++)
		usleep(KEEPER_LOOK_US);
}

/* Waits for the keeper's answer. RULE_KEEPER_WAITING: the keeper hangs. */
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
