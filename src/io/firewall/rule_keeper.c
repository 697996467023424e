/* rule_keeper.c - see rule_keeper.h.
 *
 * A fork without an exec: the work is a few calls that are linked in anyway, and a program of its
 * own would have to be found, trusted and told the rules. Sequenced packets: a question or an
 * answer comes whole or not at all.
 *
 * It ends with its parent in two ways. The death signal ends it at once, also within an iptables
 * call, but the kernel sends it with the parent's rights: from a parent that became another user it
 * does not come. The end of the socket always does, and is seen between two calls. */
#include "io/firewall/rule_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/host/privileges.h"
#include "io/firewall/drop_rules.h"

#define NAME        "anomdetect-rule" /* the kernel keeps 15 bytes */
#define ASK         'k'
#define END_WAIT_MS 200

struct rule_keeper {
	int fd; /* -1: gone */
	pid_t pid;
	bool asked;
	struct drop_rules rules;
};

/* ---- the child ---- */

/* Leaves the child with its socket as descriptor 3 and nothing else that is ours. */
static bool child_keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR);
	int moved = fcntl(fd, F_DUPFD, 3); /* out of the way of what follows */

	if (null < 0 || moved < 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (dup2(null, i) < 0)
			return false;
	}
	if (dup2(moved, 3) < 0)
		return false;
	closefrom(4);
	return chdir("/") == 0;
}

static bool child_settle(int fd, pid_t parent)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
	static const int left_alone[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	sigset_t none;

	sigemptyset(&ignored.sa_mask);
	sigemptyset(&usual.sa_mask);
	sigemptyset(&none);
	for (size_t i = 0; i < sizeof left_alone / sizeof *left_alone; i++)
		sigaction(left_alone[i], &ignored, NULL);
	sigaction(SIGCHLD, &usual, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, NAME);
	/* A parent that died before this call would not be noticed by it. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && child_keep_only(fd);
}

static void child_work(const struct drop_rules *rules, struct rule_keeper_answer *a)
{
	*a = (struct rule_keeper_answer){0};
	a->ok = drop_rules_repair(rules, &a->put_back, a->why, sizeof a->why) &&
		drop_rules_are_bypassed(rules, &a->behind, a->why, sizeof a->why);
}

__attribute__((noreturn)) static void child_main(
	int fd, pid_t parent, const struct drop_rules *rules)
{
	static struct rule_keeper_answer answer;
	char command;

	if (!child_settle(fd, parent))
		_exit(1);
	for (;;) {
		ssize_t n = recv(3, &command, 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		if (command != ASK)
			continue;
		child_work(rules, &answer);
		if (send(3, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* ---- the parent ---- */

/* Makes the process, and the socket to it. */
static bool start_process(struct rule_keeper *k, char *why, size_t why_cap)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		snprintf(why, why_cap, "unable to make the rules' keeper: %s", strerror(errno));
		return false;
	}
	k->asked = false;
	k->fd = fds[0];
	k->pid = fork();
	if (k->pid == 0)
		child_main(fds[1], parent, &k->rules);
	close(fds[1]);
	if (k->pid > 0 && fcntl(k->fd, F_SETFL, O_NONBLOCK) == 0)
		return true;
	snprintf(why, why_cap, "unable to make the rules' keeper: %s", strerror(errno));
	close(k->fd); /* at which it ends, if it is there */
	k->fd = -1;
	if (k->pid > 0)
		waitpid(k->pid, NULL, 0);
	k->pid = 0;
	return false;
}

struct rule_keeper *rule_keeper_new(const struct firewall_config *config, char *why, size_t why_cap)
{
	struct rule_keeper *k = malloc(sizeof *k);

	if (!k)
		snprintf(why, why_cap, "unable to make the rules' keeper: %s", strerror(errno));
	if (!k || !drop_rules_init(&k->rules, config, why, why_cap) ||
		!start_process(k, why, why_cap)) {
		free(k);
		return NULL;
	}
	return k;
}

bool rule_keeper_revive(struct rule_keeper *k, char *why, size_t why_cap)
{
	if (!privileges_have_net_admin() || !privileges_have_net_raw()) {
		snprintf(why, why_cap, "the right to run iptables is given up (--user)");
		return false;
	}
	if (k->pid > 0)
		waitpid(k->pid, NULL, 0); /* its socket is closed: it is ending or has ended */
	k->pid = 0;
	return start_process(k, why, why_cap);
}

/* Closes our end, at which it ends if it is there still. Reaped when that was before now. */
static void forget_process(struct rule_keeper *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	if (k->pid > 0 && waitpid(k->pid, NULL, WNOHANG) == k->pid)
		k->pid = 0;
}

bool rule_keeper_ask(struct rule_keeper *k)
{
	static const char ask = ASK;
	ssize_t n;

	if (k->fd < 0 || k->asked)
		return false;
	do
		n = send(k->fd, &ask, 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	k->asked = n == 1;
	return k->asked;
}

enum rule_keeper_result rule_keeper_answer(struct rule_keeper *k, struct rule_keeper_answer *answer)
{
	ssize_t n;

	if (k->fd < 0)
		return RULE_KEEPER_GONE;
	do
		n = recv(k->fd, answer, sizeof *answer, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return RULE_KEEPER_WAITING;
	if (n != sizeof *answer) {
		forget_process(k);
		return RULE_KEEPER_GONE;
	}
	answer->why[sizeof answer->why - 1] = '\0';
	k->asked = false;
	return RULE_KEEPER_OK;
}

void rule_keeper_free(struct rule_keeper *k)
{
	if (!k)
		return;
	if (k->fd >= 0) {
		/* No events: only that it has closed its end, which is its last act. */
		struct pollfd hung_up = {.fd = k->fd};
		shutdown(k->fd, SHUT_WR);
		if (poll(&hung_up, 1, END_WAIT_MS) > 0)
			waitpid(k->pid, NULL, 0);
		else
			waitpid(k->pid, NULL, WNOHANG);
		k->pid = 0;
	}
	forget_process(k);
	free(k);
}
